// The outbox's tables. Made for millions of waiting entries: an append touches few pages, a claim reads no entry that it cannot hand out.
import type { Migrations } from '#store';

/**
 * - `outbox_entry`: what waits. `owed` has one bit for each destination's slot that has not confirmed; an entry owed to none is deleted at once.
 *   `lane` is its own lane, or a graver one inherited from a later entry of its subject.
 * - `outbox_ready`: for each destination the entries that may be claimed: of each subject only the oldest that it is owed.
 * - `outbox_aside`: what a destination will not take as it is: pending, and in no claim's way.
 * - `outbox_class`, `outbox_progress`: counters, so that nothing is ever counted: what is pending for a destination is `last - confirmed`.
 * - `outbox_destination`: slots; a retired one is kept until no entry has its bit (`swept`: up to which seq that is so, `head`: where it ends).
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
  ],
};

// With a bare `?` beside ORDER BY this build of SQLite (STAT4) plans the statement again at every call, seven times its cost: the cast keeps the plan.

/** What a subject's newest entry is: (subject). */
export const newestOfSubject = 'SELECT seq, lane, owed FROM outbox_entry WHERE subject = CAST(? AS TEXT) ORDER BY seq DESC LIMIT 1';

/** What follows an entry of a subject: (subject, seq). */
export const nextOfSubject = 'SELECT seq, lane, owed FROM outbox_entry WHERE subject = CAST(? AS TEXT) AND seq > ? ORDER BY seq LIMIT 1';

/** What a destination may claim of the lanes below a number, gravest first: (slot, lanes, limit). */
export const readyForSlot =
  'SELECT seq FROM outbox_ready WHERE slot = CAST(? AS INTEGER) AND lane < CAST(? AS INTEGER) ORDER BY lane, seq LIMIT ?';

/** Lanes that there may be: more than `laneOf` gives, for those to come. */
export const laneCount = 8;
