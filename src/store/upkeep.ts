// Upkeep of the file, between the answers and in idle moments: checkpoints, the rest of the check, giving freed pages back. Every step is bounded.
import type { Database } from 'better-sqlite3';
import type { Check } from './check.ts';
import type { DiskRoom } from './contract.ts';

/** Pages in the log at which it is written back behind an answer, busy or not. */
const checkpointPages = 1000;
/** The same in an idle moment. */
const idleCheckpointPages = 200;
/** Free pages that stay in the file for what comes next. */
const keptPages = 1024;
const vacuumPages = 64;
const checkStepMs = 3;

/** So much of the log that does not go back into the file is held by another's read; less may be one large commit. */
const heldBytes = 2 ** 25;

/** The upkeep of one connection. */
export interface Upkeep {
  /** Behind an answer: keeps the log short. Whether it was written back. */
  afterAnswer(): boolean;
  /** One step in an idle moment; whether more is to do. @throws DamageFound and what SQLite throws */
  idle(): boolean;
  /** Whether the log grows because it cannot be written back, by the last look; until half of that is through. */
  log(): Pick<DiskRoom, 'isLogHeld' | 'heldLogBytes'>;
}

/** Opens the upkeep; `check` is what the look at the start has left over. */
export function openUpkeep(db: Database, check: Check | undefined, monotonicMs: () => number): Upkeep {
  // In its second column the pages in the log, in its third those already written back.
  const logState = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(NOOP)').raw();
  const writeBack = db.prepare<[], [number, number, number]>('PRAGMA wal_checkpoint(PASSIVE)').raw();
  const unused = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  let unseen = check;
  let isShrunk = false;
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  let heldPages = 0;
  let isLogHeld = false;
  const waiting = (): number => {
    const [, inLog = 0, writtenBack = 0] = logState.get() ?? [];
    return inLog - writtenBack;
  };
  const goBack = (): void => {
    const [, inLog = 0, writtenBack = 0] = writeBack.get() ?? [];
    heldPages = inLog - writtenBack;
    isLogHeld = heldPages * pageBytes > (isLogHeld ? heldBytes / 2 : heldBytes);
  };
  return {
    afterAnswer() {
      if (waiting() < checkpointPages) return false;
      goBack();
      return true;
    },
    idle() {
      if (waiting() >= idleCheckpointPages) {
        goBack();
        // What another holds back keeps nothing else waiting.
        if (!isLogHeld) return true;
      }
      if (unseen) {
        const endMs = monotonicMs() + checkStepMs;
        if (unseen.step(() => monotonicMs() < endMs)) unseen = undefined;
        return true;
      }
      if ((unused.get() ?? 0) < keptPages + vacuumPages) {
        // The file itself becomes shorter with the checkpoint.
        if (isShrunk) goBack();
        isShrunk = false;
        return false;
      }
      // By `exec`: a prepared statement would stop after the first page.
      db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
      isShrunk = true;
      return true;
    },
    log: () => ({ isLogHeld, heldLogBytes: heldPages * pageBytes }),
  };
}
