// What one step of a diagnosis brings: that it is well with a fact, or the cause with its words.
import { sameText, type Text } from '#base';
import type { Failure } from '../faults.ts';
import { type Cause, causeWords } from './causes.ts';

/** The steps in their order; a source without ONVIF has the first three and the two of pictures. */
export const stepNames = [
  'address',
  'neighbour',
  'port',
  'web',
  'clock',
  'login',
  'services',
  'profiles',
  'stream',
  'picture',
  'events',
] as const;
export type StepName = (typeof stepNames)[number];

/** What a step brought. */
export interface Finding {
  readonly step: StepName;
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was found. */
  readonly message: Text;
  /** Of a warning and a failure. */
  readonly cause?: Cause;
  readonly hint?: Text;
  /** Addresses, names, what the camera said; never a secret. */
  readonly detail?: Text;
}

/** It is as it should be. */
export function well(step: StepName, message: Text | string): Finding {
  return { step, result: 'ok', message: typeof message === 'string' ? sameText(message) : message };
}

/** It could not be looked at, and that is no fault. */
export function skipped(step: StepName, message: Text): Finding {
  return { step, result: 'skipped', message };
}

/** Something is wrong. */
export function found(step: StepName, cause: Cause, detail?: Text | string, result: 'failed' | 'warning' = 'failed'): Finding {
  const said = typeof detail === 'string' ? sameText(detail) : detail;
  return { step, result, cause, ...causeWords[cause], ...(said && said.en !== '' && { detail: said }) };
}

/** A call failed. */
export function failedCall(step: StepName, failed: Failure): Finding {
  if (failed.isLocked) return found(step, 'locked', failed.detail);
  if (failed.isHeld) return found(step, 'login-held', failed.detail);
  return found(step, failed.kind, failed.detail);
}
