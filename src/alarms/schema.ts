// The alarms' tables. Order is the order of rows: no time in them is trusted to grow.
import type { Migrations } from '#store';

/**
 * - `alarm`: the newest state of each; at most one open alarm of a point (device, channel, kind), tests apart.
 * - `alarm_transition`: each step, in the order of the commits.
 * - `alarm_occurrence`: occurrence keys. A key counts within its point and side (onset or end): one message may speak of several points, and the
 *   same key may name a happening's begin and its end.
 * - `alarm_condition`: conditions that stand. `message` is JSON: a text by language. `detail` stays at the site.
 * - `alarm_count`: counters, so that nothing is ever counted.
 *
 * `recorded_at` and `closed_at` are the wall time of the commit and serve retention alone.
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
  ],
};
