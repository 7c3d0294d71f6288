// The door of soap: calls to a camera, bounded and with the login it wants.

export { clockOffset, readCameraClock } from './clock.ts';
export type { Authentication } from './credentials.ts';
export { addressingHeader, composeEnvelope, readBodyOf } from './envelope.ts';
export { type LoginGate, markOf, openLoginGate } from './login-gate.ts';
export {
  type Call,
  type CallListener,
  type CallResult,
  type LoginLedger,
  openSession,
  type SessionOptions,
  type SoapSession,
} from './session.ts';
export { openTrust, type Trust } from './trust.ts';
