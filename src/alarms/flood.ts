// The limit on floods: beyond so many steps of a device and kind in a minute the outbox hears of the rest as one. Critical alarms are never held back.
import type { Database } from 'better-sqlite3';
import type { Text } from '#base';
import { type AlarmKind, type Condition, conditionKinds, type Severity } from '#model';
import type { ProcedureWorld } from '#store';
import type { Counts } from './counts.ts';
import type { OpenAlarm, Point, Standing } from './standing.ts';
import type { Says, Steps } from './steps.ts';

/** Length of a window, milliseconds of the wall clock; a clock that is set ends it. */
const windowMs = 60_000;
const maxSettled = 500;

interface FloodRow {
  readonly device: string;
  readonly kind: AlarmKind;
  readonly startedAt: number;
  readonly passed: number;
  readonly withheld: number;
  readonly fromRow: number;
}

export interface FloodDeps {
  readonly counts: Counts;
  readonly steps: Steps;
  readonly standing: Standing;
  readonly condition: (step: Condition) => unknown;
  /** Steps of one device and kind that pass in a minute. */
  readonly limit: number;
}

export type Flood = ReturnType<typeof openFlood>;

/**
 * Opens the limit. Withheld steps stand in the history like all others. When the minute is over, every alarm that still stands is told as it is, and
 * if none does, the newest of the withheld ones; the first that is told has their number as `detail.repeats`.
 */
export function openFlood(db: Database, world: ProcedureWorld, { counts, steps, standing, condition, limit }: FloodDeps) {
  const find = db.prepare<[string, string], FloodRow>(
    'SELECT device, kind, started_at AS startedAt, passed, withheld, from_row AS fromRow FROM alarm_flood WHERE device = ? AND kind = ?',
  );
  const begin = db.prepare<[string, string, number]>(
    `INSERT OR REPLACE INTO alarm_flood (device, kind, started_at, passed, withheld, from_row)
     VALUES (?, ?, ?, 0, 0, (SELECT coalesce(max(row), 0) FROM alarm))`,
  );
  const count = db.prepare<[number, number, string, string]>(
    'UPDATE alarm_flood SET passed = passed + ?, withheld = withheld + ? WHERE device = ? AND kind = ?',
  );
  const remove = db.prepare<[string, string]>('DELETE FROM alarm_flood WHERE device = ? AND kind = ?');
  const due = db.prepare<[number, number, number], FloodRow>(
    `SELECT device, kind, started_at AS startedAt, passed, withheld, from_row AS fromRow FROM alarm_flood
     WHERE started_at <= ? OR started_at > ? LIMIT ?`,
  );

  const tell = (row: FloodRow, state: Condition['state']): void => {
    const { device, kind } = row;
    const severity = conditionKinds['alarm-flood'];
    condition({ device, channel: kind, kind: 'alarm-flood', state, severity, time: world.now(), message: messageOf(state, kind, limit) });
  };
  const summarise = ({ device, kind, withheld, fromRow }: FloodRow): void => {
    const open = standing.ofDevice(device, kind).filter((alarm) => alarm.behind || !alarm.told);
    const newest = open.length === 0 ? standing.newestUntold(device, kind, fromRow) : undefined;
    const all = newest ? [newest] : open.map((alarm) => ({ alarm, clearedAt: undefined }));
    for (const [index, { alarm, clearedAt }] of all.entries()) {
      steps.catchUp(alarm, { repeats: index === 0 ? withheld : undefined, clearedAt });
    }
  };
  /** The window is over: tells what it withheld, or that the flood is. */
  const settle = (row: FloodRow): void => {
    if (row.withheld > 0) summarise(row);
    else tell(row, 'cleared');
  };
  const isOver = ({ startedAt }: FloodRow): boolean => world.now() < startedAt || world.now() - startedAt >= windowMs;

  return {
    /** Before anything is looked up for a report: a window that is over is settled, which changes what the outbox knows of alarms. */
    roll({ device, kind }: Pick<Point, 'device' | 'kind'>): void {
      const row = find.get(device, kind);
      if (!row || !isOver(row)) return;
      settle(row);
      begin.run(device, kind, world.now());
    },
    /** Counts a step of a point's alarm; false when it is to be withheld. `alarm`: the one that stands. */
    admits(
      { device, kind }: Point,
      { severity, detail }: { readonly severity: Severity; readonly detail?: Says['detail'] },
      alarm?: OpenAlarm,
    ): boolean {
      if (severity === 'critical' || alarm?.severity === 'critical') return true;
      const row = find.get(device, kind);
      if (!row) begin.run(device, kind, world.now());
      if ((row?.passed ?? 0) < limit) {
        count.run(1, 0, device, kind);
        return true;
      }
      const weight = weightOf(detail);
      count.run(0, weight, device, kind);
      counts.add('withheld', weight);
      if (row?.withheld === 0) tell(row, 'raised');
      return false;
    },
    /** Settles up to 500 windows that are over, and answers how many there were; a quiet one ends the condition. */
    settle(): number {
      const rows = due.all(world.now() - windowMs, world.now(), maxSettled);
      for (const row of rows) {
        settle(row);
        if (row.withheld > 0) begin.run(row.device, row.kind, world.now());
        else remove.run(row.device, row.kind);
      }
      return rows.length;
    },
  };
}

/** A driver that already counted repeats of its own speaks for all of them. */
function weightOf(detail: Says['detail'] | undefined): number {
  const repeats = detail?.['repeats'];
  return typeof repeats === 'number' && Number.isSafeInteger(repeats) && repeats > 0 ? repeats : 1;
}

function messageOf(state: Condition['state'], kind: AlarmKind, limit: number): Text {
  if (state === 'cleared') return { ko: `${kind} 알람 횟수가 다시 정상입니다.`, en: `The number of ${kind} alarms is normal again.` };
  return {
    ko: `${kind} 알람이 1분에 ${limit}회를 넘었습니다. 나머지는 세어서 한 번에 알립니다. 감지 설정이나 접점을 점검하십시오.`,
    en: `More than ${limit} ${kind} alarms in a minute. The rest is counted and told as one. Look at the detector’s settings or its contact.`,
  };
}
