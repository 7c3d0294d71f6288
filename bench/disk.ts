// What this disk can do by itself: flushes of a file, and single inserts of plain better-sqlite3.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { BenchOptions } from './bench.ts';
import { percentile, steadyMs } from './measure.ts';

/** The figures of the disk, which stand first: all others hang on them. */
export const diskMeanings = {
  fsyncP50Ms: 'append 4 KiB and fdatasync, in the folder of the store',
  fsyncP99Ms: 'the same',
  plainSqlitePerSecond: 'the peer: better-sqlite3 alone, one 300-byte row a transaction, WAL, synchronous=FULL',
} as const;

export function diskFigures({
  folder,
  timeScale,
}: Pick<BenchOptions, 'folder' | 'timeScale'>): Readonly<Record<keyof typeof diskMeanings, number>> {
  const flushes = flushTimes(folder, 1500 * timeScale);
  return {
    fsyncP50Ms: percentile(flushes, 0.5),
    fsyncP99Ms: percentile(flushes, 0.99),
    plainSqlitePerSecond: Math.round(plainInserts(folder, 2000 * timeScale)),
  };
}

/** Times, in milliseconds, of appending 4 KiB to a file and flushing it (fdatasync), for `ms`. */
function flushTimes(folder: string, ms: number): readonly number[] {
  const page = Buffer.alloc(4096, 1);
  const file = openSync(join(folder, 'flush'), 'w');
  const times: number[] = [];
  const endMs = steadyMs() + ms;
  for (let startMs = steadyMs(); startMs < endMs; startMs = steadyMs()) {
    writeSync(file, page);
    fdatasyncSync(file);
    times.push(steadyMs() - startMs);
  }
  closeSync(file);
  return times;
}

/** Rows a second of better-sqlite3 alone: one 300-byte row a transaction, WAL, `synchronous=FULL`, for `ms`. */
function plainInserts(folder: string, ms: number): number {
  const db = new Database(join(folder, 'plain.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO entry (value) VALUES (?)');
  const value = 'x'.repeat(300);
  const startMs = steadyMs();
  let rows = 0;
  for (; steadyMs() - startMs < ms; rows += 1) insert.run(value);
  const perSecond = (rows / (steadyMs() - startMs)) * 1000;
  db.close();
  return perSecond;
}
