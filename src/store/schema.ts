// The schema of the file: the rooms' steps applied, and what was applied recorded in two places, so that damage of one is no wrong belief.
import Database from 'better-sqlite3';
import type { Migrations } from './contract.ts';
import { storeFaults } from './errors.ts';
import { markMade } from './marks.ts';
import { DamageFound } from './mishap.ts';

/** `PRAGMA application_id`: the file says whose it is ('Bong'). */
export const applicationId = 0x42_6f_6e_67;

/** The store's own table: what happened to the file and has not been dealt with. */
export const storeMigrations: Migrations = {
  room: 'store',
  steps: ['CREATE TABLE store_mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID'],
};

/** Steps by room. */
type Applied = Readonly<Record<string, number>>;

/**
 * Applies the steps that this file has not seen, all in one transaction, and marks a new file as new.
 * @throws store.newer; DamageFound where the two records differ, or a step finds its work done
 */
export function migrate(db: Database.Database, rooms: readonly Migrations[], nowMs: number): void {
  const apply = db.transaction(() => {
    const isNew = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").get() === undefined;
    db.exec('CREATE TABLE IF NOT EXISTS migration (room TEXT PRIMARY KEY, steps INTEGER NOT NULL) STRICT');
    const write = db.prepare('INSERT INTO migration (room, steps) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET steps = excluded.steps');
    const all = [storeMigrations, ...rooms];
    const applied = readApplied(db);
    agree(applied, readSecond(db), all);
    for (const { room, steps } of all) {
      const done = applied[room] ?? 0;
      if (done > steps.length) throw storeFaults.fault('newer', { detail: `${room} has ${done} steps, ${steps.length} are known` });
      for (const step of steps.slice(done)) applyStep(db, room, step);
      if (done < steps.length) write.run(room, steps.length);
    }
    recordAgain(db);
    if (isNew) markMade(db, nowMs);
  });
  apply.immediate();
}

/** Records a second time what is applied; a salvage asks for it, since it brings the second record of the damaged file. */
export function recordAgain(db: Database.Database): void {
  const applied = JSON.stringify(readApplied(db));
  if (secondText(db) !== applied) db.prepare("INSERT OR REPLACE INTO store_mark (name, value) VALUES ('schema', ?)").run(applied);
}

function readApplied(db: Database.Database): Applied {
  return Object.fromEntries(db.prepare<[], [string, number]>('SELECT room, steps FROM migration ORDER BY room').raw().all());
}

/** The second record; undefined in a file that has none yet. @throws DamageFound when it cannot be read */
function readSecond(db: Database.Database): Applied | undefined {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'store_mark'").get() === undefined) return undefined;
  const value = secondText(db);
  try {
    return value === undefined ? undefined : { ...(JSON.parse(value) as Applied) };
  } catch {
    throw new DamageFound('the second record of the schema cannot be read');
  }
}

function secondText(db: Database.Database): string | undefined {
  return db.prepare<[], string>("SELECT value FROM store_mark WHERE name = 'schema'").pluck().get();
}

function agree(applied: Applied, second: Applied | undefined, rooms: readonly Migrations[]): void {
  for (const { room } of rooms) {
    const done = applied[room] ?? 0;
    const also = second ? (second[room] ?? 0) : done;
    if (done !== also || !Number.isSafeInteger(done) || done < 0)
      throw new DamageFound(`the schema of ${room} is recorded as of step ${done} and of step ${also}`);
  }
}

/** SQLite's plain error in a file that is ours: the step's work is done, or what it builds on is gone, whatever the record says. */
function applyStep(db: Database.Database, room: string, step: string): void {
  try {
    db.exec(step);
  } catch (cause) {
    const isOurs = db.pragma('application_id', { simple: true }) === applicationId;
    if (!isOurs || !(cause instanceof Database.SqliteError) || cause.code !== 'SQLITE_ERROR') throw cause;
    throw new DamageFound(`the schema of ${room} is not as recorded: ${cause.message}`, { cause });
  }
}
