// The shipped templates by the name that a configuration uses.
import type { shippedModbusTemplates, shippedWebhookTemplates, Template, WebhookMap } from '../options.ts';
import { fallWebhook } from './fall.ts';
import { smokeAnalog, smokeContact, smokeUg3, smokeUg3Inputs } from './smoke.ts';

/** Types of Modbus sensors. */
export const modbusTemplates: Readonly<Record<(typeof shippedModbusTemplates)[number], Template>> = {
  'smoke-contact': smokeContact,
  'smoke-ug3': smokeUg3,
  'smoke-ug3-inputs': smokeUg3Inputs,
  'smoke-analog': smokeAnalog,
};

/** Maps of webhook senders. */
export const webhookTemplates: Readonly<Record<(typeof shippedWebhookTemplates)[number], WebhookMap>> = {
  'fall-webhook': fallWebhook,
};
