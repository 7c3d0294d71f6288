// What is due when, for all sensors that tell: one timer for whatever is due next, however many wait.
import type { Clock } from '#base';

/** Moments to come, one for each key. */
export interface Dues extends Disposable {
  /** Calls `act` once when `atMs` (monotonic milliseconds) has come. Takes the place of what was due for the key; undefined: nothing is any more. */
  set(key: string, atMs: number | undefined, act: () => void): void;
}

interface Due {
  readonly key: string;
  readonly atMs: number;
  readonly act: () => void;
}

/** So many are called in one turn of the thread; the others come right behind. */
const maxAtOnce = 100;

/** Opens the moments. Those given up stay in the heap until their time or until they are more than half of it. */
export function openDues(clock: Pick<Clock, 'monotonicMs' | 'after'>): Dues {
  const current = new Map<string, Due>();
  let heap: Due[] = [];
  let timer: { readonly atMs: number; readonly handle: Disposable } | undefined;
  const ring = (): void => {
    timer = undefined;
    const now = clock.monotonicMs();
    for (let count = 0; count < maxAtOnce; ) {
      const first = heap[0];
      if (!first || first.atMs > now) break;
      pop(heap);
      if (current.get(first.key) !== first) continue;
      current.delete(first.key);
      count += 1;
      first.act();
    }
    wind();
  };
  const wind = (): void => {
    while (heap[0] && current.get(heap[0].key) !== heap[0]) pop(heap);
    const atMs = heap[0]?.atMs;
    if (timer && timer.atMs === atMs) return;
    timer?.handle[Symbol.dispose]();
    timer = atMs === undefined ? undefined : { atMs, handle: clock.after(Math.max(0, atMs - clock.monotonicMs()), ring) };
  };
  return {
    set(key, atMs, act) {
      if (atMs === undefined) current.delete(key);
      else {
        const due = { key, atMs, act };
        current.set(key, due);
        push(heap, due);
      }
      if (heap.length > 2 * current.size + maxAtOnce) heap = [...current.values()].toSorted((left, right) => left.atMs - right.atMs);
      wind();
    },
    [Symbol.dispose]() {
      timer?.handle[Symbol.dispose]();
      current.clear();
      heap = [];
    },
  };
}

/** A binary heap, the soonest first. */
function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (!above || above.atMs <= due.atMs) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const right = left + 1;
    const least = (heap[right]?.atMs ?? Infinity) < (heap[left]?.atMs ?? Infinity) ? right : left;
    const below = heap[least];
    if (!below || below.atMs >= last.atMs) break;
    heap[at] = below;
    at = least;
  }
  heap[at] = last;
}
