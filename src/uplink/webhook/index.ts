// The door of webhook: entries as signed HTTP posts, for receivers beside the hub.
export { openWebhook } from './webhook.ts';
