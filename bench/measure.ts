// Measuring: percentiles, a steady pace, the delay of the event loop, and a clock that threads share.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds of the machine's monotonic clock: the same in every thread and process. */
export function steadyMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The sample at rank ⌈q·n⌉ (nearest rank), rounded to 1 µs. */
export function percentile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (found === undefined) throw new Error('there are no samples');
  return round(found, 3);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Calls `act` `perSecond` times a second for `ms`, evenly to the timer's millisecond. Resolves with what the calls resolved with. */
export async function pace<T>(perSecond: number, ms: number, act: () => Promise<T>): Promise<T[]> {
  const startMs = steadyMs();
  const calls: Promise<T>[] = [];
  for (let passed = 0; passed < ms; passed = steadyMs() - startMs) {
    while (calls.length < (passed * perSecond) / 1000) calls.push(act());
    await sleep(1);
  }
  return Promise.all(calls);
}

/** Keeps `inFlight` calls of `act` under way for `ms`. Resolves with the calls a second. */
export async function flood(inFlight: number, ms: number, act: () => Promise<unknown>): Promise<number> {
  const startMs = steadyMs();
  let done = 0;
  const lane = async (): Promise<void> => {
    while (steadyMs() - startMs < ms) {
      await act();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (done / (steadyMs() - startMs)) * 1000;
}

/** The 99th percentile of this thread's loop delay while `act` runs, milliseconds, at a resolution of 1 ms (which is part of it). */
export async function loopDelayP99(act: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await act();
  delay.disable();
  return delay.percentile(99) / 1e6;
}
