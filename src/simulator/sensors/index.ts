// The door of the simulator's sensors.
export { type FallEvent, openField, type SensorKind, type SimulatedSensor, smokePoints } from './field.ts';
export type { ModbusUnit, UnitFault } from './modbus.ts';
export { type Delivery, openWebhookSender, type WebhookSender, type WebhookTarget } from './webhook.ts';
