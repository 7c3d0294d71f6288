// The outbox inside the store's thread: its schema, the append that other rooms' procedures use, and the procedures that deliver.
import type { Database } from 'better-sqlite3';
import type { EntryBody } from '#model';
import type { ThreadWorld } from '#store';
import { openAppend } from './append.ts';
import { openClaims } from './claims.ts';
import { type DroppedDestination, openDestinations } from './destinations.ts';
import { openStats } from './stats.ts';

export { outboxMigrations } from './schema.ts';

/** The outbox as the store's thread uses it. */
export interface OutboxThread {
  readonly procedures: OutboxProcedures;
  /** Appends an entry to the running transaction. @throws outbox.entry-too-large */
  append(body: EntryBody): void;
}

/**
 * Opens the outbox on the writing connection. `destinations` are the configured names, at most 16: a new one starts at the present, and what
 * one that is missing was owed is dropped.
 * @throws outbox.too-many-destinations
 */
export function openOutboxProcedures(db: Database, world: ThreadWorld, destinations: readonly string[]): OutboxThread {
  const opened = openDestinations(db, destinations);
  return { append: openAppend(db, world, opened), procedures: openProcedures(db, world, opened) };
}

function openProcedures(db: Database, world: ThreadWorld, destinations: ReturnType<typeof openDestinations>) {
  const { claimedBy, ...claims } = openClaims(db, world, destinations);
  const head = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'outbox_entry'").pluck();
  return {
    ...claims,
    /** The newest position ever given; 0 before the first. */
    head: (): number => head.get() ?? 0,
    stats: openStats(db, destinations, claimedBy),
    /** What was owed to destinations that are no longer configured, as found when the thread was opened. */
    dropped: (): readonly DroppedDestination[] => destinations.dropped,
    /** Removes what was owed only to removed destinations; answers whether all is done. */
    sweep: ({ limit }: { readonly limit: number }) => destinations.sweep(limit),
  };
}

/** The outbox's procedures by name. */
export type OutboxProcedures = ReturnType<typeof openProcedures>;
