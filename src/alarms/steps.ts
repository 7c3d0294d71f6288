// The steps of an alarm in its tables: raise, update, hold, clear; each writes its state, its transition, its counters and its outbox entry.
import type { Database } from 'better-sqlite3';
import type { AlarmStep, Detail, Severity, Transition } from '#model';
import type { ProcedureWorld } from '#store';
import { clockQualityOf } from './clock-quality.ts';
import type { Counts } from './counts.ts';
import { type Cause, type Marked, openRecord } from './record.ts';
import type { OpenAlarm, Point } from './standing.ts';

/** The topic that is announced with each transition and each step of a condition. */
export const alarmsTopic = 'alarms';

/** What a report says of an alarm, its severity resolved and its detail bounded. */
export interface Says {
  readonly severity: Severity;
  readonly detail: Detail;
}

/** The id of the second entry of a report, out of that of the first: so both are the same on every way to the hub. */
export function secondEntryId(first: string): string {
  const last = Number.parseInt(first.slice(-1), 16);
  return `${first.slice(0, -1)}${(last ^ 1).toString(16)}`;
}

/** What an alarm is born with. */
export interface Birth {
  readonly alarmId: string;
  readonly latched: boolean;
  /** Its device is in maintenance. */
  readonly maintenance: boolean;
}

export type Steps = ReturnType<typeof openSteps>;

export interface StepDeps {
  readonly counts: Counts;
  /** Whether alarms of a device and kind are shelved now. */
  readonly isShelved: (device: string, kind: string) => boolean;
}

/** Opens the steps. They run in the caller's transaction. */
export function openSteps(db: Database, world: ProcedureWorld, deps: StepDeps) {
  const { counts } = deps;
  const insert = openInsert(db, world);
  const change = db.prepare<[string, string, number, number]>(
    'UPDATE alarm SET severity = ?, detail = ?, latched = ?, ended_at = NULL, updates = updates + 1 WHERE row = ?',
  );
  const end = db.prepare<[number, string, number]>('UPDATE alarm SET ended_at = ?, detail = ?, updates = updates + 1 WHERE row = ?');
  const close = db.prepare<[number, number, string, number]>('UPDATE alarm SET cleared_at = ?, closed_at = ?, detail = ? WHERE row = ?');
  const record = openRecord(db);
  const tell = openTell(db, world);
  const step = (alarm: OpenAlarm, name: AlarmStep, cause: Cause): void => {
    const shelved = deps.isShelved(alarm.device, alarm.kind);
    record(alarm, name, { ...cause, shelved });
    world.announce(alarmsTopic);
    tell(alarm, name, { ...cause, shelved });
  };
  const openCount = ({ test }: Point): 'open' | 'openTest' => (test ? 'openTest' : 'open');
  const update = (alarm: OpenAlarm, cause: Cause): void => {
    counts.add('updated', 1);
    step(alarm, 'updated', cause);
  };

  return {
    /** The point must have no open alarm. */
    raise(point: Point, says: Says & Birth, cause: Cause): OpenAlarm {
      const alarm = insert(point, says, { cause, isClosed: false });
      counts.add('raised', 1);
      counts.add(openCount(point), 1);
      step(alarm, 'raised', cause);
      return alarm;
    },
    /** Raises and clears at once, beside whatever is open on the point. */
    pulse(point: Point, says: Says & Birth, cause: Cause): OpenAlarm {
      const alarm = insert(point, says, { cause, isClosed: true });
      counts.add('raised', 1);
      counts.add('cleared', 1);
      step(alarm, 'raised', cause);
      step(alarm, 'cleared', { ...cause, entry: cause.entry === undefined ? undefined : secondEntryId(cause.entry), reason: 'pulse' });
      return alarm;
    },
    /** The device says something else of it, or says it again after its end. */
    change(alarm: OpenAlarm, says: Says & { readonly latched: boolean }, cause: Cause): void {
      change.run(says.severity, JSON.stringify(says.detail), Number(says.latched), alarm.row);
      update({ ...alarm, ...says }, cause);
    },
    /** The device says that it is over; the latch keeps it. */
    hold(alarm: OpenAlarm, cause: Cause): void {
      end.run(cause.time, JSON.stringify(alarm.detail), alarm.row);
      update(alarm, { ...cause, reason: 'latched' });
    },
    /** Something happened to it that changes nothing of what the device says. */
    remark: update,
    clear(alarm: OpenAlarm, cause: Cause): void {
      close.run(cause.time, world.now(), JSON.stringify(alarm.detail), alarm.row);
      counts.add('cleared', 1);
      counts.add(openCount(alarm), -1);
      step(alarm, 'cleared', { ...cause, tell: alarm.told });
    },
    /** Tells the outbox of an open alarm as if it had never heard of it; nothing has happened to the alarm itself. */
    restate(alarm: OpenAlarm): void {
      const shelved = deps.isShelved(alarm.device, alarm.kind);
      tell({ ...alarm, told: false }, 'raised', { ...causeAt(alarm.raisedAt, 'restated'), shelved });
    },
    /** Tells the outbox where an alarm stands of which it has not heard the newest; closed ones with their end. */
    catchUp(
      alarm: OpenAlarm,
      { repeats, clearedAt }: { readonly repeats: number | undefined; readonly clearedAt: number | undefined },
    ): void {
      const { told, raisedAt } = alarm;
      const counted = repeats === undefined ? alarm : { ...alarm, detail: { ...alarm.detail, repeats } };
      const cause = causeAt(told ? world.now() : raisedAt, 'flood');
      const shelved = deps.isShelved(alarm.device, alarm.kind);
      tell(counted, 'updated', { ...cause, shelved });
      if (clearedAt !== undefined) tell({ ...counted, told: true }, 'cleared', { ...cause, shelved, time: clearedAt });
    },
  };
}

function openInsert(db: Database, world: ProcedureWorld) {
  const insert = db.prepare<(string | number | null)[]>(
    `INSERT INTO alarm (alarm_id, device, channel, kind, test, severity, raised_at, cleared_at, closed_at, detail, latched, care, told)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (point: Point, says: Says & Birth, { cause, isClosed }: { readonly cause: Cause; readonly isClosed: boolean }): OpenAlarm => {
    const { device, channel, kind, test } = point;
    const { alarmId, severity, detail, latched, maintenance } = says;
    const ends = isClosed ? [cause.time, world.now()] : [null, null];
    const flags = [latched, maintenance, cause.tell !== false].map(Number);
    const { lastInsertRowid } = insert.run(
      alarmId,
      device,
      channel,
      kind,
      Number(test),
      severity,
      cause.time,
      ...ends,
      JSON.stringify(detail),
      ...flags,
    );
    const told = cause.tell !== false;
    const raised = { alarmId, severity, detail, latched, maintenance, raisedAt: cause.time, told };
    return { row: Number(lastInsertRowid), device, channel, kind, test, ...raised, ended: false, behind: false };
  };
}

/** A cause of the gateway's own, at `time` by its own clock. */
function causeAt(time: number, reason: string): Cause {
  return { time, clockQuality: clockQualityOf(time), reason };
}

/** Appends a transition to the outbox, unless it is withheld. What the outbox has not heard of is `raised` to it, whatever the step. */
function openTell(db: Database, world: ProcedureWorld) {
  const mark = db.prepare<[number, number]>('UPDATE alarm SET told = 1, behind = ? WHERE row = ?');
  return (alarm: OpenAlarm, step: AlarmStep, { time, clockQuality, entry, reason, act, shelved, tell = true }: Marked): void => {
    const { row, alarmId, device, channel, kind, test, severity, detail, told, behind } = alarm;
    if (!tell) {
      if (told && !behind) mark.run(1, row);
      return;
    }
    if (!told || behind) mark.run(0, row);
    const value: Transition = {
      alarmId,
      step: told ? step : 'raised',
      device,
      channel,
      kind,
      severity,
      time,
      clockQuality,
      detail,
      test,
      ...(reason === undefined ? {} : { reason }),
      ...(act === undefined ? {} : { act }),
      ...(shelved ? { shelved } : {}),
    };
    world.append({ class: 'alarm', value }, entry);
  };
}
