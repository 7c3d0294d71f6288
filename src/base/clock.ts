// The clock: wall time, monotonic time and waiting, handed to every room so that tests can move it.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleepTimer } from 'node:timers/promises';

/** Source of time. Nothing outside `base` reads the machine's clock. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01T00:00:00Z. May jump in either direction. */
  now(): number;
  /** Milliseconds that only grow while this machine is up; for durations, time-outs and the ends of grants. */
  monotonicMs(): number;
  /** How long the machine is up: what no setting of the clock, and no restart of this process alone, changes. For names. */
  sinceBoot(): SinceBoot;
  /** Waits `ms` (0 … 2^31−1). Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `act` once after `ms`; dispose to cancel. Does not keep the process alive. */
  after(ms: number, act: () => void): Disposable;
}

/** A moment of one running of the machine; two of different boots cannot be compared. */
export interface SinceBoot {
  /** Another each time that the machine starts; where the machine does not tell, that this process starts. */
  readonly boot: string;
  readonly ms: number;
}

/** Wall milliseconds before which a clock was never set: what it dated has no time. */
export const plausibleFromMs = Date.UTC(2025, 0, 1);

const maxTimerMs = 2 ** 31 - 1;

/** The kernel's id of this boot (random(4)). */
function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}

let boot: string | undefined;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sinceBoot() {
    boot ??= readBoot();
    // CLOCK_MONOTONIC, clock_gettime(2): it counts from the boot, for every process alike.
    return { boot, ms: Number(process.hrtime.bigint() / 1_000_000n) };
  },
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
    return timer;
  },
};
