// The account of a camera's logins: failed ones are counted, and too many in a row lock it for a while, as vendors do.
import type { Clock } from '#base';
import type { CameraCounts } from './counts.ts';
import type { Quirks } from './personality/index.ts';

/** The account. */
export interface LoginLock {
  readonly locked: boolean;
  /** A proof was wrong. */
  failed(): void;
  /** A proof was right. */
  passed(): void;
  /** A proof came while the account was locked. */
  knocked(): void;
  /** Forgets everything, as a reboot does. */
  clear(): void;
}

/** Opens the account. */
export function openLoginLock(rule: Quirks['lock'], counts: CameraCounts, clock: Clock): LoginLock {
  let inRow = 0;
  let untilMs = 0;
  return {
    get locked() {
      return clock.monotonicMs() < untilMs;
    },
    failed() {
      counts.failedLogins += 1;
      inRow += 1;
      if (rule === undefined || inRow < rule.failures) return;
      inRow = 0;
      untilMs = clock.monotonicMs() + rule.lockMs;
      counts.lockOuts += 1;
    },
    passed() {
      inRow = 0;
    },
    knocked() {
      counts.whileLocked += 1;
    },
    clear() {
      inRow = 0;
      untilMs = 0;
    },
  };
}
