// Keeps a flood out of the ledger and the chain: so many acts of one asker in one minute are listed, the rest are one row with their count.
import type { Database } from 'better-sqlite3';

/** What was withheld of one key in one minute. */
export interface Withheld {
  readonly key: string;
  readonly count: number;
  /** Wall milliseconds of the first and the last. */
  readonly first: number;
  readonly last: number;
}

/** The gate. Its counts lie in the store: a crash loses none. */
export interface Gate {
  /** Whether this act of `key` is listed (true) or only counted. */
  pass(key: string, timeMs: number, limit: number): boolean;
  /** Takes the counts of minutes that are over. */
  settle(timeMs: number): readonly Withheld[];
}

/** Askers that are told apart in one minute; the rest share one count. */
const maxKeys = 1000;
const minuteMs = 60_000;

/** Prepares the statements. */
export function openGate(db: Database): Gate {
  const over = db.prepare<[number], Withheld & { withheld: number }>(
    'SELECT key, withheld AS count, first, last FROM access_gate WHERE minute <> ? AND withheld > 0 ORDER BY first',
  );
  const clear = db.prepare<[number]>('DELETE FROM access_gate WHERE minute <> ?');
  const size = db.prepare<[], number>('SELECT count(*) FROM access_gate').pluck();
  const passed = db.prepare<[string], number>('SELECT passed FROM access_gate WHERE key = ?').pluck();
  const begin = db.prepare<[string, number, number, number]>('INSERT INTO access_gate VALUES (?, ?, 1, 0, ?, ?)');
  const list = db.prepare<[string]>('UPDATE access_gate SET passed = passed + 1 WHERE key = ?');
  const count = db.prepare<[number, number, string]>(
    'UPDATE access_gate SET first = iif(withheld = 0, ?, first), last = ?, withheld = withheld + 1 WHERE key = ?',
  );
  return {
    pass(wanted, timeMs, limit) {
      const crowded = passed.get(wanted) === undefined && (size.get() ?? 0) >= maxKeys;
      const key = crowded ? wanted.replace(/\|.*$/, '|*') : wanted;
      const listed = passed.get(key);
      if (listed === undefined) begin.run(key, Math.floor(timeMs / minuteMs), timeMs, timeMs);
      else if (listed < limit) list.run(key);
      else count.run(timeMs, timeMs, key);
      return listed === undefined || listed < limit;
    },
    settle(timeMs) {
      const minute = Math.floor(timeMs / minuteMs);
      const withheld = over.all(minute);
      clear.run(minute);
      return withheld;
    },
  };
}
