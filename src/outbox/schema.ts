// The outbox's tables and the statements whose plans matter. Made for millions of waiting entries: an append touches few pages, a claim reads no entry that it cannot hand out.
import type { Database } from 'better-sqlite3';
import type { Migrations } from '#store';
import { bitOf } from './destinations.ts';
import { repair } from './repair.ts';

/**
 * - `outbox_entry`: what waits. `owed` has one bit for each destination's slot that has not confirmed; an entry owed to none is deleted at once.
 *   `lane` is its own lane, or a graver one inherited from a later entry of its subject. `gives_way` is its turn when room is short: 0 never.
 * - `outbox_ready`: for each destination the entries that may be claimed: of each subject only the oldest that it is owed.
 * - `outbox_dead`: what a destination will not take as it is: no longer owed, and kept until a person has decided; then the decision is kept.
 * - `outbox_gap`: what had to give way, for each destination and class, and the entry that tells it.
 * - `outbox_lapse`: of each way to lose memory the last one after which the numbers have leapt.
 * - `outbox_class`, `outbox_progress`: counters, so that nothing is ever counted: what is pending for a destination is `last - confirmed - dead`.
 * - `outbox_destination`: slots; a retired one is kept until no entry has its bit (`swept`: up to which seq that is so, `head`: where it ends); `gaps` is
 *   the last sequence of the class gap, which each has for itself.
 */
export const outboxMigrations: Migrations = {
  room: 'outbox',
  steps: [
    `CREATE TABLE outbox_entry (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       id TEXT NOT NULL,
       class TEXT NOT NULL,
       sequence INTEGER NOT NULL,
       boot_id TEXT NOT NULL,
       recorded_time INTEGER NOT NULL,
       lane INTEGER NOT NULL,
       owed INTEGER NOT NULL,
       subject TEXT,
       value TEXT NOT NULL
     ) STRICT;
     CREATE INDEX outbox_entry_subject ON outbox_entry (subject, seq) WHERE subject IS NOT NULL;
     CREATE TABLE outbox_ready (
       slot INTEGER NOT NULL,
       lane INTEGER NOT NULL,
       seq INTEGER NOT NULL,
       PRIMARY KEY (slot, lane, seq)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE outbox_class (
       class TEXT PRIMARY KEY,
       last INTEGER NOT NULL,
       gone INTEGER NOT NULL DEFAULT 0
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE outbox_destination (
       slot INTEGER PRIMARY KEY,
       name TEXT NOT NULL,
       retired INTEGER NOT NULL DEFAULT 0,
       swept INTEGER NOT NULL DEFAULT 0,
       head INTEGER NOT NULL DEFAULT 0
     ) STRICT;
     CREATE TABLE outbox_progress (
       slot INTEGER NOT NULL,
       class TEXT NOT NULL,
       confirmed INTEGER NOT NULL,
       PRIMARY KEY (slot, class)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE outbox_aside (
       slot INTEGER NOT NULL,
       seq INTEGER NOT NULL,
       PRIMARY KEY (slot, seq)
     ) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE outbox_entry ADD COLUMN gives_way INTEGER NOT NULL DEFAULT 0;
     UPDATE outbox_entry SET gives_way = 2 WHERE class = 'condition';
     UPDATE outbox_entry SET gives_way = CASE value ->> '$.severity' WHEN 'warning' THEN 3 WHEN 'minor' THEN 4 ELSE 0 END
       WHERE class = 'alarm' AND lane > 0;
     CREATE INDEX outbox_entry_gives_way ON outbox_entry (gives_way, seq) WHERE gives_way > 0;
     INSERT INTO outbox_ready (slot, lane, seq)
       SELECT a.slot, e.lane, e.seq FROM outbox_aside a JOIN outbox_entry e ON e.seq = a.seq;
     DROP TABLE outbox_aside;
     UPDATE outbox_ready SET lane = 6 WHERE lane IN (3, 4);
     UPDATE outbox_entry SET lane = 6 WHERE lane IN (3, 4);
     ALTER TABLE outbox_progress ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE outbox_destination ADD COLUMN gaps INTEGER NOT NULL DEFAULT 0;
     CREATE TABLE outbox_dead (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       slot INTEGER NOT NULL,
       seq INTEGER NOT NULL,
       entry_id TEXT NOT NULL,
       class TEXT NOT NULL,
       sequence INTEGER NOT NULL,
       code INTEGER NOT NULL,
       text TEXT NOT NULL,
       time INTEGER NOT NULL,
       dropped_time INTEGER,
       dropped_by TEXT,
       dropped_reason TEXT
     ) STRICT;
     CREATE UNIQUE INDEX outbox_dead_seq ON outbox_dead (seq, slot) WHERE dropped_time IS NULL;
     CREATE INDEX outbox_dead_slot ON outbox_dead (slot, id) WHERE dropped_time IS NULL;
     CREATE INDEX outbox_dead_dropped ON outbox_dead (id) WHERE dropped_time IS NOT NULL;
     CREATE TABLE outbox_gap (
       slot INTEGER NOT NULL,
       class TEXT NOT NULL,
       seq INTEGER NOT NULL,
       grown_time INTEGER NOT NULL,
       value TEXT NOT NULL,
       PRIMARY KEY (slot, class)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE outbox_lapse (
       what TEXT PRIMARY KEY,
       time INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
  ],
  repair,
};

// With a bare `?` beside ORDER BY this build of SQLite (STAT4) plans the statement again at every call, seven times its cost: the cast keeps the plan.

/** What a subject's newest entry is: (subject). */
export const newestOfSubject = 'SELECT seq, lane, owed FROM outbox_entry WHERE subject = CAST(? AS TEXT) ORDER BY seq DESC LIMIT 1';

/** What follows an entry of a subject and is owed to a slot: (subject, seq, bit). */
export const nextOfSubject =
  'SELECT seq, lane, owed FROM outbox_entry WHERE subject = CAST(? AS TEXT) AND seq > ? AND owed & ? <> 0 ORDER BY seq LIMIT 1';

/** What gives way in one turn, the oldest first: (turn, after, limit). */
export const givingWay =
  'SELECT seq FROM outbox_entry WHERE gives_way = CAST(? AS INTEGER) AND gives_way > 0 AND seq > CAST(? AS INTEGER) ORDER BY seq LIMIT ?';

/**
 * Opens the statement of what the first of the slots has and others are owed, or have as a dead letter: (after, limit), the oldest first, without gaps. By
 * an index of its own, since most of what waits may wait for the first; where there is no other slot there is neither.
 */
export function openHadByFirst(db: Database, [first, ...others]: readonly number[]): (after: number, limit: number) => readonly number[] {
  if (first === undefined || others.length === 0) return () => [];
  const name = `outbox_entry_had_${first}`;
  const isHad = `owed & ${bitOf(first)} = 0`;
  try {
    db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON outbox_entry (seq) WHERE ${isHad}`);
  } catch (error) {
    // A disk without a page to spare: the next start makes it.
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL') return () => [];
    throw error;
  }
  const next = db
    .prepare<[number, number], number>(
      `SELECT seq FROM outbox_entry INDEXED BY ${name} WHERE ${isHad} AND seq > CAST(? AS INTEGER) AND class <> 'gap'
         AND NOT EXISTS (SELECT 1 FROM outbox_dead d WHERE d.seq = outbox_entry.seq AND d.slot = ${first} AND d.dropped_time IS NULL)
       ORDER BY seq LIMIT ?`,
    )
    .pluck();
  return (after, limit) => next.all(after, limit);
}
