// A sleep that can be ended early, because what was waited for is there.
import type { Clock } from '#base';

/** One sleeper at a time. */
export interface Waker {
  /** Waits `ms`, or until somebody wakes it. Rejects with the reason of `signal`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the sleep of now; without one nothing happens. */
  wake(): void;
}

/** Opens a waker. */
export function openWaker(clock: Clock): Waker {
  let current: AbortController | undefined;
  return {
    async sleep(ms, signal) {
      const early = new AbortController();
      current = early;
      await clock
        .sleep(ms, AbortSignal.any([signal, early.signal]))
        .catch(() => signal.throwIfAborted())
        .finally(() => {
          if (current === early) current = undefined;
        });
    },
    wake: () => current?.abort(),
  };
}
