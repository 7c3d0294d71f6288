// The door of soap: calls to a camera, bounded and with the login it wants.
export { addressingHeader, composeEnvelope, type SoapFault } from './envelope.ts';
export { type LoginGate, markOf, openLoginGate } from './login-gate.ts';
export { type Authentication, type CallResult, openSession, type SoapSession } from './session.ts';
