// A clock that stands still until a test moves it.
import type { Clock } from '#base';

/** The clock and the hands that move it. */
export interface FakeClock extends Clock {
  /** Timers that are set. */
  readonly pending: number;
  /** Both times go forward; whatever was due in between happens in order. */
  advance(ms: number): void;
  /** Only the wall time changes, as when somebody sets it. */
  jump(ms: number): void;
  /** The machine starts anew. */
  reboot(): void;
}

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

/** Opens a clock whose wall time is `startMs`. */
export function openFakeClock(startMs: number): FakeClock {
  let monotonic = 1000;
  let offset = startMs - monotonic;
  let boots = 1;
  let bootedAt = 0;
  const timers = new Set<Timer>();
  const after = (ms: number, act: () => void): Disposable => {
    const timer = { at: monotonic + ms, act };
    timers.add(timer);
    return { [Symbol.dispose]: () => timers.delete(timer) };
  };
  return {
    get pending() {
      return timers.size;
    },
    now: () => monotonic + offset,
    monotonicMs: () => monotonic,
    sinceBoot: () => ({ boot: `boot-${boots}`, ms: monotonic - bootedAt }),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const timer = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          timer[Symbol.dispose]();
          reject(signal.reason);
        });
      }),
    advance(ms) {
      const end = monotonic + ms;
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end).toSorted((left, right) => left.at - right.at)[0];
        if (!due) break;
        timers.delete(due);
        monotonic = Math.max(monotonic, due.at);
        due.act();
      }
      monotonic = end;
    },
    jump(ms) {
      offset += ms;
    },
    reboot() {
      boots += 1;
      bootedAt = monotonic;
    },
  };
}
