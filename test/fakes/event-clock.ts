// A clock for simulations: time jumps from one timer to the next, and everything that a timer sets off is done before the next one.
import type { Clock } from '#base';

/** The clock and its motor. */
export interface EventClock extends Clock {
  /** Goes from timer to timer until `isDone` or nothing is left to happen. */
  runUntil(isDone: () => boolean): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** Opens a clock at `startMs` of wall time. */
export function openEventClock(startMs: number): EventClock {
  let monotonic = 0;
  let order = 0;
  const timers = new Set<Timer>();
  const after = (ms: number, act: () => void): Disposable => {
    const timer = { at: monotonic + Math.max(0, ms), order: order++, act };
    timers.add(timer);
    return { [Symbol.dispose]: () => timers.delete(timer) };
  };
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    return first;
  };
  return {
    now: () => startMs + monotonic,
    monotonicMs: () => monotonic,
    sinceBoot: () => ({ boot: 'simulated', ms: monotonic }),
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const onAbort = (): void => {
          timer[Symbol.dispose]();
          reject(signal?.reason);
        };
        const timer = after(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    async runUntil(isDone) {
      // A turn of the loop: whatever was promised meanwhile has happened.
      const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      await settle();
      while (!isDone()) {
        const timer = next();
        if (!timer) return;
        timers.delete(timer);
        monotonic = Math.max(monotonic, timer.at);
        timer.act();
        await settle();
      }
    },
  };
}
