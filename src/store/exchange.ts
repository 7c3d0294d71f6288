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

/**
 * Ends an exchange that a crash interrupted. A new file that cannot be read does not take the place of the present one: where it lies then is answered.
 * Where there is no present one, it is a damaged file like another.
 */
export function finishExchange(path: string, nowMs: number): string | undefined {
  if (!existsSync(next(path))) return undefined;
  try {
    exchange(path, asideOfNext(path) || `${path}.replaced-${nowMs}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof NextUnreadable)) throw error;
  }
  if (!existsSync(path)) {
    exchange(path, `${path}.replaced-${nowMs}`);
    return undefined;
  }
  const aside = freeAside(next(path), `${path}.unreadable-${nowMs}`);
  renameSync(next(path), aside);
  syncPath(dirname(path));
  return aside;
}

class NextUnreadable extends Error {}

function asideOfNext(path: string): string {
  try {
    const db = new Database(next(path), { readonly: true });
    try {
      return setAsideOf(db);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw new NextUnreadable('', { cause });
  }
}

/** `wanted`, or a name like it where nothing lies that the file at `path` or its log would be put over. */
export function freeAside(path: string, wanted: string): string {
  let name = wanted;
  for (let at = 2; parts.some((part) => existsSync(path + part) && existsSync(name + part)); at += 1) name = `${wanted}-${at}`;
  return name;
}

function exchange(path: string, setAside: string): void {
  const aside = freeAside(path, setAside);
  // The log first: left behind, it would be taken for the new file's.
  for (const part of parts.toReversed()) if (existsSync(path + part)) renameSync(path + part, aside + part);
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
