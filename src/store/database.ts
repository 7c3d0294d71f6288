// The writing connection: opened with full durability, its schema brought up to date, a damaged file set aside.
import { existsSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf } from '#base';
import type { Migrations } from './contract.ts';
import { storeFaults } from './errors.ts';

/** An open writing connection; `setAside` names the damaged file that it replaces, if there was one. */
export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly setAside: string | undefined;
}

/**
 * Opens or creates the file at `path`. WAL databases open with `synchronous=NORMAL`, which loses the last commits at a power cut: FULL is said here.
 * A file that SQLite calls damaged is renamed (`.damaged-<nowMs>`), never deleted, and a new one begun.
 * @throws store.unopened, store.newer
 */
export function openDatabase(path: string, migrations: readonly Migrations[], nowMs: number): OpenedDatabase {
  try {
    return { db: openChecked(path, migrations), setAside: undefined };
  } catch (error) {
    if (!isDamage(error))
      throw error instanceof Database.SqliteError
        ? storeFaults.fault('unopened', { cause: error, detail: `${path}: ${messageOf(error)}` })
        : error;
    const setAside = `${path}.damaged-${nowMs}`;
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix);
    return { db: openChecked(path, migrations), setAside };
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

function openChecked(path: string, migrations: readonly Migrations[]): Database.Database {
  let db: Database.Database;
  try {
    db = new Database(path);
  } catch (cause) {
    if (isDamage(cause)) throw cause;
    throw storeFaults.fault('unopened', { cause, detail: `${path}: ${messageOf(cause)}` });
  }
  try {
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    db.pragma('trusted_schema = OFF');
    // Each call's savepoint keeps the pages that it touches: in memory, else they are written to a temporary file beside the commit.
    db.pragma('temp_store = MEMORY');
    // The tail of a commit is the checkpoint: small and often keeps it at some milliseconds.
    db.pragma('wal_autocheckpoint = 200');
    db.pragma(`journal_size_limit = ${16 * 2 ** 20}`);
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Applies the steps that this file has not seen, all in one transaction. */
function migrate(db: Database.Database, migrations: readonly Migrations[]): void {
  const apply = db.transaction(() => {
    db.exec('CREATE TABLE IF NOT EXISTS migration (room TEXT PRIMARY KEY, steps INTEGER NOT NULL) STRICT');
    const read = db.prepare('SELECT steps FROM migration WHERE room = ?').pluck();
    const write = db.prepare('INSERT INTO migration (room, steps) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET steps = excluded.steps');
    for (const { room, steps } of migrations) {
      const done = Number(read.get(room) ?? 0);
      if (done > steps.length) throw storeFaults.fault('newer', { detail: `${room} has ${done} steps, ${steps.length} are known` });
      for (const step of steps.slice(done)) db.exec(step);
      write.run(room, steps.length);
    }
  });
  apply.immediate();
}
