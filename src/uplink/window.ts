// The in-flight window: how many QoS 1 messages may be unconfirmed at once, ours and the broker's limit (MQTT 5 §4.9), and who goes first.
import { onAbort } from './on-abort.ts';
import { openRoster, type Roster } from './roster.ts';

/** Who wants a slot, the first served first: a live critical alarm; a state, an outcome or a step of a grant; another live alarm; any other entry. */
export type Rank = 'critical' | 'announcement' | 'live' | 'entry';

/** Slots on the line. */
export interface Window {
  /** Slots that this rank may take now. */
  free(rank: Rank): number;
  /** How many of this rank wait for one. */
  waiting(rank: Rank): number;
  /** Takes a slot, waiting for it behind graver ranks and earlier takers of its own. Rejects with the signal's reason. */
  take(rank: Rank, signal: AbortSignal): Promise<void>;
  /** The same without a promise: `then(true)` with a slot, perhaps before this returns; `then(false)` without, when `signal` aborts. */
  start(rank: Rank, signal: AbortSignal, then: (taken: boolean) => void): void;
  /** Takes all of it: waits until nobody has a slot, while nobody gets one. Rejects with the signal's reason. */
  takeAlone(signal: AbortSignal): Promise<void>;
  /** Nobody has a slot or waits for one. */
  readonly isIdle: boolean;
  release(): void;
  /** Calls `listener` after each release. */
  watch(listener: () => void): Disposable;
}

const ranks: readonly Rank[] = ['critical', 'announcement', 'live', 'entry'];

/**
 * Opens a window of `capacity` slots (1 …). From 4 slots on an eighth of them, at least one, is kept free for critical alarms; entries that wait start when as many
 * are free besides. Waiters are bounded by their callers.
 */
export function openWindow(capacity: number): Window {
  const reserve = capacity < 4 ? 0 : Math.max(1, Math.floor(capacity / 8));
  const handful = Math.max(1, Math.floor(capacity / 8));
  const alone = openRoster<() => void>();
  let isAlone = false;
  const limitOf = (rank: Rank): number => (isAlone || alone.size > 0 ? 0 : rank === 'critical' ? capacity : capacity - reserve);
  const waiting: Readonly<Record<Rank, Roster<() => void>>> = {
    critical: openRoster(),
    announcement: openRoster(),
    live: openRoster(),
    entry: openRoster(),
  };
  const listeners = new Set<() => void>();
  let used = 0;
  const waitIn = (queue: Roster<() => void>, signal: AbortSignal, then: (taken: boolean) => void): void => {
    const stay = onAbort(signal, () => {
      queue.leave(place);
      wake();
      then(false);
    });
    const place = queue.add(() => {
      stay();
      then(true);
    });
  };
  /** What may wait starts in handfuls: one write to the socket, and one answer of the broker's, for many. */
  const isHandful = (rank: Rank): boolean => rank !== 'entry' || used === 0 || limitOf(rank) - used >= handful;
  const wake = (): void => {
    for (const rank of ranks) {
      if (!isHandful(rank)) continue;
      while (used < limitOf(rank)) {
        const go = waiting[rank].shift();
        if (!go) break;
        used += 1;
        go();
      }
    }
    if (used > 0) return;
    const first = alone.shift();
    if (!first) return;
    isAlone = true;
    used = 1;
    first();
  };
  const start = (rank: Rank, signal: AbortSignal, then: (taken: boolean) => void): void => {
    if (signal.aborted) then(false);
    // Behind those that wait for a handful, if there are any.
    else if (used >= limitOf(rank) || waiting[rank].size > 0) waitIn(waiting[rank], signal, then);
    else {
      used += 1;
      then(true);
    }
  };
  return {
    free: (rank) => Math.max(0, limitOf(rank) - used),
    waiting: (rank) => waiting[rank].size,
    start,
    async take(rank, signal) {
      await toPromise(signal, (then) => start(rank, signal, then));
    },
    async takeAlone(signal) {
      await toPromise(signal, (then) => {
        waitIn(alone, signal, then);
        wake();
      });
    },
    get isIdle() {
      return used === 0 && ranks.every((rank) => waiting[rank].size === 0);
    },
    release() {
      used -= 1;
      isAlone = false;
      wake();
      for (const listener of listeners) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
}

/** What ends with `true` as a promise; it rejects with the signal's reason. */
export function toPromise(signal: AbortSignal, start: (then: (done: boolean) => void) => void): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => start((done) => (done ? resolve() : reject(signal.reason))));
}
