// Backoff with decorrelated jitter: how long to wait before the next try, so that a thousand devices do not come back at once.
import type { Random } from './random.ts';

/** Bounds of the wait, milliseconds. */
export interface BackoffOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Grows from `minMs` to `maxMs` with every call of `next`; `reset` after a success. */
export interface Backoff {
  next(): number;
  reset(): void;
}

/** Opens a backoff: each wait is uniform between `minMs` and three times the last one, capped at `maxMs`. */
export function openBackoff(options: BackoffOptions, random: Random): Backoff {
  let last = options.minMs;
  return {
    next() {
      const upper = Math.min(options.maxMs, last * 3);
      last = options.minMs + random.uniform() * Math.max(0, upper - options.minMs);
      return last;
    },
    reset() {
      last = options.minMs;
    },
  };
}
