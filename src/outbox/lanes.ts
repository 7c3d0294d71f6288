// The lanes by their names: where an entry lies in the store, and on which lane of the way it travels, once it is known whether it waited for the line.

/** Lanes of the way, the gravest first (`laneOf` of the model). What waited for the line travels on the `past` one of its three. */
export const lanes = {
  critical: 0,
  grant: 1,
  alarm: 2,
  pastCritical: 3,
  pastGrant: 4,
  pastAlarm: 5,
  other: 6,
  reading: 7,
} as const;

/** How many lanes the way has. */
export const laneCount = 8;

/** Lanes that entries lie in: which of them are of the past depends on who asks, and is told apart at the claim. */
export const storedLanes = [lanes.critical, lanes.grant, lanes.alarm, lanes.other, lanes.reading] as const;

/** So many lanes are told apart by the past: the first ones; their past follows in the same order. */
const livingLanes = lanes.pastCritical;

/** The lane of the way of an entry that lies at `seq` in a `stored` lane. */
export function wayOf(stored: number, seq: number, past: number): number {
  return stored < livingLanes && seq <= past ? stored + livingLanes : stored;
}

/** Where the entries of a lane of the way lie: behind `after` and up to `upTo`. */
export interface Reach {
  readonly stored: number;
  readonly after: number;
  readonly upTo: number;
}

/** The inverse of `wayOf`. */
export function reachOf(lane: number, past: number): Reach {
  if (lane < livingLanes) return { stored: lane, after: past, upTo: Number.MAX_SAFE_INTEGER };
  if (lane < 2 * livingLanes) return { stored: lane - livingLanes, after: 0, upTo: past };
  return { stored: lane, after: 0, upTo: Number.MAX_SAFE_INTEGER };
}
