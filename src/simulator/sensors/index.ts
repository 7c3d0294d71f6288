// The door of the simulator's sensors.
export { type FallEvent, openField, type SensorKind, type SimulatedSensor, smokePoints } from './field.ts';
export { openWebhookSender, type WebhookSender } from './webhook.ts';
