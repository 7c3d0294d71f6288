// A store without a thread: each call is one transaction on the test's own connection, and can be made to fail as a disk does.
import type { Database } from 'better-sqlite3';
import type { Calls, Store } from '#store';
import { wellStore } from '../fakes/store.ts';

/** `refused`: not run at all. `lost`: run, and undone when its commit failed. `none`: it works. */
type Failure = 'refused' | 'lost' | 'none';

export interface DirectStore extends Store {
  /** What the next calls meet, in order. */
  readonly failures: Failure[];
}

/** Announced topics are read from `topics`, which the world of the procedures fills. */
export function openDirectStore(db: Database, rooms: Readonly<Record<string, object>>, topics: string[]): DirectStore {
  const failures: Failure[] = [];
  const watchers = new Map<string, Set<() => void>>();
  const call = async (room: string, name: string, argument: unknown): Promise<unknown> => {
    await Promise.resolve();
    const failure = failures.shift();
    if (failure === 'refused') throw new Error('store.full');
    topics.length = 0;
    db.exec('BEGIN IMMEDIATE');
    try {
      const value: unknown = Reflect.apply(Reflect.get(rooms[room] ?? {}, name), undefined, [argument]);
      if (failure === 'lost') throw new Error('store.failed');
      db.exec('COMMIT');
      for (const topic of new Set(topics)) for (const listener of watchers.get(topic) ?? []) listener();
      return structuredClone(value);
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    ...wellStore,
    failures,
    procedures: <P extends object>(room: string) =>
      new Proxy({} as Calls<P>, { get: (_, name) => (argument: unknown) => call(room, String(name), argument) }),
    watch(topic, listener) {
      const listeners = watchers.get(topic) ?? new Set();
      watchers.set(topic, listeners.add(listener));
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    crashed: new Promise<never>(() => {}),
    [Symbol.asyncDispose]: async () => {},
  };
}
