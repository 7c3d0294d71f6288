// What goes wrong with a file, sorted by what helps: room, a new connection, or a salvage.
import Database from 'better-sqlite3';

/** `full`: no room. `io`: the disk refused; open again. `damage`: the file is not what was written; salvage. `other`: the call's own fault. */
export type Mishap = 'full' | 'io' | 'damage' | 'other';

/** What our own check found, where SQLite threw nothing. */
export class DamageFound extends Error {
  override readonly name = 'DamageFound';
}

const patterns: readonly (readonly [Mishap, RegExp])[] = [
  ['full', /^SQLITE_FULL/],
  // Growing the shared memory beside the file: nothing but room is missing there.
  ['full', /^SQLITE_IOERR_SHMSIZE/],
  ['damage', /^SQLITE_(CORRUPT|NOTADB)/],
  ['io', /^SQLITE_(IOERR|READONLY|CANTOPEN|PROTOCOL|NOMEM)/],
];

/** A place of the disk that cannot be read: it may have been a moment's failure, or be gone for good. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_IOERR_(READ|SHORT_READ|CORRUPTFS)/.test(error.code);
}

/** Sorts anything thrown by SQLite, by the file system or by our check. */
export function mishapOf(error: unknown): Mishap {
  if (error instanceof DamageFound) return 'damage';
  if (error instanceof Database.SqliteError) return patterns.find(([, pattern]) => pattern.test(error.code))?.[0] ?? 'other';
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  return code === 'EIO' || code === 'EROFS' ? 'io' : 'other';
}
