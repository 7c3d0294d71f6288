// One connection's life in the thread: the file opened and looked at, the rooms' procedures on it, its transactions, its room and its upkeep.
import type { Database } from 'better-sqlite3';
import { type Random, uuidv7 } from '#base';
import { openCheck } from './check.ts';
import { closeCleanly } from './connection.ts';
import type { Migrations, ThreadWorld } from './contract.ts';
import { type Again, openDatabase } from './database.ts';
import { storeFaults } from './errors.ts';
import { type Flushing, openFlushing } from './flushing.ts';
import { dropMark, type MarkName, readLapses, readMarks } from './marks.ts';
import type { StoreOptions } from './options.ts';
import type { CallTarget, Marks } from './protocol.ts';
import { openReserve } from './reserve.ts';
import { openSpace, type SpaceGuard } from './space.ts';
import { type BoundCall, openTransactions, type Transactions } from './transactions.ts';
import { openUpkeep, type Upkeep } from './upkeep.ts';

/** Bounds of the file and of the look at it, as the configuration has them. */
export type StoreLimits = Partial<Pick<StoreOptions, 'limit' | 'reserved' | 'reserveFile' | 'checkLimit'>>;

/** What the thread is started with. */
export interface ThreadOptions {
  readonly path: string;
  readonly bootId: string;
  readonly migrations: readonly Migrations[];
  /** Defaults: 4 GiB, 5 %, no reserve file, 500 ms. */
  readonly limits?: StoreLimits | undefined;
  /** Opens the procedures of every room, by room; again after each failure of the disk. */
  open(db: Database, world: ThreadWorld): Readonly<Record<string, object>>;
}

/** The world of a session. */
export interface SessionDeps {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly random: Random;
  announce(topic: string): void;
  /** The marks in the file changed. */
  onMarks(marks: Marks): void;
}

/** An open file that serves. */
export interface Session {
  readonly db: Database;
  readonly marks: Marks;
  /** The file was damaged and is a new one now. */
  readonly isSalvaged: boolean;
  readonly space: SpaceGuard;
  readonly transactions: Transactions;
  readonly flushing: Flushing;
  readonly upkeep: Upkeep;
  bind(target: CallTarget | undefined, argument: unknown): BoundCall;
  /** Marks the file as well kept and closes it. */
  close(): void;
}

type ProcedureSet = Readonly<Record<string, (argument: never) => unknown>>;

const leastLogBytes = 2 ** 20;
const leastReservedBytes = 2 ** 22;

/** Opens the file; `again` says what made the last session end, if there was one. @throws store.unopened, store.newer, and what the rooms throw */
export function openSession(options: ThreadOptions, deps: SessionDeps, again?: Again): Session {
  const {
    limit: limitBytes = 2 ** 32,
    reserved = 5,
    reserveFile: reserveFileBytes = 0,
    checkLimit: checkLimitMs = 500,
  } = options.limits ?? {};
  const reservedBytes = Math.max((limitBytes * reserved) / 100, leastReservedBytes);
  const logBytes = Math.max(leastLogBytes, reserveFileBytes / 4);
  const reserve = openReserve(options.path, reserveFileBytes, deps.random);
  // A full disk opens no database: what is held back for such a day opens it.
  if (reserve.heldBytes() > 0 && reserve.diskFreeBytes() < leastLogBytes) reserve.spend();
  const { db, marks, isSeen, isSalvaged } = openDatabase({ ...options, ...deps, checkLimitMs, again });
  try {
    reserve.make(2 * logBytes, reserveFileBytes);
    const space = openSpace(db, { limitBytes, reservedBytes, logBytes }, reserve, deps.monotonicMs);
    space.look();
    const world: ThreadWorld = {
      now: deps.now,
      newId: () => uuidv7(deps.now(), deps.random),
      bootId: options.bootId,
      announce: deps.announce,
      space: space.now,
      lapses: readLapses(db),
    };
    space.allow(true);
    const rooms = new Map<string, ProcedureSet>(Object.entries({ ...options.open(db, world), store: openStoreProcedures(db, deps) }));
    const flushing = openFlushing(db, deps.monotonicMs);
    return {
      db,
      marks,
      isSalvaged,
      space,
      transactions: openTransactions(db, space, flushing, deps.monotonicMs),
      flushing,
      upkeep: openUpkeep(db, isSeen ? undefined : openCheck(db), deps.monotonicMs),
      bind: (target, argument) => ({ run: procedureOf(rooms, target), argument, reserved: target?.reserved ?? false }),
      close: () => closeCleanly(db),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function procedureOf(rooms: ReadonlyMap<string, ProcedureSet>, target: CallTarget | undefined): BoundCall['run'] {
  const procedures = target && rooms.get(target.room);
  const procedure = procedures && Object.hasOwn(procedures, target.name) ? procedures[target.name] : undefined;
  return (
    procedure ??
    (() => {
      throw storeFaults.fault('unknown', { detail: `${target?.room}.${target?.name}` });
    })
  );
}

/** The store's own procedures. */
function openStoreProcedures(db: Database, deps: Pick<SessionDeps, 'onMarks'>) {
  return {
    /** How the file is kept: what a doctor asks. */
    describe: () => ({
      synchronous: Number(db.pragma('synchronous', { simple: true })),
      journalMode: String(db.pragma('journal_mode', { simple: true })),
      sizeBytes: Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
      freeBytes: Number(db.pragma('freelist_count', { simple: true })) * Number(db.pragma('page_size', { simple: true })),
    }),
    /** What happened to the file has been told and audited: forget it. Whether there was such a mark. */
    dropMark({ name }: { readonly name: MarkName }): boolean {
      const dropped = dropMark(db, name);
      if (dropped) deps.onMarks(readMarks(db));
      return dropped;
    },
  };
}

/** Procedures of the room `store`. */
export type StoreProcedures = ReturnType<typeof openStoreProcedures>;
