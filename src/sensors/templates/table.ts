// The shipped maps of webhook senders by the name that a configuration uses.
import type { shippedWebhookTemplates, WebhookMap } from '../options.ts';
import { fallWebhook } from './fall.ts';

/** Maps of webhook senders. */
export const webhookTemplates: Readonly<Record<(typeof shippedWebhookTemplates)[number], WebhookMap>> = {
  'fall-webhook': fallWebhook,
};
