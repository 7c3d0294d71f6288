// Putting a new file in the place of the store's: the former one is renamed, never deleted, and a crash in between is made good at the next start.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { setAsideOf } from './marks.ts';

const parts = ['', '-wal', '-shm'] as const;
/** A file in the making, worthless until it is complete. */
const making = (path: string): string => `${path}.making`;
/** A complete file on its way into the place. */
const next = (path: string): string => `${path}.next`;

/** Where a new file is made; what an earlier try left there goes. */
export function freshNext(path: string): string {
  for (const part of parts) rmSync(making(path) + part, { force: true });
  return making(path);
}

/** Puts the complete, closed file that was made at `freshNext` in the place of the one at `path`, which goes to `setAside` with its log. */
export function setNextInPlace(path: string, setAside: string): void {
  syncPath(making(path));
  renameSync(making(path), next(path));
  syncPath(dirname(path));
  exchange(path, setAside);
}

/** Ends an exchange that a crash interrupted. */
export function finishExchange(path: string, nowMs: number): void {
  if (!existsSync(next(path))) return;
  const db = new Database(next(path), { readonly: true });
  const setAside = setAsideOf(db);
  db.close();
  exchange(path, setAside === '' ? `${path}.replaced-${nowMs}` : setAside);
}

function exchange(path: string, setAside: string): void {
  // The log first: left behind, it would be taken for the new file's.
  for (const part of parts.toReversed()) {
    if (existsSync(path + part) && !existsSync(setAside + part)) renameSync(path + part, setAside + part);
  }
  syncPath(dirname(path));
  renameSync(next(path), path);
  syncPath(dirname(path));
}

/** Makes a file's bytes, or a folder's names, durable. */
export function syncPath(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
