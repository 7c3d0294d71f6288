// The alarms' tables. Order is the order of rows: no time in them is trusted to grow.
import type { Migrations } from '#store';

/**
 * - `alarm`: the newest state of each; at most one open alarm of a point (device, channel, kind), tests apart.
 * - `alarm_transition`: each step, in the order of the commits.
 * - `alarm_occurrence`: occurrence keys. A key counts within its point and side (onset or end): one message may speak of several points, and the
 *   same key may name a happening's begin and its end. `light`: made by the driver, or of a report that came to nothing; it gives way first.
 * - `alarm_condition`: conditions that stand. `message` is JSON: a text by language. `detail` stays at the site.
 * - `alarm_count`: counters, so that nothing is ever counted.
 * - `alarm_quiet`: shelves and maintenance that hold now. `kind` is empty for all kinds. Its end is `ends_ms` on the monotonic clock of the start
 *   `boot_id`; `left_ms` and `saved_at` serve the next start.
 * - `alarm_flood`: the running minute of a device and kind: what passed, and what is withheld from the outbox and will be told as one.
 *
 * `recorded_at` and `closed_at` are the wall time of the commit and serve retention alone. Of an alarm, `care`: raised in maintenance; `told`: the
 * outbox knows of it; `behind`: it has changed since the outbox heard; `ended_at`: only its latch keeps it.
 */
export const alarmsMigrations: Migrations = {
  room: 'alarms',
  steps: [
    `CREATE TABLE alarm (
       row INTEGER PRIMARY KEY AUTOINCREMENT,
       alarm_id TEXT NOT NULL UNIQUE,
       device TEXT NOT NULL,
       channel TEXT NOT NULL,
       kind TEXT NOT NULL,
       test INTEGER NOT NULL,
       severity TEXT NOT NULL,
       raised_at INTEGER NOT NULL,
       cleared_at INTEGER,
       closed_at INTEGER,
       updates INTEGER NOT NULL DEFAULT 0,
       detail TEXT NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX alarm_open ON alarm (device, channel, kind, test) WHERE closed_at IS NULL;
     CREATE INDEX alarm_device ON alarm (device);
     CREATE INDEX alarm_kind ON alarm (kind);
     CREATE INDEX alarm_closed ON alarm (closed_at) WHERE closed_at IS NOT NULL;
     CREATE TABLE alarm_transition (
       row INTEGER PRIMARY KEY AUTOINCREMENT,
       alarm INTEGER NOT NULL REFERENCES alarm (row),
       step TEXT NOT NULL,
       severity TEXT NOT NULL,
       time INTEGER NOT NULL,
       clock_quality TEXT NOT NULL,
       detail TEXT NOT NULL,
       reason TEXT
     ) STRICT;
     CREATE INDEX alarm_transition_alarm ON alarm_transition (alarm);
     CREATE TABLE alarm_occurrence (
       device TEXT NOT NULL,
       occurrence TEXT NOT NULL,
       channel TEXT NOT NULL,
       kind TEXT NOT NULL,
       side TEXT NOT NULL,
       test INTEGER NOT NULL,
       alarm_id TEXT,
       recorded_at INTEGER NOT NULL,
       PRIMARY KEY (device, occurrence, channel, kind, side, test)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX alarm_occurrence_recorded ON alarm_occurrence (recorded_at);
     CREATE TABLE alarm_condition (
       device TEXT NOT NULL,
       channel TEXT NOT NULL,
       kind TEXT NOT NULL,
       severity TEXT NOT NULL,
       time INTEGER NOT NULL,
       message TEXT NOT NULL CHECK (json_valid(message)),
       PRIMARY KEY (device, channel, kind)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE alarm_count (
       name TEXT PRIMARY KEY,
       value INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE alarm_condition ADD COLUMN detail TEXT NOT NULL DEFAULT '';`,
    `ALTER TABLE alarm ADD COLUMN latched INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alarm ADD COLUMN ended_at INTEGER;
     ALTER TABLE alarm ADD COLUMN care INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alarm ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
     ALTER TABLE alarm ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alarm ADD COLUMN acknowledged TEXT;
     ALTER TABLE alarm_transition ADD COLUMN act TEXT;
     ALTER TABLE alarm_transition ADD COLUMN shelved INTEGER NOT NULL DEFAULT 0;
     CREATE TABLE alarm_quiet (
       form TEXT NOT NULL,
       device TEXT NOT NULL,
       kind TEXT NOT NULL,
       by TEXT NOT NULL,
       reason TEXT NOT NULL,
       since INTEGER NOT NULL,
       until INTEGER NOT NULL,
       boot_id TEXT NOT NULL,
       ends_ms REAL NOT NULL,
       left_ms REAL NOT NULL,
       saved_at INTEGER NOT NULL,
       PRIMARY KEY (form, device, kind)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE alarm_flood (
       device TEXT NOT NULL,
       kind TEXT NOT NULL,
       started_at INTEGER NOT NULL,
       passed INTEGER NOT NULL,
       withheld INTEGER NOT NULL,
       from_row INTEGER NOT NULL,
       PRIMARY KEY (device, kind)
     ) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE alarm_occurrence ADD COLUMN light INTEGER NOT NULL DEFAULT 0;
     UPDATE alarm_occurrence SET light = 1 WHERE alarm_id IS NULL;
     CREATE INDEX alarm_occurrence_light ON alarm_occurrence (recorded_at) WHERE light = 1;`,
  ],
  repair: [
    'DELETE FROM alarm_transition WHERE alarm NOT IN (SELECT row FROM alarm)',
    "UPDATE alarm SET detail = '{}' WHERE NOT json_valid(detail)",
    'UPDATE alarm SET acknowledged = NULL WHERE acknowledged IS NOT NULL AND NOT json_valid(acknowledged)',
    "UPDATE alarm_transition SET detail = '{}' WHERE NOT json_valid(detail)",
    'UPDATE alarm_transition SET act = NULL WHERE act IS NOT NULL AND NOT json_valid(act)',
    // What stands is counted anew; what only grows never falls behind what can still be seen.
    "DELETE FROM alarm_count WHERE name IN ('open', 'openTest', 'conditions')",
    `INSERT INTO alarm_count (name, value)
     SELECT 'open', count(*) FROM alarm WHERE closed_at IS NULL AND test = 0
     UNION ALL SELECT 'openTest', count(*) FROM alarm WHERE closed_at IS NULL AND test = 1
     UNION ALL SELECT 'conditions', count(*) FROM alarm_condition`,
    `INSERT INTO alarm_count (name, value) SELECT step, count(*) FROM alarm_transition WHERE true GROUP BY step
     ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`,
  ],
};
