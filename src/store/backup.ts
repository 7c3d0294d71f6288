// A copy of the file while it is in use: page by page between the batches, then made one sound file of its own.
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { messageOf } from '#base';
import { closeAsOneFile } from './connection.ts';
import type { BackupProgress } from './contract.ts';
import { storeFaults } from './errors.ts';
import { syncPath } from './exchange.ts';

/** Pages that are copied between two looks at the queue: about a millisecond. */
const pagesAtOnce = 256;

/**
 * Copies `db` to `path`, which must not exist; resolves with its size when it is durable. Until then it is `PATH.part`.
 * @throws store.backup
 */
export async function runBackup(
  db: Database.Database | undefined,
  path: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<number> {
  const part = `${path}.part`;
  try {
    if (!db) throw new Error('the store is not open');
    if (existsSync(path)) throw new Error('the file exists');
    closeSync(openSync(part, 'w', 0o600));
    chmodSync(part, 0o600);
    await db.backup(part, {
      progress({ totalPages, remainingPages }) {
        onProgress({ copiedPages: totalPages - remainingPages, totalPages });
        return pagesAtOnce;
      },
    });
    closeAsOneFile(new Database(part));
    syncPath(part);
    renameSync(part, path);
    syncPath(dirname(path));
    return statSync(path).size;
  } catch (cause) {
    rmSync(part, { force: true });
    throw storeFaults.fault('backup', { cause, detail: `${path}: ${messageOf(cause)}` });
  }
}
