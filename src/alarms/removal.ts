// Removing for good, in pieces that a commit can bear: an alarm with its steps, and occurrence keys.
import type { Database } from 'better-sqlite3';

const keyColumns = 'device, occurrence, channel, kind, side, test';

/** Opens the removal of an alarm's row with its steps: at most `limit` rows; how many went, and whether all of it did. */
export function openAlarmRemoval(db: Database): (row: number, limit: number) => { readonly rows: number; readonly isGone: boolean } {
  const removeSteps = db.prepare<[number, number]>(
    'DELETE FROM alarm_transition WHERE row IN (SELECT row FROM alarm_transition WHERE alarm = ? LIMIT ?)',
  );
  const removeAlarm = db.prepare<[number]>('DELETE FROM alarm WHERE row = ?');
  return (row, limit) => {
    const steps = removeSteps.run(row, limit).changes;
    if (steps >= limit) return { rows: steps, isGone: false };
    return { rows: steps + removeAlarm.run(row).changes, isGone: true };
  };
}

/** Opens the removal of keys recorded from a time on and before another, or of those alone that give way first; the oldest first, answers how many. */
export function openKeyRemoval(db: Database, which: 'all' | 'light'): (from: number, before: number, limit: number) => number {
  const only = which === 'light' ? 'light = 1 AND ' : '';
  const remove = db.prepare<[number, number, number]>(
    `DELETE FROM alarm_occurrence WHERE (${keyColumns}) IN
     (SELECT ${keyColumns} FROM alarm_occurrence WHERE ${only}recorded_at >= CAST(? AS INTEGER) AND recorded_at < CAST(? AS INTEGER)
      ORDER BY recorded_at LIMIT ?)`,
  );
  return (from, before, limit) => remove.run(from, before, limit).changes;
}

/** The key of `alarm_occurrence`. */
export { keyColumns as occurrenceKey };
