// The budget of a line, pure: which streams fit on it, and which of them give way to a service that goes first.

/** A stream that has its place on the line. */
export interface Place {
  readonly id: string;
  /** 0 … 100, 100 goes first. */
  readonly priority: number;
  /** Bits a second. */
  readonly rate: number;
}

/** Whether there is room. `free`: bits a second that this asker could still have, with all lower ones gone. */
export type Room = { readonly fits: true; readonly leaving: readonly Place[] } | { readonly fits: false; readonly free: number };

/** What the streams take together, bits a second. */
export function sumOf(places: readonly Place[]): number {
  return places.reduce((sum, { rate }) => sum + rate, 0);
}

/**
 * Room for one more stream among `places` (in the order in which they came) on a line of `limit` bits a second. Lower services give way, the lowest
 * first and of these the latest; nobody gives way in vain, and no equal does.
 */
export function findRoom(places: readonly Place[], wanted: Omit<Place, 'id'>, limit: number): Room {
  const equals = places.filter(({ priority }) => priority >= wanted.priority);
  const free = limit - sumOf(equals);
  if (wanted.rate > free) return { fits: false, free: Math.max(0, free) };
  return { fits: true, leaving: leavingOf(places, wanted.priority, limit - wanted.rate) };
}

/** Who must go because the line has become narrower, or the pictures larger: as in `findRoom`, but the last one left stays. */
export function findSurplus(places: readonly Place[], limit: number): readonly Place[] {
  const leaving = leavingOf(places, Number.POSITIVE_INFINITY, limit);
  if (leaving.length < places.length) return leaving;
  const best = byUrgency(places)[0];
  return leaving.filter((place) => place !== best);
}

/** The fewest of the least urgent below `priority` without whom the rest takes `limit` at most; all of them where that is not enough. */
function leavingOf(places: readonly Place[], priority: number, limit: number): readonly Place[] {
  let sum = sumOf(places);
  const leaving: Place[] = [];
  for (const place of byUrgency(places).toReversed()) {
    if (sum <= limit) break;
    if (place.priority >= priority) continue;
    leaving.push(place);
    sum -= place.rate;
  }
  // The last to be taken may have made room for lesser ones.
  return leaving.toReversed().filter((place) => {
    if (sum + place.rate > limit) return true;
    sum += place.rate;
    return false;
  });
}

/** The most urgent first; of one priority who came first. */
function byUrgency(places: readonly Place[]): readonly Place[] {
  return places.toSorted((a, b) => b.priority - a.priority);
}
