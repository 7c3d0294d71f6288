// What travels between the main thread and the store's thread: batches one way, results the other.
import { BongsuError, messageOf, type Text } from '#base';
import { storeFaults } from './errors.ts';

/** One call of a procedure. */
export interface Call {
  readonly room: string;
  readonly name: string;
  readonly argument: unknown;
}

export type ToThread = { readonly type: 'batch'; readonly calls: readonly Call[] } | { readonly type: 'close' };

/** A BongsuError as plain values. */
export interface WireFault {
  readonly code: string;
  readonly message: Text;
  readonly detail: string | undefined;
  readonly hint: Text;
  readonly retryable: boolean;
}

export type CallResult = { readonly value: unknown } | { readonly fault: WireFault };

export type FromThread =
  | { readonly type: 'ready'; readonly setAside: string | undefined }
  | { readonly type: 'unopened'; readonly fault: WireFault }
  | { readonly type: 'results'; readonly results: readonly CallResult[]; readonly topics: readonly string[] };

/** Anything thrown in the thread, as plain values; what is not a BongsuError becomes `store.failed`. */
export function toWire(error: unknown): WireFault {
  const fault = error instanceof BongsuError ? error : storeFaults.fault('failed', { detail: messageOf(error) });
  return { code: fault.code, message: fault.summary, detail: fault.detail, hint: fault.hint, retryable: fault.retryable };
}

/** The error again, in the main thread. */
export function fromWire(fault: WireFault): BongsuError {
  const { code, detail, ...entry } = fault;
  return new BongsuError(code, entry, detail === undefined ? {} : { detail });
}
