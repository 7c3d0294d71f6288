// What the hub has confirmed and is not committed yet: gathered in memory, so that a slow disk holds up no packet.
import { type ConfirmedRanges, maxRanges, type SequenceRange } from './wire/index.ts';

/** Confirmations on their way to the disk. */
export interface Confirmed {
  /** Takes them; false when more than 1,024 ranges of one class would wait: then these are forgotten, for the hub tells again what comes to it again. */
  add(confirmed: ConfirmedRanges): boolean;
  /** All that waits, those that touch as one, at most 1,000 ranges at once; nothing waits then. */
  take(): readonly ConfirmedRanges[];
}

/** What the outbox takes in one call. */
const perCall = 1000;

export function openConfirmed(): Confirmed {
  const waiting = new Map<ConfirmedRanges['class'], readonly SequenceRange[]>();
  return {
    add({ class: name, ranges }) {
      const all = joined([...(waiting.get(name) ?? []), ...ranges]);
      if (all.length > maxRanges) return false;
      waiting.set(name, all);
      return true;
    },
    take() {
      const all = [...waiting].flatMap(([name, ranges]) =>
        Array.from({ length: Math.ceil(ranges.length / perCall) }, (_, page) => ({
          class: name,
          ranges: ranges.slice(page * perCall, (page + 1) * perCall),
        })),
      );
      waiting.clear();
      return all;
    },
  };
}

function joined(ranges: readonly SequenceRange[]): readonly SequenceRange[] {
  const all: [from: number, to: number][] = [];
  for (const [from, to] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = all.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}
