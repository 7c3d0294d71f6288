// Which pictures the FLV child died of, or hung in: after twice they are not given to it for an hour, for all others would be cut with them.
import type { Clock } from '#base';

export interface Strikes {
  add(name: string, count: number): void;
  /** Of the last hour. */
  of(name: string): number;
}

/** So many are too many. */
export const maxStrikes = 2;
const memoryMs = 3_600_000;
/** The one that was longest not added to is forgotten beyond. */
const maxKnown = 1_000;

/** Opens the record. */
export function openStrikes(clock: Clock): Strikes {
  const known = new Map<string, { readonly count: number; readonly atMs: number }>();
  const of = (name: string): number => {
    const found = known.get(name);
    return found && clock.monotonicMs() - found.atMs < memoryMs ? found.count : 0;
  };
  return {
    of,
    add(name, count) {
      const sum = of(name) + count;
      known.delete(name);
      known.set(name, { count: sum, atMs: clock.monotonicMs() });
      const [oldest] = known.size > maxKnown ? known.keys() : [];
      if (oldest !== undefined) known.delete(oldest);
    },
  };
}
