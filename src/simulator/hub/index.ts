// The door of the simulator's hub.
export { openHub, type SimulatedHub } from './hub.ts';
export type { HubMessage } from './message.ts';
export type { StreamReader } from './reader.ts';
export type { HubCounts } from './tally.ts';
