// The door of uplink: the hub session over MQTT, further destinations, and the wire contract behind both.
export { explainRefusal } from './explain.ts';
export type { SendResult } from './race.ts';
export type { Room, UplinkSession } from './session.ts';
export type { UplinkStatus } from './status.ts';
export { openUplink, type Uplink, type UplinkDeps } from './uplink.ts';
export { openWebhook, type Webhook } from './webhook/index.ts';
