// Counters of the alarms room, written with what they count: a list of millions is never walked to know its length.
import type { Database } from 'better-sqlite3';

/** `open`, `openTest` and `conditions` stand now; the others only grow. `withheld`: steps of a flood that were told as one. */
export type CountName = 'open' | 'openTest' | 'conditions' | 'raised' | 'updated' | 'cleared' | 'duplicates' | 'withheld';

/** All counters; those that never moved are 0. */
export type AlarmCounts = Readonly<Record<CountName, number>>;

/** Opens the counters. */
export function openCounts(db: Database) {
  const move = db.prepare<[string, number]>(
    'INSERT INTO alarm_count (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
  );
  const all = db.prepare<[], { name: string; value: number }>('SELECT name, value FROM alarm_count');
  return {
    add(name: CountName, by: number): void {
      move.run(name, by);
    },
    read(): AlarmCounts {
      const none = { open: 0, openTest: 0, conditions: 0, raised: 0, updated: 0, cleared: 0, duplicates: 0, withheld: 0 };
      return { ...none, ...Object.fromEntries(all.all().map(({ name, value }) => [name, value])) };
    },
  };
}

export type Counts = ReturnType<typeof openCounts>;
