// What the room keeps in the database: how far the messages of each source were taken that are fetched, and what time alone decides of sensors that tell.
import type { Database } from 'better-sqlite3';
import type { Migrations, OpenProcedures } from '#store';

export { calibrationMigrations, openCalibrationProcedures } from './calibration-tables.ts';

/** How far one source was taken, in its driver's own words. */
export interface KeptMark {
  readonly source: string;
  /** At most 64 KiB. */
  readonly mark: string;
}

export type SensorMarksProcedures = {
  /** Undefined: nothing was taken yet. */
  recall(source: string): string | undefined;
  keep(mark: KeptMark): void;
};

export const sensorMarksMigrations: Migrations = {
  room: 'sensor-marks',
  steps: ['CREATE TABLE sensor_mark (source TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT, WITHOUT ROWID'],
};

export const openSensorMarksProcedures: OpenProcedures<SensorMarksProcedures> = (db: Database) => {
  const find = db.prepare<[string], string>('SELECT mark FROM sensor_mark WHERE source = ?').pluck();
  const put = db.prepare<[string, string]>('INSERT OR REPLACE INTO sensor_mark VALUES (?, ?)');
  return {
    recall: (source) => find.get(source),
    keep({ source, mark }) {
      put.run(source, mark);
    },
  };
};

/** What must outlive the gateway of one sensor. */
export interface KeptNote {
  readonly device: string;
  /** At most 64 KiB. */
  readonly text: string;
}

export type SensorNotesProcedures = {
  all(): readonly KeptNote[];
  put(note: KeptNote): void;
  remove(device: string): void;
};

export const sensorNotesMigrations: Migrations = {
  room: 'sensor-notes',
  steps: ['CREATE TABLE sensor_note (device TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID'],
};

export const openSensorNotesProcedures: OpenProcedures<SensorNotesProcedures> = (db: Database) => {
  const all = db.prepare<[], KeptNote>('SELECT device, text FROM sensor_note');
  const put = db.prepare<[string, string]>('INSERT OR REPLACE INTO sensor_note VALUES (?, ?)');
  const remove = db.prepare<[string]>('DELETE FROM sensor_note WHERE device = ?');
  return {
    all: () => all.all(),
    put({ device, text }) {
      put.run(device, text);
    },
    remove(device) {
      remove.run(device);
    },
  };
};
