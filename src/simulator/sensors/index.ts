// The door of the simulator's sensors.
export { type FallEvent, openField, type SimulatedSensor, smokePoints } from './field.ts';
export {
  allFinds,
  isReporting,
  type ReportingKind,
  type SensorFault,
  type SensorKind,
  sensorFaults,
  sensorFinds,
  sensorKinds,
} from './kinds.ts';
export { openWebhookSender, type WebhookSender } from './webhook.ts';
