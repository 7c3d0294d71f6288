// Putting a backup in the store's place while no gateway runs: proved first, the present file set aside, a mark left for the next start's audit.
import { accessSync, chmodSync, chownSync, constants, copyFileSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { BongsuError, messageOf } from '#base';
import { checkWhole, closeAsOneFile } from './connection.ts';
import type { Restored } from './contract.ts';
import { storeFaults } from './errors.ts';
import { freeAside, freshNext, setNextInPlace } from './exchange.ts';
import { writeMark } from './marks.ts';
import { lockOf, ownStore } from './owner.ts';
import { applicationId, storeMigrations } from './schema.ts';

/**
 * Restores the store at `path` from the backup `from`, which stays, in the name of `by`. Takes as long as reading and writing the whole file.
 * @throws store.in-use, store.unopened, store.unreadable, store.no-backup, store.not-a-store, and what the file system throws
 */
export function restoreStore(path: string, from: string, nowMs: number, by?: string): Restored {
  using _owner = ownStore(path);
  keepOwner(path, lockOf(path));
  const made = freshNext(path);
  try {
    copyFrom(from, made);
    chmodSync(made, 0o600);
    const setAside = existsSync(path) ? freeAside(path, `${path}.replaced-${nowMs}`) : '';
    const restored: Restored = { time: nowMs, from, setAside, ...(by === undefined ? {} : { by }) };
    prove(made, restored);
    keepOwner(path, made);
    setNextInPlace(path, setAside === '' ? `${path}.replaced-${nowMs}` : setAside);
    return restored;
  } catch (error) {
    freshNext(path);
    throw error;
  }
}

function copyFrom(from: string, made: string): void {
  try {
    accessSync(from, constants.R_OK);
  } catch (cause) {
    throw storeFaults.fault('unreadable', { cause, detail: messageOf(cause) });
  }
  copyFileSync(from, made);
}

/** Checks the copy from end to end, and leaves the mark in it. */
function prove(path: string, restored: Restored): void {
  try {
    const db = new Database(path);
    try {
      if (db.pragma('application_id', { simple: true }) !== applicationId) {
        throw storeFaults.fault('not-a-store', { detail: restored.from });
      }
      checkWhole(db);
      for (const step of storeMigrations.steps) db.exec(step.replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'));
      writeMark(db, 'restored', restored);
    } finally {
      closeAsOneFile(db);
    }
  } catch (cause) {
    if (cause instanceof BongsuError) throw cause;
    throw storeFaults.fault('no-backup', { cause, detail: `${restored.from}: ${messageOf(cause)}` });
  }
}

/** What an administrator restores still belongs to the gateway's user. */
function keepOwner(path: string, made: string): void {
  const { uid, gid } = statSync(existsSync(path) ? path : dirname(path));
  const own = statSync(made);
  if (own.uid !== uid || own.gid !== gid) chownSync(made, uid, gid);
}
