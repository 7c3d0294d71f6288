// The outbox inside the store's thread: its schema, the append that other rooms' procedures use, and the procedures that deliver.
import type { Database } from 'better-sqlite3';
import type { EntryBody, EntryClass, Reading } from '#model';
import type { ThreadWorld } from '#store';
import { openWriting, type Writing } from './append.ts';
import { openDead } from './dead.ts';
import { openDeliveries } from './deliveries.ts';
import { type ConfiguredDestination, type Destinations, type DroppedDestination, openDestinations } from './destinations.ts';
import { outboxFaults } from './errors.ts';
import { type Gathering, openGaps } from './gaps.ts';
import { isToldWhenFull, kindOf, turnToGiveWay } from './gives-way.ts';
import { leap } from './leap.ts';
import { type Memory, openMemory } from './memory.ts';
import { checkBatch } from './readings.ts';
import { openRoom, type Room } from './room.ts';
import { newestOfSubject } from './schema.ts';
import { openSettling, openTallies, type Settling } from './settle.ts';
import { openStats } from './stats.ts';
import { subjectOf } from './subject.ts';

export { outboxMigrations } from './schema.ts';

/** The outbox as the store's thread uses it. */
export interface OutboxThread {
  readonly procedures: OutboxProcedures;
  /**
   * Appends an entry to the running transaction, under `id` or a fresh one. Makes room when it is short; an entry that would be the first to give way
   * is then only counted, in a gap.
   * @throws outbox.entry-too-large, outbox.full
   */
  append(body: EntryBody, id?: string): void;
  /** Makes room for `bytes` that another room writes without an entry; false when nothing may give way any more and they do not fit. */
  makeRoom(bytes: number): boolean;
  /** Whether an entry of this subject (an alarm's id) waits for any destination. */
  waits(subject: string): boolean;
}

/** What the outbox asks of other rooms in the thread. */
export interface OutboxHooks {
  /**
   * Forgets up to `limit` rows of history of which nothing `waits` (by alarm), the oldest first, when room is short; answers how many, or
   * `looking` when none of those looked at may go and there are more. Default: there is none.
   */
  forgetHistory?(limit: number, waits: (alarmId: string) => boolean): number | 'looking';
  /** Forgets up to `limit` rows of what goes only when no entry may give way any more; answers how many. Default: there is none. */
  forgetLast?(limit: number): number;
}

/**
 * Opens the outbox on the writing connection. `destinations` are the configured ones, at most 16: a new one starts at the present, and what
 * one that is missing was owed is dropped. One with `classes` is owed these alone, and the gaps in them.
 * @throws outbox.too-many-destinations
 */
export function openOutboxProcedures(
  db: Database,
  world: ThreadWorld,
  destinations: readonly ConfiguredDestination[],
  { forgetHistory = () => 0, forgetLast = () => 0 }: OutboxHooks = {},
): OutboxThread {
  const opened = openDestinations(db, destinations);
  const memory = openMemory(opened.slots, hasDeadLetters(db));
  const settling = openSettling(db, world, opened, memory);
  const writing = openWriting(db, world, opened, memory);
  leap(db, world, opened, writing);
  const gaps = openGaps(db, world, opened, { memory, writing });
  const ofSubject = db.prepare(newestOfSubject);
  const waits = (subject: string): boolean => ofSubject.get(subject) !== undefined;
  const room = openRoom(db, world, opened, { memory, settling, gaps, forgetHistory: (limit) => forgetHistory(limit, waits), forgetLast });
  const append = openAppend(db, world, opened, { writing, room, gaps });
  return {
    append,
    makeRoom: (bytes) => room.make(bytes),
    waits,
    procedures: openProcedures(db, world, opened, { memory, settling, gaps, append }),
  };
}

function hasDeadLetters(db: Database): boolean {
  return db.prepare('SELECT 1 FROM outbox_dead WHERE dropped_time IS NULL LIMIT 1').get() !== undefined;
}

function openAppend(
  db: Database,
  world: ThreadWorld,
  destinations: Destinations,
  { writing, room, gaps }: { readonly writing: Writing; readonly room: Room; gaps(): Gathering },
): OutboxThread['append'] {
  const tallies = openTallies(db);
  /** Counted and gone at once: it would be the first to give way. */
  const giveUp = (body: EntryBody, sequence: number): void => {
    const tally = tallies();
    const missing = gaps();
    const strangers = destinations.strangersTo(body.class);
    for (const slot of destinations.slots.filter((each) => !strangers.includes(each))) {
      missing.add(slot, { class: body.class, sequence, kind: kindOf(body), time: world.now() });
      tally.add(slot, body.class, { confirmed: 1 });
    }
    tally.add(destinations.slots[0] ?? 0, body.class, { gone: true });
    tally.write();
    missing.write();
  };
  /** Whoever wants nothing of the class counts as having it; an entry that nobody wants is gone at once. */
  const passOver = (name: EntryClass, gone: boolean): void => {
    const [first, ...others] = destinations.strangersTo(name);
    if (first === undefined) return;
    const tally = tallies();
    tally.add(first, name, { confirmed: 1, gone });
    for (const slot of others) tally.add(slot, name, { confirmed: 1 });
    tally.write();
  };
  return (body, id) => {
    const value = writing.textOf(body);
    const owed = destinations.owedOf(body.class);
    if (owed === 0) {
      writing.count(body.class);
      passOver(body.class, true);
      return;
    }
    const fits = room.make(value.length, { last: isToldWhenFull(body) });
    if (!fits && turnToGiveWay(body) === 0) throw outboxFaults.fault('full', { detail: body.class });
    const sequence = writing.count(body.class);
    passOver(body.class, false);
    if (!fits) giveUp(body, sequence);
    else writing.insert({ id: id ?? world.newId(), body, value, sequence, subject: subjectOf(body), owed });
  };
}

interface ProcedureDeps {
  readonly memory: Memory;
  readonly settling: Settling;
  gaps(): Gathering;
  append(body: EntryBody): void;
}

function openProcedures(db: Database, world: ThreadWorld, destinations: Destinations, { memory, settling, gaps, append }: ProcedureDeps) {
  const { claimedBy, ...deliveries } = openDeliveries(db, world, destinations, memory, settling);
  const head = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'outbox_entry'").pluck();
  return {
    ...deliveries,
    ...openDead(db, world, destinations, { memory, settling, gaps }),
    /** One entry for each batch. @throws outbox.batch-invalid */
    appendReadings(batches: readonly (readonly Reading[])[]): void {
      for (const value of batches) {
        checkBatch(value);
        append({ class: 'reading', value });
      }
    },
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
