// The door of the webhook driver.
export { openWebhook } from './driver.ts';
