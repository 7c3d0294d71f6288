// The door of diagnosis: what is wrong with a camera, and what to do.
export { diagnose, verdictOf } from './diagnose.ts';
export type { Finding } from './findings.ts';
export type { Patient } from './patient.ts';
