// Pace and room for a scan: so many starts a second, and so many under way at once; both cheap for tens of thousands of waiting calls.
import type { Clock } from '#base';

/** Lets so many pass in a second. */
export interface Pace {
  /** Resolves when it is this caller's turn; first come, first served. */
  turn(): Promise<void>;
}

/** Starts less than this apart are not told apart: timers are no finer. */
const grainMs = 10;

/** Opens a pace of `perSecond` (1 …). After a pause nothing is made up for. */
export function openPace(perSecond: number, clock: Clock): Pace {
  let nextMs = 0;
  return {
    turn() {
      const nowMs = clock.monotonicMs();
      const atMs = Math.max(nowMs, nextMs);
      nextMs = atMs + 1000 / perSecond;
      if (atMs - nowMs < grainMs) return Promise.resolve();
      return new Promise((resolve) => void clock.after(atMs - nowMs, resolve));
    },
  };
}

/** So many under way at once. Unlike `Slots` it hears no signal: a scan that ends empties it by ending those under way. */
export interface Room {
  enter(): Promise<void>;
  leave(): void;
}

/** Opens room for `size` (1 …). */
export function openRoom(size: number): Room {
  let free = size;
  const waiting: (() => void)[] = [];
  let head = 0;
  return {
    enter() {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting[head];
      if (!next) {
        free += 1;
        return;
      }
      head += 1;
      if (head > 4096) {
        waiting.splice(0, head);
        head = 0;
      }
      next();
    },
  };
}
