// The gate of what may wait: it keeps the line short for those who may not, and the backlog under its ceiling.
import type { Clock } from '#base';
import { onAbort } from './on-abort.ts';
import { openRoster } from './roster.ts';
import { toPromise } from './window.ts';

/** What passes the gate. */
export interface Drain {
  /** How many wait at the gate. */
  readonly waiting: number;
  /** Waits, first come first served, until so many bytes may leave. Rejects with the signal's reason. */
  enter(bytes: number, signal: AbortSignal): Promise<void>;
  /** The same without a promise: `then(true)` when they may, perhaps before this returns; `then(false)` when `signal` aborts. */
  start(bytes: number, signal: AbortSignal, then: (passed: boolean) => void): void;
  /** So many bytes have been answered, or are lost. */
  leave(bytes: number): void;
}

/** Bounds of the gate. */
export interface DrainLimits {
  /** Unanswered bytes at most; a single larger message passes alone. What follows it on the line waits for this much. */
  readonly inFlightBytes: number;
  /** Ceiling of the mean rate. What a second saves may be spent at once. */
  readonly bytesPerSecond: number;
}

export function openDrain({ inFlightBytes, bytesPerSecond }: DrainLimits, clock: Clock): Drain {
  const waiting = openRoster<{ readonly bytes: number; readonly go: () => void }>();
  let inFlight = 0;
  let tokens = bytesPerSecond;
  let filledMs = clock.monotonicMs();
  let timer: Disposable | undefined;

  const fill = (): void => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(bytesPerSecond, tokens + ((nowMs - filledMs) * bytesPerSecond) / 1000);
    filledMs = nowMs;
  };
  const fits = (bytes: number): boolean => inFlight === 0 || inFlight + bytes <= inFlightBytes;
  /** The bucket may run into debt by one message: it then waits until that is paid. */
  const mayPass = (bytes: number): boolean => fits(bytes) && tokens > 0;
  const pass = (bytes: number): void => {
    inFlight += bytes;
    tokens -= bytes;
  };
  const wake = (): void => {
    fill();
    for (let first = waiting.first; first && mayPass(first.bytes); first = waiting.first) {
      waiting.shift();
      pass(first.bytes);
      first.go();
    }
    timer?.[Symbol.dispose]();
    timer = undefined;
    if (waiting.size > 0 && tokens <= 0) timer = clock.after(Math.ceil((-tokens * 1000) / bytesPerSecond) + 1, wake);
  };
  const wait = (bytes: number, signal: AbortSignal, then: (passed: boolean) => void): void => {
    const stay = onAbort(signal, () => {
      waiting.leave(place);
      then(false);
    });
    const go = (): void => {
      stay();
      then(true);
    };
    const place = waiting.add({ bytes, go });
    wake();
  };
  const start = (bytes: number, signal: AbortSignal, then: (passed: boolean) => void): void => {
    fill();
    if (signal.aborted) then(false);
    else if (waiting.size > 0 || !mayPass(bytes)) wait(bytes, signal, then);
    else {
      pass(bytes);
      then(true);
    }
  };
  return {
    get waiting() {
      return waiting.size;
    },
    start,
    async enter(bytes, signal) {
      await toPromise(signal, (then) => start(bytes, signal, then));
    },
    leave(bytes) {
      inFlight -= bytes;
      wake();
    },
  };
}
