// The walk over a range of places by many lanes at once, and how far it is finished without a hole: where a cancelled one goes on. Pure.

/** A walk over places `from` … `total` − 1. */
export interface Walk {
  /** The next place that nobody has taken; undefined when there is none. */
  next(): number | undefined;
  finish(place: number): void;
  /** Places finished, those before `from` among them. */
  done(): number;
  /** The first place that is not finished. */
  resumeAt(): number;
}

/** Opens a walk. */
export function openWalk(from: number, total: number): Walk {
  const ahead = new Set<number>();
  let taken = from;
  let mark = from;
  return {
    next: () => (taken < total ? taken++ : undefined),
    finish(place) {
      ahead.add(place);
      while (ahead.delete(mark)) mark += 1;
    },
    done: () => mark + ahead.size,
    resumeAt: () => mark,
  };
}
