// What a room and the store promise each other: procedures that run in the store's thread, called by name with values.
import type { Database } from 'better-sqlite3';
import type { EntryBody } from '#model';

/** A room's schema: SQL steps, forward only; a step is never changed once released. */
export interface Migrations {
  readonly room: string;
  readonly steps: readonly string[];
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
}

/** The same with the outbox's append: an entry of the very transaction that the procedure runs in. */
export interface ProcedureWorld extends ThreadWorld {
  append(body: EntryBody): void;
}

/** Opens a room's procedures on the writing connection; statements are prepared here, once. */
export type OpenProcedures<P extends object, W extends ThreadWorld = ProcedureWorld> = (db: Database, world: W) => P;

/**
 * A room's procedures as the main thread sees them: each call resolves with the value after the commit (`synchronous=FULL`) that holds it, and
 * rejects with the procedure's own BongsuError (its own work is rolled back, that of its neighbours is not), or with `store.failed`, `store.full`
 * (the bounded queue in front), `store.closed`.
 */
export type Calls<P extends object> = {
  readonly [K in keyof P]: P[K] extends () => infer R
    ? () => Promise<R>
    : P[K] extends (argument: infer A) => infer R
      ? (argument: A) => Promise<R>
      : never;
};

/** The one SQLite file behind its thread. */
export interface Store extends AsyncDisposable {
  /** The procedures of `room`, typed by the room itself. */
  procedures<P extends object>(room: string): Calls<P>;
  /** Calls `listener` after each commit in which `topic` was announced. */
  watch(topic: string, listener: () => void): Disposable;
  /** Rejects when the thread dies without having been closed; never resolves. */
  readonly crashed: Promise<never>;
}
