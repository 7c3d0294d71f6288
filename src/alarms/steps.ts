// The steps of an alarm in its tables: raise, update, clear; each writes its state, its transition, its counters and its outbox entry.
import type { Database } from 'better-sqlite3';
import type { AlarmStep, Detail, Report, Severity, Transition } from '#model';
import type { ProcedureWorld } from '#store';
import type { Counts } from './counts.ts';

/** The topic that is announced with each transition and each step of a condition. */
export const alarmsTopic = 'alarms';

/** An open alarm. */
export interface OpenAlarm {
  readonly row: number;
  readonly alarmId: string;
  readonly severity: Severity;
  readonly detail: Detail;
}

/** What a report says of an alarm, its severity resolved and its detail bounded. */
export interface Says {
  readonly severity: Severity;
  readonly detail: Detail;
}

/** Opens the steps. They run in the caller's transaction. */
export function openSteps(db: Database, world: ProcedureWorld, counts: Counts) {
  const insert = openInsert(db, world);
  const change = db.prepare<[string, string, number]>('UPDATE alarm SET severity = ?, detail = ?, updates = updates + 1 WHERE row = ?');
  const close = db.prepare<[number, number, string, number]>('UPDATE alarm SET cleared_at = ?, closed_at = ?, detail = ? WHERE row = ?');
  const write = openTransitionWriter(db, world);
  const openCount = (report: Report): 'open' | 'openTest' => (report.test === true ? 'openTest' : 'open');

  return {
    /** The point must have no open alarm. */
    raise(report: Report, says: Says): OpenAlarm {
      const alarm = insert(report, says, 'open');
      counts.add('raised', 1);
      counts.add(openCount(report), 1);
      write(report, alarm, 'raised');
      return alarm;
    },
    /** Raises and clears at once, beside whatever is open on the point. */
    pulse(report: Report, says: Says): OpenAlarm {
      const alarm = insert(report, says, 'closed');
      counts.add('raised', 1);
      counts.add('cleared', 1);
      write(report, alarm, 'raised');
      write(report, alarm, 'cleared', 'pulse');
      return alarm;
    },
    update(report: Report, alarm: OpenAlarm, says: Says): void {
      change.run(says.severity, JSON.stringify(says.detail), alarm.row);
      counts.add('updated', 1);
      write(report, { ...alarm, ...says }, 'updated');
    },
    clear(report: Report, alarm: OpenAlarm): void {
      close.run(report.time, world.now(), JSON.stringify(alarm.detail), alarm.row);
      counts.add('cleared', 1);
      counts.add(openCount(report), -1);
      write(report, alarm, 'cleared');
    },
  };
}

/** How a test is marked in the tables. */
export function testOf(report: Pick<Report, 'test'>): number {
  return report.test === true ? 1 : 0;
}

function openInsert(db: Database, world: ProcedureWorld) {
  const insert = db.prepare<[string, string, string, string, number, string, number, number | null, number | null, string]>(
    `INSERT INTO alarm (alarm_id, device, channel, kind, test, severity, raised_at, cleared_at, closed_at, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (report: Report, says: Says, state: 'open' | 'closed'): OpenAlarm => {
    const alarmId = world.newId();
    const { device, channel, kind, time } = report;
    const [clearedAt, closedAt] = state === 'closed' ? [time, world.now()] : [null, null];
    const detail = JSON.stringify(says.detail);
    const { lastInsertRowid } = insert.run(
      alarmId,
      device,
      channel,
      kind,
      testOf(report),
      says.severity,
      time,
      clearedAt,
      closedAt,
      detail,
    );
    return { row: Number(lastInsertRowid), alarmId, ...says };
  };
}

function openTransitionWriter(db: Database, world: ProcedureWorld) {
  const insert = db.prepare<[number, string, string, number, string, string, string | null]>(
    'INSERT INTO alarm_transition (alarm, step, severity, time, clock_quality, detail, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  return (report: Report, { row, alarmId, severity, detail }: OpenAlarm, step: AlarmStep, reason?: string): void => {
    const { device, channel, kind, time, clockQuality } = report;
    insert.run(row, step, severity, time, clockQuality, JSON.stringify(detail), reason ?? null);
    const value: Transition = {
      alarmId,
      step,
      device,
      channel,
      kind,
      severity,
      time,
      clockQuality,
      detail,
      test: report.test === true,
      ...(reason === undefined ? {} : { reason }),
    };
    world.append({ class: 'alarm', value });
    world.announce(alarmsTopic);
  };
}
