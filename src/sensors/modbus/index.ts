// The door of what serial and TCP share.
export { type DriverWorld, openBus } from './bus.ts';
export type { Answer, Line } from './line.ts';
export { dataBytes, decodeReadResponse, encodeReadRequest, type ReadRequest } from './pdu.ts';
