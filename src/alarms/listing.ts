// Lists of alarms and of their transitions, newest by row and never by time.
import type { Database, Statement } from 'better-sqlite3';
import type { Alarm, PersonAct, Transition } from '#model';
import { readDetail, readStored } from './detail.ts';

/** Which alarms, newest first. */
export interface AlarmFilter {
  /** 1 … 1,000. */
  readonly limit: number;
  readonly device?: string | undefined;
  readonly kind?: string | undefined;
  /** Only those not cleared. Default false. */
  readonly openOnly?: boolean | undefined;
  /** Only those raised before this alarm: the last one of the page before. An unknown id gives an empty list. */
  readonly before?: string | undefined;
}

/** A transition with its place in the order of the commits. */
export interface TransitionRow {
  readonly row: number;
  readonly transition: Transition;
}

/** An alarm with what happened to it and what people did, in the order of the commits. */
export interface AlarmHistory {
  readonly alarm: Alarm;
  readonly transitions: readonly TransitionRow[];
}

/** Which transitions. */
export interface TransitionAsk {
  /** Those after this row, oldest first; undefined: the newest `limit`, oldest first. */
  readonly after: number | undefined;
  /** 1 … 1,000. */
  readonly limit: number;
}

const maxPage = 1000;
const maxOpen = 20_000;

export const alarmColumns = `alarm_id AS alarmId, device, channel, kind, severity, raised_at AS raisedAt, cleared_at AS clearedAt, updates, test, detail,
  acknowledged, latched, ended_at AS endedAt, care AS maintenance`;

/** Opens the lists. */
export function openListing(db: Database) {
  const list = openAlarmList(db);
  const rowOf = db.prepare<[string], number>('SELECT row FROM alarm WHERE alarm_id = ?').pluck();
  const after = db.prepare<[number, number], TransitionRecord>(transitionsWhere('t.row > CAST(? AS INTEGER) ORDER BY t.row'));
  const ofAlarm = db.prepare<[string, number], TransitionRecord>(transitionsWhere('a.alarm_id = ? ORDER BY t.row DESC'));
  const byId = db.prepare<[string], AlarmRecord>(`SELECT ${alarmColumns} FROM alarm WHERE alarm_id = ?`);
  const newest = db.prepare<[number], TransitionRecord>(transitionsWhere('true ORDER BY t.row DESC'));
  return {
    /** Open alarms, oldest first, of one device or of all; at most 20,000. */
    open({ device }: { readonly device: string | undefined }): readonly Alarm[] {
      return list({ device, openOnly: true }, Number.MAX_SAFE_INTEGER, maxOpen).toReversed();
    },
    list(filter: AlarmFilter): readonly Alarm[] {
      const before = filter.before === undefined ? Number.MAX_SAFE_INTEGER : (rowOf.get(filter.before) ?? 0);
      return list(filter, before, Math.min(filter.limit, maxPage));
    },
    /** An alarm with its newest 1,000 transitions, oldest first. */
    show({ alarmId }: { readonly alarmId: string }): AlarmHistory | undefined {
      const alarm = byId.get(alarmId);
      return alarm && { alarm: toAlarm(alarm), transitions: ofAlarm.all(alarmId, maxPage).toReversed().map(toTransition) };
    },
    transitions({ after: from, limit }: TransitionAsk): readonly TransitionRow[] {
      const bound = Math.min(limit, maxPage);
      return (from === undefined ? newest.all(bound).toReversed() : after.all(from, bound)).map(toTransition);
    },
  };
}

type Filters = Pick<AlarmFilter, 'device' | 'kind' | 'openOnly'>;
export type AlarmRecord = Omit<Alarm, 'clearedAt' | 'test' | 'detail' | 'acknowledged' | 'latched' | 'maintenance'> & {
  clearedAt: number | null;
  test: number;
  detail: string;
  acknowledged: string | null;
  latched: number;
  endedAt: number | null;
  maintenance: number;
};

/** One statement for each combination of filters, prepared when first asked for, so that each has the plan that suits it. */
function openAlarmList(db: Database) {
  const statements = new Map<string, Statement<(string | number)[], AlarmRecord>>();
  return ({ device, kind, openOnly }: Filters, before: number, limit: number): Alarm[] => {
    const sql = alarmListSql({ device, kind, openOnly });
    const statement = statements.get(sql) ?? db.prepare<(string | number)[], AlarmRecord>(sql);
    statements.set(sql, statement);
    const named = [device, kind].filter((value) => value !== undefined);
    return statement.all(...named, before, limit).map(toAlarm);
  };
}

/** The statement of a list; its parameters are the device and the kind if they are given, the row before which, and the limit. */
export function alarmListSql({ device, kind, openOnly }: Filters): string {
  const terms = [
    device === undefined ? [] : ['device = ?'],
    kind === undefined ? [] : ['kind = ?'],
    openOnly === true ? ['closed_at IS NULL'] : [],
    ['row < ?'],
  ].flat();
  // Few alarms are open and many were: without the word a device's whole history would be walked for its open ones.
  const source = openOnly === true ? 'alarm INDEXED BY alarm_open' : 'alarm';
  return `SELECT ${alarmColumns} FROM ${source} WHERE ${terms.join(' AND ')} ORDER BY row DESC LIMIT ?`;
}

/** A row as an alarm. */
export function toAlarm({ clearedAt, test, detail, acknowledged, latched, endedAt, maintenance, ...rest }: AlarmRecord): Alarm {
  const seen = acknowledged === null ? undefined : (readStored(acknowledged) as Alarm['acknowledged']);
  return {
    ...rest,
    clearedAt: clearedAt ?? undefined,
    test: test === 1,
    detail: readDetail(detail),
    ...(seen && { acknowledged: seen }),
    ...(latched === 1 ? { latched: endedAt === null ? 'standing' : 'over' } : {}),
    ...(maintenance === 1 ? { maintenance: true } : {}),
  };
}

type TransitionRecord = Omit<Transition, 'test' | 'detail' | 'reason' | 'act' | 'shelved'> & {
  row: number;
  test: number;
  detail: string;
  reason: string | null;
  act: string | null;
  shelved: number;
};

function transitionsWhere(condition: string): string {
  return `SELECT t.row, a.alarm_id AS alarmId, t.step, a.device, a.channel, a.kind, t.severity, t.time, t.clock_quality AS clockQuality, t.detail, a.test, t.reason, t.act, t.shelved
    FROM alarm_transition t JOIN alarm a ON a.row = t.alarm WHERE ${condition} LIMIT ?`;
}

function toTransition({ row, test, detail, reason, act, shelved, ...rest }: TransitionRecord): TransitionRow {
  const done = act === null ? undefined : (readStored(act) as PersonAct | undefined);
  const transition: Transition = {
    ...rest,
    detail: readDetail(detail),
    test: test === 1,
    ...(reason === null ? {} : { reason }),
    ...(done && { act: done }),
    ...(shelved === 1 ? { shelved: true } : {}),
  };
  return { row, transition };
}
