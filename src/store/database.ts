// From a path to a connection that can be trusted: a half-done exchange is finished, the file looked at, a damaged one salvaged and set aside.
import type Database from 'better-sqlite3';
import { messageOf } from '#base';
import { openCheck } from './check.ts';
import { checkWhole, closeAsOneFile, connect, markInUse, openingFault, openLogWatch } from './connection.ts';
import type { Damage, Migrations } from './contract.ts';
import { finishExchange, freeAside, freshNext, setNextInPlace } from './exchange.ts';
import { readMarks, writeMark } from './marks.ts';
import { isUnreadable, mishapOf } from './mishap.ts';
import type { Marks } from './protocol.ts';
import { salvage } from './salvage.ts';
import { recordAgain } from './schema.ts';

/** How a file is opened. */
export interface OpenDatabaseOptions {
  readonly path: string;
  readonly migrations: readonly Migrations[];
  /** Wall time, milliseconds. */
  readonly now: () => number;
  /** For the limit of the check. */
  readonly monotonicMs: () => number;
  /** How long the look at the file may take before it serves; the rest is looked at while idle. */
  readonly checkLimitMs: number;
  /** Set when the file was in use a moment ago and is opened again. */
  readonly again?: Again | undefined;
}

/** Why a file is opened again, and what is believed of it: it is well, it must be looked at as a whole first, or it is beyond doubt that it is damaged. */
export interface Again {
  readonly cause: unknown;
  readonly belief: 'well' | 'doubtful' | 'damaged';
}

/** An open writing connection. */
export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly marks: Marks;
  /** Whether the check has seen all of the file. */
  readonly isSeen: boolean;
  /** Whether the file was damaged, and this is a new one with what could be read of it. */
  readonly isSalvaged: boolean;
}

/**
 * Opens or creates the file. A file that is damaged is renamed (`.damaged-<ms>`), never deleted; what can be read of it is in the new one.
 * @throws store.unopened, store.newer
 */
export function openDatabase(options: OpenDatabaseOptions): OpenedDatabase {
  try {
    const unreadable = finishExchange(options.path, options.now());
    const opened = options.again?.belief === 'damaged' ? openSalvaged(options, options.again.cause) : openSound(options);
    return unreadable === undefined ? opened : { ...opened, marks: markUnreadable(opened, unreadable, options.now()) };
  } catch (error) {
    throw openingFault(options.path, error);
  }
}

/** What is told of the file itself is told first of all. */
function markUnreadable({ db, marks }: OpenedDatabase, setAside: string, time: number): Marks {
  if (marks.damage) return marks;
  const error = 'the file that was to take the place of the present one cannot be read';
  writeMark(db, 'damage', { time, what: 'next', setAside, salvagedRows: {}, lostTables: [], error } satisfies Damage);
  return readMarks(db);
}

function openSound(options: OpenDatabaseOptions): OpenedDatabase {
  try {
    return openChecked(options);
  } catch (error) {
    if (mishapOf(error) === 'damage') return openSalvaged(options, error);
    if (isUnreadable(error)) return openUnreadable(options);
    throw error;
  }
}

/** A second look at what could not be read; what cannot be read twice is lost. */
function openUnreadable(options: OpenDatabaseOptions): OpenedDatabase {
  try {
    return openChecked(options);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return openSalvaged(options, error);
  }
}

function openChecked({ path, migrations, monotonicMs, checkLimitMs, now, again }: OpenDatabaseOptions): OpenedDatabase {
  const lacksLog = openLogWatch(path);
  const db = connect(path, migrations, now());
  try {
    let isSeen = true;
    // A connection that closes on a sick disk takes its log with it.
    if (again === undefined && lacksLog(db)) {
      checkWhole(db);
      const error = 'the write-ahead log of a gateway that did not end in good order is gone';
      writeMark(db, 'damage', { time: now(), what: 'log', setAside: '', salvagedRows: {}, lostTables: [], error } satisfies Damage);
    } else if (again?.belief === 'doubtful') checkWhole(db);
    else {
      const endMs = monotonicMs() + checkLimitMs;
      isSeen = openCheck(db).step(() => monotonicMs() < endMs);
    }
    markInUse(db);
    return { db, marks: readMarks(db), isSeen, isSalvaged: false };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Builds the new file beside the damaged one and exchanges them when it is complete. */
function openSalvaged(options: OpenDatabaseOptions, cause: unknown): OpenedDatabase {
  const { path, migrations, now } = options;
  const time = now();
  const setAside = freeAside(path, `${path}.damaged-${time}`);
  const next = freshNext(path);
  const db = connect(next, migrations, time);
  try {
    const { rows, lost } = salvage(path, db, migrations);
    recordAgain(db);
    const damage: Damage = { time, what: 'file', setAside, salvagedRows: rows, lostTables: lost, error: messageOf(cause) };
    writeMark(db, 'damage', damage);
  } catch (error) {
    db.close();
    throw error;
  }
  closeAsOneFile(db);
  setNextInPlace(path, setAside);
  return { ...openChecked({ ...options, again: { cause, belief: 'well' } }), isSalvaged: true };
}
