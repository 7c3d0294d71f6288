// How many datagrams are read in a second: a stranger's costs him nothing and us most of a millisecond.
import type { Clock } from '#base';

/** Counts what comes. */
export interface Meter {
  /** Whether one of this sender may still be read in this second. */
  passes(sender: string): boolean;
}

/** Opens the meter: `each` of one sender and `all` of all in a second. */
export function openMeter({ each, all }: { readonly each: number; readonly all: number }, clock: Clock): Meter {
  const counted = new Map<string, number>();
  let total = 0;
  let sinceMs = clock.monotonicMs();
  return {
    passes(sender) {
      if (clock.monotonicMs() - sinceMs >= 1000) {
        counted.clear();
        total = 0;
        sinceMs = clock.monotonicMs();
      }
      const own = counted.get(sender) ?? 0;
      if (own >= each || total >= all) return false;
      counted.set(sender, own + 1);
      total += 1;
      return true;
    },
  };
}
