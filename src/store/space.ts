// Room: the limit of the file with its reserved pages, and what the file system has left; asked by procedures, kept by the thread.
import type { Database, Statement } from 'better-sqlite3';
import type { DiskRoom, Space } from './contract.ts';
import type { Reserve } from './reserve.ts';

/** Limits of the file. */
export interface SpaceLimits {
  readonly limitBytes: number;
  /** The part of the limit that reserved procedures alone may take. */
  readonly reservedBytes: number;
  /** Room that the log needs beside the file: with less on the file system it counts as full. */
  readonly logBytes: number;
}

/** The thread's side of it. */
export interface SpaceGuard {
  /** Lets what follows write as an ordinary or a reserved call. */
  allow(reserved: boolean): void;
  now(): Space;
  /** A call met the end of the room. Makes what room can be made; whether it is worth another try. */
  relieve(): boolean;
  /** Looks at the file system, spends or makes the reserve; to be asked about once a second. Whether there is room. */
  look(): boolean;
  /** Whether ordinary calls must be expected to fail for room: then each has its own transaction. */
  isTight(): boolean;
  /** Why there is no room; empty while there is. */
  problem(): string;
  /** How the file system fares, by the last look. */
  disk(): Pick<DiskRoom, 'isLow' | 'freeBytes'>;
}

const lookEveryMs = 1000;
const lookOftenMs = 50;
const tightBytes = 2 ** 20;
/** With less of the limit left on the file system it is low, and until half as much again is free. */
const lowPart = 1 / 16;
const enoughPart = 1.5;
/** A file may be larger than its limit was made later, or by somebody else: what must be said at all then gets this much, from one opening to the next. */
const overBytes = 2 ** 20;
/** The reserve grows in steps that delay no batch for long. */
const madeAtOnce = 2 ** 22;

/** Opens the guard of one connection. */
export function openSpace(db: Database, limits: SpaceLimits, reserve: Reserve, monotonicMs: () => number): SpaceGuard {
  const pageBytes = Number(db.pragma('page_size', { simple: true }));
  const pages = db.prepare<[], number>('PRAGMA page_count').pluck();
  const unused = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  const limitPages = Math.floor(limits.limitBytes / pageBytes);
  const fullPages = Math.max(limitPages, (pages.get() ?? 0) + overBytes / pageBytes);
  const cap = openCap(db, fullPages, limitPages - Math.ceil(limits.reservedBytes / pageBytes));
  let isReserved: boolean | undefined;
  let diskFree = reserve.diskFreeBytes();
  let lookedAtMs = monotonicMs();
  let met: 'cap' | 'disk' | undefined;
  let isLow = false;
  const lowBytes = Math.max(limits.limitBytes * lowPart, 2 * limits.logBytes);

  const diskHeld = (): number => Math.max(0, diskFree - limits.logBytes);
  const isDiskShort = (): boolean => diskFree < limits.logBytes || met === 'disk';
  function lookAtDisk(): void {
    diskFree = reserve.diskFreeBytes();
    lookedAtMs = monotonicMs();
  }
  function now(reserved = isReserved ?? false): Space {
    const everyMs = diskFree < 8 * limits.logBytes ? lookOftenMs : lookEveryMs;
    if (monotonicMs() - lookedAtMs > everyMs) lookAtDisk();
    const total = pages.get() ?? 0;
    const idleBytes = (unused.get() ?? 0) * pageBytes;
    const capBytes = limits.limitBytes - (reserved ? 0 : limits.reservedBytes) - total * pageBytes;
    const diskBytes = reserved ? diskHeld() + reserve.heldBytes() : isDiskShort() ? 0 : diskHeld();
    return {
      usedBytes: total * pageBytes - idleBytes,
      limitBytes: limits.limitBytes,
      reservedBytes: limits.reservedBytes,
      freeBytes: Math.max(0, Math.min(capBytes, diskBytes)) + idleBytes,
    };
  }
  /** From now on, what is ordinary may reuse pages but not make the file grow. */
  function endGrowth(): void {
    met = 'disk';
    isReserved = undefined;
    reserve.spend();
    lookAtDisk();
  }
  function look(): boolean {
    lookAtDisk();
    isLow = diskFree < lowBytes * (isLow ? enoughPart : 1);
    if (met === 'disk') {
      if (diskFree >= limits.logBytes && reserve.make(2 * limits.logBytes, madeAtOnce)) met = undefined;
      lookAtDisk();
    } else if (diskFree < limits.logBytes || !reserve.make(2 * limits.logBytes, madeAtOnce)) endGrowth();
    if (met === 'cap' && now(false).freeBytes >= tightBytes) met = undefined;
    isReserved = undefined;
    return met === undefined;
  }
  return {
    allow(reserved) {
      if (reserved === isReserved) return;
      (reserved ? cap.full : isDiskShort() ? cap.none : cap.ordinary).get();
      isReserved = reserved;
    },
    now: () => now(),
    relieve() {
      lookAtDisk();
      if (diskFree >= limits.logBytes + pageBytes) {
        met ??= 'cap';
        return false;
      }
      const had = reserve.heldBytes() > 0;
      endGrowth();
      return had;
    },
    look,
    isTight: () => met !== undefined,
    disk: () => ({ isLow, freeBytes: diskFree }),
    problem: () =>
      met === 'disk' ? `the file system has ${diskFree} bytes left` : met === 'cap' ? 'the limit of the file is reached' : '',
  };
}

/** `max_page_count` for what may take all, what must leave the reserve, and what may not make the file grow (SQLite raises 1 to the present size). */
function openCap(db: Database, fullPages: number, ordinaryPages: number): Readonly<Record<'full' | 'ordinary' | 'none', Statement>> {
  const set = (count: number): Statement => db.prepare(`PRAGMA max_page_count = ${count}`);
  return { full: set(fullPages), ordinary: set(Math.max(1, ordinaryPages)), none: set(1) };
}
