// The written history of an alarm: each step, and a bound on how many an alarm that stands for months may pile up.
import type { Database } from 'better-sqlite3';
import type { AlarmStep, ClockQuality, PersonAct } from '#model';
import type { OpenAlarm } from './standing.ts';

/** When a step happened, and how it is to be told. */
export interface Cause {
  readonly time: number;
  readonly clockQuality: ClockQuality;
  /** Id of the outbox entry; a fresh one when absent. */
  readonly entry?: string | undefined;
  readonly reason?: string | undefined;
  readonly act?: PersonAct | undefined;
  /** False: it is written down here and withheld from the outbox. Default true. */
  readonly tell?: boolean | undefined;
}

/** A cause with what holds for its alarm now. */
export type Marked = Cause & { readonly shelved: boolean };

/** Of one alarm its first step, its newest so many, and the acts of people are kept: what repeats itself for ever must not fill the file. */
const keptSteps = 1000;
/** How often an alarm is looked at for that: each time when a row's number is a multiple. */
const lookEvery = 64;
const removedAtOnce = 256;

/** Opens the writing of transitions. */
export function openRecord(db: Database): (alarm: OpenAlarm, step: AlarmStep, marked: Marked) => void {
  const insert = db.prepare<(string | number | null)[]>(
    'INSERT INTO alarm_transition (alarm, step, severity, time, clock_quality, detail, reason, act, shelved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const edgeOf = db
    .prepare<[number], number>(
      `SELECT row FROM alarm_transition WHERE alarm = CAST(? AS INTEGER) ORDER BY row DESC LIMIT 1 OFFSET ${keptSteps - 1}`,
    )
    .pluck();
  const trim = db.prepare<[number, number]>(
    `DELETE FROM alarm_transition WHERE row IN
     (SELECT row FROM alarm_transition WHERE alarm = CAST(? AS INTEGER) AND row < CAST(? AS INTEGER) AND step = 'updated' AND act IS NULL
      ORDER BY row LIMIT ${removedAtOnce})`,
  );
  return ({ row, severity, detail }, step, { time, clockQuality, reason, act, shelved }) => {
    const said = act === undefined ? null : JSON.stringify(act);
    const values = [row, step, severity, time, clockQuality, JSON.stringify(detail), reason ?? null, said, Number(shelved)];
    const { lastInsertRowid } = insert.run(...values);
    if (step !== 'updated' || Number(lastInsertRowid) % lookEvery > 0) return;
    const edge = edgeOf.get(row);
    if (edge !== undefined) trim.run(row, edge);
  };
}
