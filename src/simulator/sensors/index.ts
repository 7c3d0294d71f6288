// The door of the simulator's sensors.
export { type FallEvent, openField, type SensorFault, type SensorKind, type SimulatedSensor, sensorFaults, smokePoints } from './field.ts';
export { openWebhookSender, type WebhookSender } from './webhook.ts';
