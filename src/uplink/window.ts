// The in-flight window: how many QoS 1 messages may be unconfirmed at once, ours and the broker's limit (MQTT 5 §4.9), and who goes first.

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
  release(): void;
  /** Calls `listener` after each release. */
  watch(listener: () => void): Disposable;
}

const ranks: readonly Rank[] = ['critical', 'announcement', 'live', 'entry'];

/**
 * Opens a window of `capacity` slots (1 …). From 4 slots on an eighth of them, at least one, is kept free for critical alarms. Waiters are bounded by
 * their callers.
 */
export function openWindow(capacity: number): Window {
  const reserve = capacity < 4 ? 0 : Math.max(1, Math.floor(capacity / 8));
  const limitOf = (rank: Rank): number => (rank === 'critical' ? capacity : capacity - reserve);
  const waiting: Readonly<Record<Rank, Set<() => void>>> = {
    critical: new Set(),
    announcement: new Set(),
    live: new Set(),
    entry: new Set(),
  };
  const listeners = new Set<() => void>();
  let used = 0;
  const wait = (rank: Rank, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting[rank].delete(go);
        reject(signal.reason);
      };
      const go = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting[rank].add(go);
    });
  const wake = (): void => {
    for (const rank of ranks) {
      for (const go of waiting[rank]) {
        if (used >= limitOf(rank)) break;
        used += 1;
        waiting[rank].delete(go);
        go();
      }
    }
  };
  return {
    free: (rank) => Math.max(0, limitOf(rank) - used),
    waiting: (rank) => waiting[rank].size,
    async take(rank, signal) {
      signal.throwIfAborted();
      if (used < limitOf(rank)) used += 1;
      else await wait(rank, signal);
    },
    release() {
      used -= 1;
      wake();
      for (const listener of listeners) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
}
