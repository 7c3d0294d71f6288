// What the outbox holds, read from its counters and the ends of its indexes: as quick with two million entries as with none.
import type { Database } from 'better-sqlite3';
import type { Gap } from '#model';
import type { Destinations } from './destinations.ts';
import { gapOf } from './gaps.ts';
import { storedLanes } from './lanes.ts';
import { openOldestReady } from './ready.ts';

/** What waits for one destination. */
export interface DestinationStats {
  readonly name: string;
  readonly pending: number;
  readonly pendingByClass: Readonly<Record<string, number>>;
  /** Dead letters: not pending, they wait for a person. */
  readonly dead: number;
  /** Of the pending: handed out and not yet confirmed. */
  readonly claimed: number;
  /** Wall milliseconds of the commit of the oldest pending entry. */
  readonly oldestRecordedTime: number | undefined;
  /** What it will never get, by class: given way to the disk's limit, or dropped by a person. Of each class the newest gap alone. */
  readonly gaps: readonly Pick<Gap, 'class' | 'count' | 'from' | 'to'>[];
}

/** What the outbox holds. */
export interface OutboxStats {
  readonly entries: number;
  /** Of the whole store, its free pages included. */
  readonly sizeBytes: number;
  readonly destinations: readonly DestinationStats[];
}

/** Opens the reading of the counters. */
export function openStats(db: Database, destinations: Destinations, claimedBy: (destination: string) => number) {
  const kept = db.prepare<[], number>('SELECT coalesce(sum(last - gone), 0) FROM outbox_class').pluck();
  const pending = db.prepare<[number], { class: string; pending: number; dead: number }>(
    `SELECT c.class, c.last - coalesce(p.confirmed + p.dead, 0) AS pending, coalesce(p.dead, 0) AS dead FROM outbox_class c
     LEFT JOIN outbox_progress p ON p.slot = ? AND p.class = c.class ORDER BY c.class`,
  );
  const oldestInLane = openOldestReady(db);
  const recorded = db.prepare<[number], number>('SELECT recorded_time FROM outbox_entry WHERE seq = ?').pluck();
  const gapsOf = db.prepare<[number], string>('SELECT value FROM outbox_gap WHERE slot = ? ORDER BY class').pluck();
  const describe = (name: string): DestinationStats => {
    const slot = destinations.slotOf(name);
    const classes = pending.all(slot);
    const heads = storedLanes.map((lane) => oldestInLane(slot, lane)).filter((seq) => seq !== undefined);
    return {
      name,
      pending: classes.reduce((sum, row) => sum + row.pending, 0),
      pendingByClass: Object.fromEntries(classes.map((row) => [row.class, row.pending])),
      dead: classes.reduce((sum, row) => sum + row.dead, 0),
      claimed: claimedBy(name),
      oldestRecordedTime: heads.length === 0 ? undefined : recorded.get(Math.min(...heads)),
      gaps: gapsOf.all(slot).flatMap(summary),
    };
  };
  return (): OutboxStats => ({
    entries: kept.get() ?? 0,
    sizeBytes: Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    destinations: destinations.names.map(describe),
  });
}

function summary(value: string): DestinationStats['gaps'] {
  const gap = gapOf(value);
  return gap ? [{ class: gap.class, count: gap.count, from: gap.from, to: gap.to }] : [];
}
