// The writing connection: opened with full durability, its schema brought up to date, its file marked as in use.
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf } from '#base';
import type { Migrations } from './contract.ts';
import { storeFaults } from './errors.ts';
import { markMade } from './marks.ts';
import { DamageFound, mishapOf } from './mishap.ts';

/** `PRAGMA application_id`: the file says whose it is ('Bong'). */
export const applicationId = 0x42_6f_6e_67;
/** `PRAGMA user_version` while a thread has the file, and after a crash; 0 after a clean close. */
const inUse = 1;

/** The store's own table: what happened to the file and has not been dealt with. */
export const storeMigrations: Migrations = {
  room: 'store',
  steps: ['CREATE TABLE store_mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID'],
};

/**
 * Connects to the file at `path` (made if it is not there) and brings its schema up to date.
 * WAL databases open with `synchronous=NORMAL`, which loses the last commits at a power cut: FULL is said here.
 * @throws store.newer, and what SQLite throws
 */
export function connect(path: string, migrations: readonly Migrations[], nowMs: number): Database.Database {
  const db = new Database(path);
  try {
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    db.pragma('trusted_schema = OFF');
    // Each call's savepoint keeps the pages that it touches: in memory, else they are written to a temporary file beside the commit.
    db.pragma('temp_store = MEMORY');
    // Checkpoints are the thread's own affair, between the answers: inside a commit they are its tail.
    db.pragma('wal_autocheckpoint = 0');
    db.pragma(`journal_size_limit = ${16 * 2 ** 20}`);
    migrate(db, [storeMigrations, ...migrations], nowMs);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether the file at `path` was left by a crash, and lacks the log that SQLite leaves behind then. Asked before it is opened. */
export function openLogWatch(path: string): (db: Database.Database) => boolean {
  const noLog = existsSync(path) && statSync(path).size > 0 && !existsSync(`${path}-wal`);
  return (db) => noLog && db.pragma('user_version', { simple: true }) === inUse;
}

/** Marks the file as in use, in the file itself and not only in its log. */
export function markInUse(db: Database.Database): void {
  if (db.pragma('application_id', { simple: true }) !== applicationId) db.pragma(`application_id = ${applicationId}`);
  if (db.pragma('user_version', { simple: true }) !== inUse) db.pragma(`user_version = ${inUse}`);
  db.pragma('wal_checkpoint(TRUNCATE)');
}

/** Closes in good order; a disk that refuses leaves the file as after a crash. */
export function closeCleanly(db: Database.Database): void {
  try {
    db.pragma('user_version = 0');
  } finally {
    db.close();
  }
}

/** Closes it as one file with nothing beside it: what is moved or copied elsewhere. */
export function closeAsOneFile(db: Database.Database): void {
  try {
    db.pragma('user_version = 0');
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}

/** What could not be opened, as the room's fault; damage and what is a fault already pass as they are. */
export function openingFault(path: string, error: unknown): unknown {
  if (mishapOf(error) === 'damage') return error;
  const isForeign = error instanceof Database.SqliteError || error instanceof TypeError || (error instanceof Error && 'syscall' in error);
  return isForeign ? storeFaults.fault('unopened', { cause: error, detail: `${path}: ${messageOf(error)}` }) : error;
}

/** Checks the whole file, however long it takes. @throws DamageFound */
export function checkWhole(db: Database.Database): void {
  const found = String(db.pragma('quick_check(1)', { simple: true }));
  if (found !== 'ok') throw new DamageFound(found);
}

/** Applies the steps that this file has not seen, all in one transaction, and marks a new file as new. */
function migrate(db: Database.Database, migrations: readonly Migrations[], nowMs: number): void {
  const apply = db.transaction(() => {
    const isNew = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").get() === undefined;
    db.exec('CREATE TABLE IF NOT EXISTS migration (room TEXT PRIMARY KEY, steps INTEGER NOT NULL) STRICT');
    const read = db.prepare('SELECT steps FROM migration WHERE room = ?').pluck();
    const write = db.prepare('INSERT INTO migration (room, steps) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET steps = excluded.steps');
    for (const { room, steps } of migrations) {
      const done = Number(read.get(room) ?? 0);
      if (done > steps.length) throw storeFaults.fault('newer', { detail: `${room} has ${done} steps, ${steps.length} are known` });
      for (const step of steps.slice(done)) db.exec(step);
      if (done < steps.length) write.run(room, steps.length);
    }
    if (isNew) markMade(db, nowMs);
  });
  apply.immediate();
}
