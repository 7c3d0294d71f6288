// What travels between the main thread and the store's thread: batches one way, results the other. In columns, which cost a tenth of objects to clone.
import { BongsuError, messageOf, type Text } from '#base';
import type { BackupProgress, Damage, DiskRoom, Restored } from './contract.ts';
import { storeFaults } from './errors.ts';
import { mishapOf } from './mishap.ts';

/** A procedure as its caller opened it; batches name it by its place among all that were told. */
export interface CallTarget {
  readonly room: string;
  readonly name: string;
  readonly reserved: boolean;
  readonly flush: boolean;
}

export interface Batch {
  readonly type: 'batch';
  readonly id: number;
  readonly urgent: boolean;
  /** Targets that the thread has not been told of. */
  readonly newTargets: readonly CallTarget[];
  /** For each call its target. */
  readonly targets: readonly number[];
  readonly arguments: readonly unknown[];
}

export type ToThread = Batch | { readonly type: 'backup'; readonly path: string } | { readonly type: 'close' };

/** A BongsuError as plain values. */
export interface WireFault {
  readonly code: string;
  readonly message: Text;
  readonly detail: string | undefined;
  readonly hint: Text;
  readonly retryable: boolean;
}

/** What the next calls of a batch came to: in the order of the calls, not necessarily all of them. */
export interface Results {
  readonly type: 'results';
  readonly batch: number;
  readonly values: readonly unknown[];
  /** Faults by their place in `values`. */
  readonly faults: ReadonlyMap<number, WireFault>;
  readonly topics: readonly string[];
  readonly fsyncMs: number;
}

/** What is known of the file's past. */
export interface Marks {
  readonly damage: Damage | undefined;
  readonly restored: Restored | undefined;
}

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'unopened'; readonly fault: WireFault }
  | Results
  | { readonly type: 'marks'; readonly marks: Marks }
  | { readonly type: 'health'; readonly reason: '' | 'full' | 'io'; readonly lastError: string }
  | { readonly type: 'disk'; readonly room: DiskRoom }
  | { readonly type: 'backup-progress'; readonly progress: BackupProgress }
  | { readonly type: 'backup-done'; readonly bytes: number }
  | { readonly type: 'backup-failed'; readonly fault: WireFault };

const faultOfMishap = { full: 'full-disk', io: 'io', damage: 'io', other: 'failed' } as const;

/** Anything thrown in the thread, as plain values; what is not a BongsuError becomes one of the store's. */
export function toWire(error: unknown): WireFault {
  const fault = error instanceof BongsuError ? error : storeFaults.fault(faultOfMishap[mishapOf(error)], { detail: messageOf(error) });
  return { code: fault.code, message: fault.summary, detail: fault.detail, hint: fault.hint, retryable: fault.retryable };
}

/** The error again, in the main thread. */
export function fromWire(fault: WireFault): BongsuError {
  const { code, detail, ...entry } = fault;
  return new BongsuError(code, entry, detail === undefined ? {} : { detail });
}
