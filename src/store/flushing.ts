// Commits without a flush of their own: which commits wait for the disk, and the flush of what is left when none comes by itself.
import type { Database } from 'better-sqlite3';
import { syncPath } from './exchange.ts';

/** What is committed and not durable yet waits no longer than this for a flush, */
const maxAgeMs = 1000;
/** and is no more than so many pages and one commit: the next alarm's flush waits for all of it. */
const maxPages = 64;

/** The flushes of one connection. */
export interface Flushing {
  /** Outside of a transaction: whether the next commit must wait for the disk. It does so also when a flush is due. */
  choose(isNeeded: boolean): void;
  /** That commit is through and took `ms`. Answers how long the last one took that waited for the disk. */
  committed(ms: number): number;
  /** Flushes what has waited long enough; whether there was any. @throws what the file system throws */
  flushDue(): boolean;
}

/**
 * Opens it on a connection with `synchronous=FULL`. With NORMAL a commit is in the log and not flushed; a later FULL commit flushes the log with all that
 * is in it, and a checkpoint flushes it before it writes to the file.
 */
export function openFlushing(db: Database, monotonicMs: () => number): Flushing {
  const logState = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  const logPages = (): number => logState.get()?.[1] ?? 0;
  let isFull = true;
  let flushedMs = 0;
  let unflushedSinceMs: number | undefined;
  /** The length of the log when all of it was flushed, and at the last look; of use while something is unflushed. */
  let flushedPages = 0;
  let seenPages = 0;

  const isOld = (): boolean => unflushedSinceMs !== undefined && monotonicMs() - unflushedSinceMs >= maxAgeMs;
  const isLong = (): boolean => unflushedSinceMs !== undefined && seenPages - flushedPages >= maxPages;
  /** By how many pages the log is longer than at the last look; less than 0 where it was begun anew. */
  function growth(): number {
    const before = seenPages;
    seenPages = logPages();
    return seenPages - before;
  }
  return {
    choose(isNeeded) {
      const full = isNeeded || isLong() || isOld();
      if (full !== isFull) db.exec(`PRAGMA synchronous = ${full ? 'FULL' : 'NORMAL'}`);
      isFull = full;
      if (unflushedSinceMs !== undefined || !full) seenPages = logPages();
      if (unflushedSinceMs === undefined) flushedPages = seenPages;
    },
    committed(ms) {
      if (isFull) {
        flushedMs = ms;
        // A commit that wrote nothing has flushed nothing.
        if (unflushedSinceMs !== undefined && growth() !== 0) unflushedSinceMs = undefined;
      } else {
        unflushedSinceMs ??= monotonicMs();
        // A log that was begun anew had all before it in the file.
        if (growth() < 0) flushedPages = 0;
      }
      return flushedMs;
    },
    flushDue() {
      if (!isOld()) return false;
      syncPath(`${db.name}-wal`);
      unflushedSinceMs = undefined;
      return true;
    },
  };
}
