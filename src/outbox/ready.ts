// What each destination may claim, the table `outbox_ready`: of each subject the oldest entry that it is owed, in the entry's own lane. All that reads or moves these rows is here.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';

/** A claimed entry as the store reads it: its value still JSON text. */
export interface EntryRow {
  readonly seq: number;
  readonly id: string;
  readonly class: EntryClass;
  readonly sequence: number;
  readonly bootId: string;
  readonly recordedTime: number;
  readonly lane: number;
  readonly value: string;
}

/** With the subject, which the store alone needs. */
export interface FoundRow extends EntryRow {
  readonly subject: string | null;
}

// With a bare `?` in a join or beside ORDER BY this build of SQLite (STAT4) plans the statement again at every call, four to seven times its cost: the cast keeps the plan.
const columns = 'e.seq, e.id, e.class, e.sequence, e.boot_id AS bootId, e.recorded_time AS recordedTime, e.lane, e.value, e.subject';

/** What a destination may claim of one lane, the oldest first: (slot, lane, after, up to, limit). */
export const readyInLane = `SELECT ${columns} FROM outbox_ready r CROSS JOIN outbox_entry e ON e.seq = r.seq
  WHERE r.slot = CAST(? AS INTEGER) AND r.lane = CAST(? AS INTEGER) AND r.seq > CAST(? AS INTEGER) AND r.seq <= CAST(? AS INTEGER)
  ORDER BY r.seq LIMIT ?`;

/** What lies at a position and may be claimed: (slot, seq). */
const readyAt = (what: string): string =>
  `SELECT ${what} FROM outbox_entry e JOIN outbox_ready r ON r.slot = CAST(? AS INTEGER) AND r.lane = e.lane AND r.seq = e.seq
  WHERE e.seq = CAST(? AS INTEGER)`;

/** Reading what may be claimed. */
export interface ReadyRows {
  /** Of a stored lane, the oldest first: behind `after` and up to `upTo`. */
  inLane(slot: number, stored: number, after: number, upTo: number, limit: number): readonly FoundRow[];
  /** Undefined when nothing at `seq` may be claimed. */
  at(slot: number, seq: number): FoundRow | undefined;
  /** The stored lane of the same. */
  laneAt(slot: number, seq: number): number | undefined;
}

/** Opens the statements of a claim. */
export function openReadyRows(db: Database): ReadyRows {
  const inLane = db.prepare<[number, number, number, number, number], FoundRow>(readyInLane);
  const at = db.prepare<[number, number], FoundRow>(readyAt(columns));
  const laneAt = db.prepare<[number, number], number>(readyAt('e.lane')).pluck();
  return {
    inLane: (slot, stored, after, upTo, limit) => inLane.all(slot, stored, after, upTo, limit),
    at: (slot, seq) => at.get(slot, seq),
    laneAt: (slot, seq) => laneAt.get(slot, seq),
  };
}

/** Changing what may be claimed. */
export interface Ready {
  /** Does nothing to what may be claimed already. */
  add(slot: number, lane: number, seq: number): void;
  /** Whether it could be claimed, from this lane. */
  remove(slot: number, lane: number, seq: number): boolean;
  /** Moves it to another lane, if it may be claimed. */
  move(slot: number, seq: number, from: number, to: number): void;
}

/** Opens the statements of whoever appends or settles. */
export function openReady(db: Database): Ready {
  const add = db.prepare<[number, number, number]>('INSERT OR IGNORE INTO outbox_ready (slot, lane, seq) VALUES (?, ?, ?)');
  const remove = db.prepare<[number, number, number]>('DELETE FROM outbox_ready WHERE slot = ? AND lane = ? AND seq = ?');
  const move = db.prepare<[number, number, number, number]>('UPDATE outbox_ready SET lane = ? WHERE slot = ? AND lane = ? AND seq = ?');
  return {
    add(slot, lane, seq) {
      add.run(slot, lane, seq);
    },
    remove: (slot, lane, seq) => remove.run(slot, lane, seq).changes > 0,
    move(slot, seq, from, to) {
      move.run(to, slot, from, seq);
    },
  };
}

/** The position of the oldest that may be claimed of a stored lane. */
export function openOldestReady(db: Database): (slot: number, stored: number) => number | undefined {
  const oldest = db
    .prepare<[number, number], number>('SELECT seq FROM outbox_ready WHERE slot = ? AND lane = ? ORDER BY seq LIMIT 1')
    .pluck();
  return (slot, stored) => oldest.get(slot, stored);
}
