// Retention: occurrence keys after seven days, cleared alarms when their time is over; in bounded steps, and never by a clock that was not set.
import type { Database } from 'better-sqlite3';
import { plausibleFromMs } from './occurrences.ts';

/** What may go. Times are wall milliseconds of the commit. */
export interface PruneAsk {
  readonly occurrencesBefore: number;
  readonly clearedBefore: number;
  /** Most rows that one step removes: 1 … 10,000. */
  readonly limit: number;
}

const maxLimit = 10_000;
const dayMs = 24 * 3_600_000;
const occurrenceColumns = 'device, occurrence, channel, kind, side, test';

/** Opens the procedure; it answers how many rows it removed, 0 when nothing is left to remove. `now` is wall milliseconds. */
export function openPrune(db: Database, now: () => number): (ask: PruneAsk) => number {
  const restampOccurrences = openRestamp(db, { table: 'alarm_occurrence', key: occurrenceColumns, column: 'recorded_at' });
  const restampAlarms = openRestamp(db, { table: 'alarm', key: 'row', column: 'closed_at' });
  const removeOccurrences = db.prepare<[number, number, number]>(
    `DELETE FROM alarm_occurrence WHERE (${occurrenceColumns}) IN
     (SELECT ${occurrenceColumns} FROM alarm_occurrence WHERE recorded_at >= ? AND recorded_at < ? ORDER BY recorded_at LIMIT ?)`,
  );
  const cleared = db
    .prepare<[number, number, number], number>('SELECT row FROM alarm WHERE closed_at >= ? AND closed_at < ? ORDER BY closed_at LIMIT ?')
    .pluck();
  const removeTransitions = db.prepare<[number, number]>(
    'DELETE FROM alarm_transition WHERE row IN (SELECT row FROM alarm_transition WHERE alarm = ? LIMIT ?)',
  );
  const removeAlarm = db.prepare<[number]>('DELETE FROM alarm WHERE row = ?');
  const removeCleared = (before: number, limit: number): number => {
    let left = limit;
    for (const row of cleared.all(plausibleFromMs, before, limit)) {
      left -= removeTransitions.run(row, left).changes;
      if (left <= 0) break;
      left -= removeAlarm.run(row).changes;
    }
    return limit - left;
  };
  return ({ occurrencesBefore, clearedBefore, limit }) => {
    const bound = Math.min(limit, maxLimit);
    const present = now();
    if (present < plausibleFromMs) return 0;
    restampOccurrences(present, bound);
    restampAlarms(present, bound);
    const occurrences = removeOccurrences.run(plausibleFromMs, occurrencesBefore, bound).changes;
    return occurrences + removeCleared(clearedBefore, bound - occurrences);
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

/** So many alarms are looked at in one step. */
const maxLooked = 2000;
/** What was cleared this short a time ago may be under the hand of the very call that needs the room. */
const freshMs = 60_000;

/**
 * Opens what makes room when the disk's limit is near: removes the oldest alarms that were cleared more than a minute ago, with their transitions, of which `isOwed` says that no
 * entry waits; at most `limit` rows, answered how many. 0: all that may go of the 2,000 looked at is gone; the next call looks further on, and
 * after the last begins anew. For the store's thread, inside a transaction.
 */
export function openForgetHistory(db: Database, now: () => number): (limit: number, isOwed: (alarmId: string) => boolean) => number {
  const cleared = db.prepare<[number, number, number], { row: number; alarmId: string }>(
    'SELECT row, alarm_id AS alarmId FROM alarm WHERE row > CAST(? AS INTEGER) AND closed_at < ? ORDER BY row LIMIT ?',
  );
  const removeTransitions = db.prepare<[number, number]>(
    'DELETE FROM alarm_transition WHERE row IN (SELECT row FROM alarm_transition WHERE alarm = ? LIMIT ?)',
  );
  const removeAlarm = db.prepare<[number]>('DELETE FROM alarm WHERE row = ?');
  // Only where to look: right or wrong after an undone transaction, the round comes by again.
  let looked = 0;
  return (limit, isOwed) => {
    let left = limit;
    const found = cleared.all(looked, now() - freshMs, Math.min(limit, maxLooked));
    for (const { row, alarmId } of found) {
      if (left <= 0) return limit;
      if (!isOwed(alarmId)) {
        left -= removeTransitions.run(row, left).changes;
        if (left <= 0) return limit;
        left -= removeAlarm.run(row).changes;
      }
      looked = row;
    }
    if (found.length < Math.min(limit, maxLooked)) looked = 0;
    return limit - left;
  };
}
