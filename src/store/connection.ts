// The writing connection: opened with full durability, its schema brought up to date, its file marked as in use.
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf } from '#base';
import type { Migrations } from './contract.ts';
import { storeFaults } from './errors.ts';
import { DamageFound, mishapOf } from './mishap.ts';
import { applicationId, migrate } from './schema.ts';

/** `PRAGMA user_version` while a thread has the file, and after a crash; 0 after a clean close. */
const inUse = 1;

/**
 * Connects to the file at `path` (made if it is not there) and brings its schema up to date.
 * WAL databases open with `synchronous=NORMAL`, which loses the last commits at a power cut: FULL is said here.
 * @throws store.newer, DamageFound, and what SQLite throws
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
    migrate(db, migrations, nowMs);
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
    db.pragma('synchronous = FULL');
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
