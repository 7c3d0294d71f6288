// Whose file it is: one gateway's at a time. The lock is the kernel's, so that it goes with the process however that ends.
import Database from 'better-sqlite3';
import { messageOf } from '#base';
import { storeFaults } from './errors.ts';

/** The file that the lock is on. */
export function lockOf(path: string): string {
  return `${path}.lock`;
}

/**
 * Takes the store at `path` for this process, through an exclusive transaction on an empty file beside it (`.lock`) that lasts until disposal.
 * @throws store.in-use, store.unopened
 */
export function ownStore(path: string): Disposable {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockOf(path), { timeout: 0 });
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    const isTaken = cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');
    throw storeFaults.fault(isTaken ? 'in-use' : 'unopened', { cause, detail: isTaken ? path : `${path}: ${messageOf(cause)}` });
  }
  const held = lock;
  return { [Symbol.dispose]: () => void held.close() };
}
