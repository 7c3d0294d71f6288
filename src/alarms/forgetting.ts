// Giving way when the disk's limit is near: old alarms that are over and told, and occurrence keys, of which a flood can make millions.
import type { Database } from 'better-sqlite3';
import { openAlarmRemoval, openKeyRemoval } from './removal.ts';

/** So many alarms are looked at in one step, open ones too: a step must cost little where nothing may go. */
const maxLooked = 1000;
/** For so many of them the outbox is asked. */
const maxAsked = 500;
/**
 * What was cleared this short a time ago may be under the hand of the very call that needs the room, or be what a flood's summary speaks of. What was
 * cleared later than now was cleared before the clock was set back or forgot the time: it is old.
 */
const freshMs = 10_000;
/** When a whole round has found nothing, the next one begins so much later: every call would begin one. */
const restMs = 1000;
const always = Number.MAX_SAFE_INTEGER;

/**
 * Opens what makes room when the disk's limit is near: removes the oldest alarms that were cleared more than 10 s ago, with their transitions, of which `isOwed` says that no
 * entry waits, then keys that tell a retry of little worth; at most `limit` rows, answered how many. `looking`: none of the 1,000 alarms looked at may go,
 * and the next call looks further on: nothing else should give way before. 0: a whole round has found nothing. For the store's thread, inside a transaction.
 */
export function openForgetHistory(
  db: Database,
  now: () => number,
): (limit: number, isOwed: (alarmId: string) => boolean) => number | 'looking' {
  const after = db.prepare<[number, number], { row: number; alarmId: string; closedAt: number | null }>(
    'SELECT row, alarm_id AS alarmId, closed_at AS closedAt FROM alarm WHERE row > CAST(? AS INTEGER) ORDER BY row LIMIT ?',
  );
  const removeAlarm = openAlarmRemoval(db);
  const removeKeys = openKeyRemoval(db, 'light');
  // Only where and when to look: right or wrong after an undone transaction, the round comes by again.
  let looked = 0;
  let isBarren = true;
  let barrenAt = Number.NEGATIVE_INFINITY;
  const endRound = (present: number): void => {
    if (isBarren) barrenAt = present;
    isBarren = true;
    looked = 0;
  };
  /** Nothing removed and the round not over: `looking`. */
  const removeCleared = (limit: number, isOwed: (alarmId: string) => boolean): number | 'looking' => {
    const present = now();
    if (Math.abs(present - barrenAt) < restMs) return 0;
    let left = limit;
    let asked = 0;
    const found = after.all(looked, maxLooked);
    for (const { row, alarmId, closedAt } of found) {
      const isOld = closedAt !== null && Math.abs(present - closedAt) > freshMs;
      if (isOld) asked += 1;
      if (isOld && !isOwed(alarmId)) {
        const { rows, isGone } = removeAlarm(row, left);
        isBarren = false;
        left -= rows;
        if (!isGone) return limit;
      }
      looked = row;
      if (left <= 0 || asked >= maxAsked) return limit - left || 'looking';
    }
    if (found.length === maxLooked) return limit - left || 'looking';
    const isOver = isBarren;
    endRound(present);
    return limit - left || (isOver ? 0 : 'looking');
  };
  return (limit, isOwed) => {
    const removed = removeCleared(limit, isOwed);
    if (removed === 'looking') return removed;
    return removed + (removed < limit ? removeKeys(0, always, limit - removed) : 0);
  };
}

/**
 * Opens the last thing that gives way, when no entry may any more: the oldest keys of all, at most `limit`, answered how many. A retry that comes
 * later is then taken for news: an alarm too many, where one would be too few.
 */
export function openForgetKeys(db: Database): (limit: number) => number {
  const remove = openKeyRemoval(db, 'all');
  return (limit) => remove(0, always, limit);
}
