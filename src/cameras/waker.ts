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
  return new Sleeper(clock);
}

/** A class, for there are thousands, and closures cost memory each. */
class Sleeper implements Waker {
  readonly #clock: Clock;
  #current: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    this.#current = early;
    await this.#clock
      .sleep(ms, AbortSignal.any([signal, early.signal]))
      .catch(() => signal.throwIfAborted())
      .finally(() => {
        if (this.#current === early) this.#current = undefined;
      });
  }

  wake(): void {
    this.#current?.abort();
  }
}
