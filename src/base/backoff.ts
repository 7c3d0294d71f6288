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
  return new Jittered(options, random);
}

/** There is one for each device: its methods are shared. */
class Jittered implements Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #last: number;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#last = options.minMs;
  }

  next(): number {
    const { minMs, maxMs } = this.#options;
    const upper = Math.min(maxMs, this.#last * 3);
    this.#last = minMs + this.#random.uniform() * Math.max(0, upper - minMs);
    return this.#last;
  }

  reset(): void {
    this.#last = this.#options.minMs;
  }
}
