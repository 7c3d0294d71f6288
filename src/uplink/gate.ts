// The gate of what nobody hears, or the broker refuses altogether: it waits here, and asks again without flooding.
import { type Env, openBackoff } from '#base';

/** What waits on one connection for a listener or a change of mind. */
export interface Gate {
  /** How many wait. */
  readonly waiting: number;
  /**
   * Waits until it is to be tried again: sixteen of each lane, those that waited longest, every 0.5 to 15 s; and two more, the gravest first, for each that had
   * waited and was taken. So a broker without a hub is asked a few times a minute, and a hub that comes back has the backlog at full speed. Rejects with the
   * signal's reason.
   */
  wait(lane: number, signal: AbortSignal): Promise<void>;
  /** Something was taken, and heard; `waited` says that it came through here. */
  heard(waited: boolean): void;
}

const pauses = { minMs: 500, maxMs: 15_000 };
const perLane = 16;
const forEachHeard = 2;

export function openGate({ clock, random }: Pick<Env, 'clock' | 'random'>): Gate {
  const lanes = new Map<number, Set<() => void>>();
  const backoff = openBackoff(pauses, random);
  let waiting = 0;
  let dueMs = 0;
  let timer: Disposable | undefined;

  const release = (most: (lane: number) => number): void => {
    for (const lane of [...lanes.keys()].toSorted((one, other) => one - other)) {
      for (const go of [...(lanes.get(lane) ?? [])].slice(0, most(lane))) go();
    }
  };
  const arm = (pauseMs: number): void => {
    timer?.[Symbol.dispose]();
    dueMs = clock.monotonicMs() + pauseMs;
    timer = clock.after(pauseMs, () => {
      timer = undefined;
      release(() => perLane);
      if (waiting > 0) arm(backoff.next());
    });
  };
  const leave = (lane: number, go: () => void): void => {
    if (lanes.get(lane)?.delete(go) !== true) return;
    waiting -= 1;
    if (waiting > 0) return;
    timer?.[Symbol.dispose]();
    timer = undefined;
  };
  return {
    get waiting() {
      return waiting;
    },
    wait: (lane, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          leave(lane, go);
          reject(signal.reason);
        };
        const go = (): void => {
          signal.removeEventListener('abort', onAbort);
          leave(lane, go);
          resolve();
        };
        signal.addEventListener('abort', onAbort, { once: true });
        lanes.set(lane, (lanes.get(lane) ?? new Set()).add(go));
        waiting += 1;
        if (!timer) arm(backoff.next());
      }),
    heard(waited) {
      backoff.reset();
      if (waiting > 0 && dueMs - clock.monotonicMs() > pauses.minMs) arm(pauses.minMs);
      if (!waited) return;
      let left = forEachHeard;
      release((lane) => {
        const some = Math.min(left, lanes.get(lane)?.size ?? 0);
        left -= some;
        return some;
      });
    },
  };
}
