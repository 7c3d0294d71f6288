// The clock: wall time, monotonic time and waiting, handed to every room so that tests can move it.
import { setTimeout as sleepTimer } from 'node:timers/promises';

/** Source of time. Nothing outside `base` reads the machine's clock. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01T00:00:00Z. May jump in either direction. */
  now(): number;
  /** Milliseconds that only grow while this machine is up; for durations, time-outs and the ends of grants. */
  monotonicMs(): number;
  /** Waits `ms` (0 … 2^31−1). Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `act` once after `ms`; dispose to cancel. Does not keep the process alive. */
  after(ms: number, act: () => void): Disposable;
}

/** Wall milliseconds before which a clock was never set: what it dated has no time. */
export const plausibleFromMs = Date.UTC(2025, 0, 1);

const maxTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await sleepTimer(Math.min(Math.max(ms, 0), maxTimerMs), undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
  after(ms, act) {
    const timer = setTimeout(act, Math.min(Math.max(ms, 0), maxTimerMs));
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
