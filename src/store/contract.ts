// What a room and the store promise each other: procedures that run in the store's thread, called by name with values.
import type { Database } from 'better-sqlite3';
import type { EntryBody } from '#model';

/** A room's schema: SQL steps, forward only; a step is never changed once released. */
export interface Migrations {
  readonly room: string;
  readonly steps: readonly string[];
  /** SQL that makes counters and derived rows true again after a salvage, when any row of any table may be missing. Run in order, once. */
  readonly repair?: readonly string[];
}

/** Room in the file, as the call under way may use it. */
export interface Space {
  /** Bytes in use: pages of the file that hold something. */
  readonly usedBytes: number;
  /** `store.limit`. */
  readonly limitBytes: number;
  /** `store.reserved`: the part of the limit that only reserved procedures may take. */
  readonly reservedBytes: number;
  /** What this call may still write: the least of the limit (without the reserve, unless the procedure is a reserved one) and the file system. */
  readonly freeBytes: number;
}

/** A moment from which on the file may no longer know all that was once committed on this gateway. */
export interface Lapse {
  /** `made`: a new file, perhaps in the place of a lost one. `file`: damaged and salvaged. `log`: without its last commits. `restored`: a backup. */
  readonly what: 'made' | 'file' | 'log' | 'restored';
  /** Wall milliseconds; with `what` it names the lapse, as long as that is known. */
  readonly time: number;
}

/** What the thread hands to a room when it prepares its procedures. */
export interface ThreadWorld {
  /** Wall milliseconds. */
  now(): number;
  /** A fresh UUIDv7. */
  newId(): string;
  readonly bootId: string;
  /** Tells watchers of `topic` in the main thread, once, after the commit of the running transaction. */
  announce(topic: string): void;
  /** How much room there is now; cheap (some microseconds). */
  space(): Space;
  /** What the file may have forgotten: a room that gives out numbers must not give those again. The same lapse is told at several starts. Default none. */
  readonly lapses?: readonly Lapse[];
}

/** The same with the outbox's append: an entry of the very transaction that the procedure runs in. */
export interface ProcedureWorld extends ThreadWorld {
  /** `id` names the entry; a fresh UUIDv7 when absent. */
  append(body: EntryBody, id?: string): void;
}

/** Opens a room's procedures on the writing connection; statements are prepared here, once. */
export type OpenProcedures<P extends object, W extends ThreadWorld = ProcedureWorld> = (db: Database, world: W) => P;

/**
 * A room's procedures as the main thread sees them: each call resolves with the value after the commit that holds it (`synchronous=FULL`, unless it was
 * opened with `flush: false`), and
 * rejects with the procedure's own BongsuError (its own work is rolled back, that of its neighbours is not), or with
 * - `store.full`: the bounded queue in front; nothing was tried.
 * - `store.hung`: the disk has not answered for `hungAfter`. What was already with the thread may still be committed later: try again under the
 *   same ids.
 * - `store.full-disk`, `store.io`: the disk refused; after `store.io` too the call may turn out to be committed.
 * - `store.failed`, `store.closed`.
 *
 * All but `closed` are retryable. A procedure may run twice for one call (when a full file undid its transaction): what it keeps in memory must
 * bear that.
 */
export type Calls<P extends object> = {
  readonly [K in keyof P]: P[K] extends () => infer R
    ? () => Promise<R>
    : P[K] extends (argument: infer A) => infer R
      ? (argument: A) => Promise<R>
      : never;
};

/** How a room's procedures are called. */
export interface CallOptions {
  /** Pass all that waits; among themselves urgent calls keep their order. Default false. */
  readonly urgent?: boolean;
  /** May write into the reserved pages and the reserve file: ledger, registry, gaps, removal. Default false. */
  readonly reserved?: boolean;
  /**
   * Whether a call resolves after its commit was flushed to the disk. `false` is for what may be forgotten by a power cut, and by nothing else: a killed
   * process loses nothing, and no such call is lost while a later one is kept. It is flushed with the next call that needs it, or after a second. Default true.
   */
  readonly flush?: boolean;
}

/** How the store fares. */
export interface StoreHealth {
  readonly state: 'ok' | 'failing';
  /** Why it fails: no answer for `hungAfter`, no room, or the disk's own errors. */
  readonly reason: 'hung' | 'full' | 'io' | '';
  /** Wall milliseconds since when it is in this state. */
  readonly since: number;
  /** What the disk said last, also when it is well again; empty if it never failed. */
  readonly lastError: string;
  /** How long the last commit took that waited for the disk. */
  readonly fsyncMs: number;
  /** Calls that wait. */
  readonly queued: number;
}

/** The file system that holds the store. */
export interface DiskRoom {
  /** Less than a sixteenth of the file's limit is free: time to act, nothing fails yet. */
  readonly isLow: boolean;
  readonly freeBytes: number;
  /** The log has grown and cannot be written back: another program reads an old state of the file. */
  readonly isLogHeld: boolean;
  /** What of the log waits for that. It lies beside the file, and `store.limit` does not count it. */
  readonly heldLogBytes: number;
}

/** A damaged file and what became of it. */
export interface Damage {
  /** Wall milliseconds. */
  readonly time: number;
  /**
   * `file`: it could not be read as a whole. `log`: the write-ahead log was gone, and with it perhaps the last commits. `next`: a new file on its way
   * into the place of this one, which is sound, could not be read.
   */
  readonly what: 'file' | 'log' | 'next';
  /** Where the damaged file lies now; empty if it could stay in place. */
  readonly setAside: string;
  /** Rows copied into the new file, by table. */
  readonly salvagedRows: Readonly<Record<string, number>>;
  /** Tables of which something, or all, could not be read. */
  readonly lostTables: readonly string[];
  /** What SQLite said. */
  readonly error: string;
}

/** A backup that was put in the file's place while no gateway ran. */
export interface Restored {
  /** Wall milliseconds. */
  readonly time: number;
  readonly from: string;
  /** Where the former file lies; empty if there was none. */
  readonly setAside: string;
  /** Who did it, as he said. */
  readonly by?: string;
}

/** The one SQLite file behind its thread. */
export interface Store extends AsyncDisposable {
  /** The procedures of `room`, typed by the room itself. */
  procedures<P extends object>(room: string, options?: CallOptions): Calls<P>;
  /** Calls `listener` after each commit in which `topic` was announced. `store` is announced with every change of the health, the disk's room or the damage. */
  watch(topic: string, listener: () => void): Disposable;
  /** Rejects when the thread dies without having been closed; never resolves. */
  readonly crashed: Promise<never>;
  health(): StoreHealth;
  /** As it was when it became low or ceased to be; announced as `store` too. */
  disk(): DiskRoom;
  /** The last damage that has not been dealt with (`dropMark` of the room `store`); it survives restarts. */
  damage(): Damage | undefined;
  /** The restore that has not been dealt with. */
  restored(): Restored | undefined;
  /**
   * Copies the file to `path` between the batches, page by page; resolves when the copy (mode 0600, one file, nothing beside it) is on the disk.
   * `path` must not exist.
   * @throws store.backup, store.closed
   */
  backup(path: string, onProgress?: (progress: BackupProgress) => void): Promise<{ readonly bytes: number }>;
}

/** How far a backup is. */
export interface BackupProgress {
  readonly copiedPages: number;
  readonly totalPages: number;
}
