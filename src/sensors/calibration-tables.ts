// The table of calibrations: what a technician measured beside a sensor, newest last, so that the last step can be taken back.
import type { Database } from 'better-sqlite3';
import type { Migrations, OpenProcedures } from '#store';

/** How the values of one point are put right: value × scale + offset, in the point's unit. */
export interface Calibration {
  readonly device: string;
  readonly point: string;
  readonly scale: number;
  readonly offset: number;
  /** Who entered it, as the audit names people. */
  readonly by: string;
  readonly reason: string;
  /** Wall milliseconds. */
  readonly at: number;
}

export type CalibrationProcedures = {
  /** The newest of each point. */
  all(): readonly Calibration[];
  /** Puts it before the former one; ten of a point are kept. */
  put(calibration: Calibration): void;
  /** Takes the newest back; the one that holds then. */
  undo(point: { readonly device: string; readonly point: string }): Calibration | undefined;
  forget(device: string): void;
};

const keptOfPoint = 10;
const columns = 'device, point, scale, "offset", made_by AS by, reason, at';

export const calibrationMigrations: Migrations = {
  room: 'calibrations',
  steps: [
    `CREATE TABLE sensor_calibration (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       device TEXT NOT NULL,
       point TEXT NOT NULL,
       scale REAL NOT NULL,
       "offset" REAL NOT NULL,
       made_by TEXT NOT NULL,
       reason TEXT NOT NULL,
       at INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX sensor_calibration_point ON sensor_calibration (device, point, id);`,
  ],
};

export const openCalibrationProcedures: OpenProcedures<CalibrationProcedures> = (db: Database) => {
  const newest = 'SELECT max(id) FROM sensor_calibration';
  const all = db.prepare<[], Calibration>(`SELECT ${columns} FROM sensor_calibration WHERE id IN (${newest} GROUP BY device, point)`);
  const add = db.prepare<Calibration>(
    'INSERT INTO sensor_calibration (device, point, scale, "offset", made_by, reason, at) VALUES (@device, @point, @scale, @offset, @by, @reason, @at)',
  );
  const prune = db.prepare<{ device: string; point: string }>(
    `DELETE FROM sensor_calibration WHERE device = @device AND point = @point AND id NOT IN
       (SELECT id FROM sensor_calibration WHERE device = @device AND point = @point ORDER BY id DESC LIMIT ${keptOfPoint})`,
  );
  const drop = db.prepare<{ device: string; point: string }>(
    `DELETE FROM sensor_calibration WHERE id = (${newest} WHERE device = @device AND point = @point)`,
  );
  const find = db.prepare<{ device: string; point: string }, Calibration>(
    `SELECT ${columns} FROM sensor_calibration WHERE device = @device AND point = @point ORDER BY id DESC LIMIT 1`,
  );
  const forget = db.prepare<[string]>('DELETE FROM sensor_calibration WHERE device = ?');
  return {
    all: () => all.all(),
    put(calibration) {
      add.run(calibration);
      prune.run({ device: calibration.device, point: calibration.point });
    },
    undo(point) {
      drop.run(point);
      return find.get(point);
    },
    forget(device) {
      forget.run(device);
    },
  };
};
