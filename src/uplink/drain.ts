// The gate of what may wait: it keeps the line short for those who may not, and the backlog under its ceiling.
import type { Clock } from '#base';
import { onAbort } from './on-abort.ts';

/** What passes the gate. */
export interface Drain {
  /** How many wait at the gate. */
  readonly waiting: number;
  /** Waits, first come first served, until so many bytes may leave. Rejects with the signal's reason. */
  enter(bytes: number, signal: AbortSignal): Promise<void>;
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
  const waiting = new Set<{ readonly bytes: number; readonly go: () => void }>();
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
    for (const waiter of waiting) {
      if (!mayPass(waiter.bytes)) break;
      waiting.delete(waiter);
      pass(waiter.bytes);
      waiter.go();
    }
    timer?.[Symbol.dispose]();
    timer = undefined;
    if (waiting.size > 0 && tokens <= 0) timer = clock.after(Math.ceil((-tokens * 1000) / bytesPerSecond) + 1, wake);
  };
  const wait = (bytes: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stay = onAbort(signal, () => {
        waiting.delete(waiter);
        reject(signal.reason);
      });
      const waiter = {
        bytes,
        go: () => {
          stay();
          resolve();
        },
      };
      waiting.add(waiter);
      wake();
    });
  return {
    get waiting() {
      return waiting.size;
    },
    async enter(bytes, signal) {
      signal.throwIfAborted();
      fill();
      if (waiting.size === 0 && mayPass(bytes)) pass(bytes);
      else await wait(bytes, signal);
    },
    leave(bytes) {
      inFlight -= bytes;
      wake();
    },
  };
}
