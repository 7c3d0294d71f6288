// A store's thread without the thread: one connection, the procedures called directly, each in its transaction.
import Database from 'better-sqlite3';
import { systemRandom, uuidv7 } from '#base';
import type { EntryBody } from '#model';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import type { Migrations, ProcedureWorld, ThreadWorld } from '#store';
import { ampleSpace } from '../fakes/store.ts';

/** A world whose clock the test sets. */
export interface TestWorld extends ProcedureWorld {
  readonly topics: string[];
  time: number;
}

export function openTestDatabase(migrations: readonly Migrations[], path = ':memory:'): Database.Database {
  const db = new Database(path);
  for (const { steps } of migrations) for (const step of steps) db.exec(step);
  return db;
}

export function openTestWorld(append: (body: EntryBody) => void = () => {}): TestWorld {
  const topics: string[] = [];
  return {
    time: 1_760_000_000_000,
    topics,
    bootId: 'boot-1',
    now() {
      return this.time;
    },
    newId() {
      return uuidv7(this.time, systemRandom);
    },
    announce: (topic) => topics.push(topic),
    append,
    space: ampleSpace,
  };
}

export function openTestOutbox(
  destinations: Parameters<typeof openOutboxProcedures>[2],
  db = openTestDatabase([outboxMigrations]),
  lapses: ThreadWorld['lapses'] = [],
  time = 1_760_000_000_000,
) {
  const world = Object.assign(openTestWorld(), { lapses, time });
  return { db, world, ...openOutboxProcedures(db, world, destinations) };
}

/** Runs `act` as the store does: in a savepoint that is kept, or undone by `undo`. */
export function bracket<T>(db: Database.Database, act: () => T, undo = false): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    return act();
  } finally {
    db.exec(undo ? 'ROLLBACK' : 'COMMIT');
  }
}
