// Upkeep of the file, between the answers and in idle moments: checkpoints, the rest of the check, giving freed pages back. Every step is bounded.
import type { Database } from 'better-sqlite3';
import type { Check } from './check.ts';

/** Pages in the log at which it is written back behind an answer, busy or not. */
const checkpointPages = 1000;
/** The same in an idle moment. */
const idleCheckpointPages = 200;
/** Free pages that stay in the file for what comes next. */
const keptPages = 1024;
const vacuumPages = 64;
const checkStepMs = 3;

/** The upkeep of one connection. */
export interface Upkeep {
  /** Behind an answer: keeps the log short. Whether it was written back. */
  afterAnswer(): boolean;
  /** One step in an idle moment; whether more is to do. @throws DamageFound and what SQLite throws */
  idle(): boolean;
}

/** Opens the upkeep; `check` is what the look at the start has left over. */
export function openUpkeep(db: Database, check: Check | undefined, monotonicMs: () => number): Upkeep {
  // In its second column the pages in the log, in its third those already written back.
  const logState = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  const writeBack = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const unused = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  let unseen = check;
  let isShrunk = false;
  const waiting = (): number => {
    const [, inLog = 0, writtenBack = 0] = logState.get() ?? [];
    return inLog - writtenBack;
  };
  return {
    afterAnswer() {
      if (waiting() < checkpointPages) return false;
      writeBack.get();
      return true;
    },
    idle() {
      if (waiting() >= idleCheckpointPages) {
        writeBack.get();
        return true;
      }
      if (unseen) {
        const endMs = monotonicMs() + checkStepMs;
        if (unseen.step(() => monotonicMs() < endMs)) unseen = undefined;
        return true;
      }
      if ((unused.get() ?? 0) < keptPages + vacuumPages) {
        // The file itself becomes shorter with the checkpoint.
        if (isShrunk) writeBack.get();
        isShrunk = false;
        return false;
      }
      // By `exec`: a prepared statement would stop after the first page.
      db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
      isShrunk = true;
      return true;
    },
  };
}
