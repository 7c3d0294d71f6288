// Retention: occurrence keys after seven days, cleared alarms when their time is over; in bounded steps, and never by a clock that was not set.
import type { Database } from 'better-sqlite3';
import { plausibleFromMs } from '#base';
import { keptMs } from './occurrences.ts';
import { occurrenceKey, openAlarmRemoval, openKeyRemoval } from './removal.ts';

/** What may go besides keys that have had their seven days. */
export interface PruneAsk {
  /** Wall milliseconds of the commit that cleared. */
  readonly clearedBefore: number;
  /** Most rows that one step removes: 1 … 10,000. */
  readonly limit: number;
}

const maxLimit = 10_000;
const dayMs = 24 * 3_600_000;
/** So many cleared alarms are looked at in one step. */
const maxLooked = 2000;

/**
 * Opens the procedure; it answers how many rows it removed. 0: nothing is left to remove of the 2,000 alarms looked at; the next call looks further
 * on, and after the last begins anew. Of an alarm for which an entry still waits (`isOwed`) nothing is removed. `now` is wall milliseconds.
 */
export function openPrune(db: Database, now: () => number, isOwed: (alarmId: string) => boolean): (ask: PruneAsk) => number {
  const restampOccurrences = openRestamp(db, { table: 'alarm_occurrence', key: occurrenceKey, column: 'recorded_at' });
  const restampAlarms = openRestamp(db, { table: 'alarm', key: 'row', column: 'closed_at' });
  const removeKeys = openKeyRemoval(db, 'all');
  const removeCleared = openClearedRemoval(db, isOwed);
  return ({ clearedBefore, limit }) => {
    const bound = Math.min(limit, maxLimit);
    const present = now();
    if (present < plausibleFromMs) return 0;
    restampOccurrences(present, bound);
    restampAlarms(present, bound);
    const keys = removeKeys(plausibleFromMs, present - keptMs, bound);
    return keys + (keys < bound ? removeCleared(clearedBefore, bound - keys) : 0);
  };
}

function openClearedRemoval(db: Database, isOwed: (alarmId: string) => boolean): (before: number, limit: number) => number {
  const next = db.prepare<[number, number, number, number], { row: number; alarmId: string; closedAt: number }>(
    `SELECT row, alarm_id AS alarmId, closed_at AS closedAt FROM alarm WHERE (closed_at, row) > (CAST(? AS INTEGER), CAST(? AS INTEGER)) AND closed_at < CAST(? AS INTEGER)
     ORDER BY closed_at, row LIMIT ?`,
  );
  const remove = openAlarmRemoval(db);
  // What is still owed is passed over, not looked at for ever.
  let looked = { closedAt: plausibleFromMs, row: 0 };
  return (before, limit) => {
    let left = limit;
    const found = next.all(looked.closedAt, looked.row, before, maxLooked);
    for (const { row, alarmId, closedAt } of found) {
      if (left <= 0) return limit;
      if (!isOwed(alarmId)) {
        const { rows, isGone } = remove(row, left);
        left -= rows;
        if (!isGone) return limit;
      }
      looked = { closedAt, row };
    }
    if (found.length < maxLooked) looked = { closedAt: plausibleFromMs, row: 0 };
    return limit - left;
  };
}

/** What was recorded under a clock that was unset or ran ahead has an unknown age: it counts as recorded now. */
function openRestamp(db: Database, { table, key, column }: { readonly table: string; readonly key: string; readonly column: string }) {
  const restamp = ['< ?', '> ?'].map((wrong) =>
    db.prepare<[number, number, number]>(
      `UPDATE ${table} SET ${column} = ? WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${column} ${wrong} LIMIT ?)`,
    ),
  );
  return (present: number, limit: number): void => {
    restamp[0]?.run(present, plausibleFromMs, limit);
    restamp[1]?.run(present, present + dayMs, limit);
  };
}
