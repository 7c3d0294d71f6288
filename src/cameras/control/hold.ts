// A hold: who has a head, whether it was moved, and where it came to rest since.
import type { Axes } from './calls.ts';

/** `new`: not moved yet. `travelling`: our own last order is under way. `unsure`: it is not known where it rests. */
export type HoldRest = 'new' | 'travelling' | 'unsure' | { readonly at: Axes };

/** Somebody has the head. */
export interface Hold {
  readonly holder: string;
  /** Aborts when the hold is over. */
  readonly signal: AbortSignal;
  readonly rest: HoldRest;
  /** Whether an order was carried out, or may have been. */
  readonly moved: boolean;
  /** How often it was stopped: an order of before a stop is not carried out after it. */
  readonly stops: number;
  /** Monotonic milliseconds of the last order. */
  readonly sentAtMs: number;
  settle(rest: HoldRest): void;
  sent(atMs: number): void;
  stopped(): void;
  /** Takes the timer that ends the hold; the one before is disposed of. */
  expire(timer: Disposable): void;
  /** Of a watch of its rest, which the next order ends. */
  watch(closed: AbortSignal): AbortSignal;
  over(): void;
}

/** Opens a hold without end. */
export function openHold(holder: string): Hold {
  const over = new AbortController();
  let watching = new AbortController();
  let timer: Disposable | undefined;
  let rest: HoldRest = 'new';
  let stops = 0;
  let sentAtMs = 0;
  let moved = false;
  return {
    holder,
    signal: over.signal,
    get rest() {
      return rest;
    },
    get moved() {
      return moved;
    },
    get stops() {
      return stops;
    },
    get sentAtMs() {
      return sentAtMs;
    },
    settle(next) {
      if (next === 'travelling') {
        watching.abort();
        moved = true;
      }
      rest = next;
    },
    sent(atMs) {
      sentAtMs = atMs;
    },
    stopped() {
      stops += 1;
    },
    expire(next) {
      timer?.[Symbol.dispose]();
      timer = next;
    },
    watch(closed) {
      watching.abort();
      watching = new AbortController();
      return AbortSignal.any([watching.signal, over.signal, closed]);
    },
    over() {
      timer?.[Symbol.dispose]();
      over.abort();
    },
  };
}
