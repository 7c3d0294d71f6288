// The in-flight window: how many QoS 1 messages may be unconfirmed at once, ours and the broker's limit (MQTT 5 §4.9), and who goes first.
import { onAbort } from './on-abort.ts';

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
  const alone = new Set<() => void>();
  let isAlone = false;
  const limitOf = (rank: Rank): number => (isAlone || alone.size > 0 ? 0 : rank === 'critical' ? capacity : capacity - reserve);
  const waiting: Readonly<Record<Rank, Set<() => void>>> = {
    critical: new Set(),
    announcement: new Set(),
    live: new Set(),
    entry: new Set(),
  };
  const listeners = new Set<() => void>();
  let used = 0;
  const waitIn = (queue: Set<() => void>, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stay = onAbort(signal, () => {
        queue.delete(go);
        wake();
        reject(signal.reason);
      });
      const go = (): void => {
        stay();
        resolve();
      };
      queue.add(go);
    });
  /** What may wait starts in handfuls: one write to the socket, and one answer of the broker's, for many. */
  const isHandful = (rank: Rank): boolean => rank !== 'entry' || used === 0 || limitOf(rank) - used >= handful;
  const wake = (): void => {
    for (const rank of ranks) {
      if (!isHandful(rank)) continue;
      for (const go of waiting[rank]) {
        if (used >= limitOf(rank)) break;
        used += 1;
        waiting[rank].delete(go);
        go();
      }
    }
    const [first] = alone;
    if (!first || used > 0) return;
    isAlone = true;
    used = 1;
    alone.delete(first);
    first();
  };
  return {
    free: (rank) => Math.max(0, limitOf(rank) - used),
    waiting: (rank) => waiting[rank].size,
    async take(rank, signal) {
      signal.throwIfAborted();
      // Behind those that wait for a handful, if there are any.
      if (used < limitOf(rank) && waiting[rank].size === 0) used += 1;
      else await waitIn(waiting[rank], signal);
    },
    async takeAlone(signal) {
      signal.throwIfAborted();
      const turn = waitIn(alone, signal);
      wake();
      await turn;
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
