// The door of webhook: entries as signed HTTP posts, for receivers beside the hub.
export { openWebhook, type Webhook } from './webhook.ts';
