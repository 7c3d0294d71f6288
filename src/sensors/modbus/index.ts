// The door of what serial and TCP share.
export { type Bus, type DriverWorld, type LineOpener, openBus } from './bus.ts';
export type { Answer, Line } from './line.ts';
export { answerBytes, decodeResponse, encodeRequest, type Request, type Response } from './pdu.ts';
export type { BusVisit, ScannedUnit } from './visit.ts';
