// The door of uplink: the hub session over MQTT and the wire contract behind it.
export type { SendResult } from './race.ts';
export type { UplinkSession } from './session.ts';
export type { UplinkStatus } from './status.ts';
export { openUplink, type Uplink, type UplinkDeps } from './uplink.ts';
