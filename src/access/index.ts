// The door of access: who may look at what, on which ground, until when, and the record of it.
export {
  type Access,
  type Decision,
  type Extension,
  type ExtensionRequest,
  type OpenGrant,
  type OwnLook,
  openAccess,
  type SessionStep,
} from './access.ts';
export type { Line, LineUse, Picture, Preempted } from './admission.ts';
export type { AccessAsk, Refusal } from './decide.ts';
export type { GrantFilter } from './tables.ts';
export type { Verification } from './verify.ts';
