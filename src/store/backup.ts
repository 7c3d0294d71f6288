// A copy of the file while it is in use: page by page between the batches, then made one sound file of its own.
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { BongsuError, messageOf } from '#base';
import { closeAsOneFile } from './connection.ts';
import type { BackupProgress } from './contract.ts';
import { storeFaults } from './errors.ts';
import { syncPath } from './exchange.ts';

/** Pages that are copied between two looks at the queue: about a millisecond. */
const pagesAtOnce = 256;
/** So many steps are made durable at a time, beside the thread: what is left for the end then blocks it for milliseconds. */
const stepsPerFlush = 16;

/**
 * Copies `db` to `path`, which must not exist; resolves with its size when it is durable. Until then it is `PATH.part`.
 * @throws store.backup, store.backup-exists
 */
export async function runBackup(
  db: Database.Database | undefined,
  path: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<number> {
  const part = `${path}.part`;
  try {
    if (!db) throw new Error('the store is not open');
    if (existsSync(path)) throw storeFaults.fault('backup-exists', { detail: path });
    await using file = await open(part, 'wx', 0o600);
    const flush = openFlush(file);
    await db.backup(part, {
      progress({ totalPages, remainingPages }) {
        onProgress({ copiedPages: totalPages - remainingPages, totalPages });
        flush();
        return pagesAtOnce;
      },
    });
    closeAsOneFile(new Database(part));
    await file.sync();
    renameSync(part, path);
    syncPath(dirname(path));
    return statSync(path).size;
  } catch (cause) {
    rmSync(part, { force: true });
    if (cause instanceof BongsuError) throw cause;
    throw storeFaults.fault('backup', { cause, detail: `${path}: ${messageOf(cause)}` });
  }
}

/** Every few steps hands what is written to the disk; a failure shows again at the end. */
function openFlush(file: FileHandle): () => void {
  let steps = 0;
  let running = false;
  return () => {
    steps += 1;
    if (running || steps % stepsPerFlush > 0) return;
    running = true;
    void file.sync().then(
      () => (running = false),
      () => (running = false),
    );
  };
}
