// The alarms' procedures over a test's own connection, and reports to feed them.
import { type AlarmNeeds, type AlarmRules, alarmsMigrations, openAlarmsProcedures } from '#alarms/tables';
import type { Condition, EntryBody, Report, Transition } from '#model';
import { openTestDatabase, openTestWorld } from '../outbox/thread.ts';

/** What a test may set of the thread. */
export interface TestOptions {
  readonly rules?: AlarmRules | undefined;
  readonly bootId?: string;
  /** What the outbox does for the alarms; default: room for all, and nothing waits. */
  readonly needs?: AlarmNeeds;
}

export function openTestAlarms(db = openTestDatabase([alarmsMigrations]), { rules, bootId = 'boot-1', needs }: TestOptions = {}) {
  db.pragma('foreign_keys = ON');
  const entries: EntryBody[] = [];
  const ids: (string | undefined)[] = [];
  const append = (body: EntryBody, id?: string): void => {
    entries.push(body);
    ids.push(id);
  };
  const world = Object.assign(openTestWorld(), { append, bootId });
  const alarms = openAlarmsProcedures(db, world, rules, needs);
  /** What was told since the last look: `raised smoke-1/zone-1`. */
  const told = (): string[] => entries.splice(0).map(describeEntry);
  return { db, world, entries, ids, told, ...alarms };
}

export function transitionsOf(entries: readonly EntryBody[]): Transition[] {
  return entries.flatMap((entry) => (entry.class === 'alarm' ? [entry.value] : []));
}

function describeEntry(entry: EntryBody): string {
  if (entry.class === 'alarm')
    return `${entry.value.step}${entry.value.test ? ' test' : ''}${entry.value.reason ? ` ${entry.value.reason}` : ''}`;
  return entry.class === 'condition' ? `condition ${entry.value.state}` : entry.class;
}

export function report(changes: Partial<Report> = {}): Report {
  return {
    device: 'smoke-1',
    channel: 'zone-1',
    kind: 'smoke',
    state: 'active',
    occurrence: undefined,
    time: 1_760_000_000_000,
    clockQuality: 'receipt',
    ...changes,
  };
}

export function condition(state: Condition['state'], changes: Partial<Condition> = {}): Condition {
  return {
    device: 'cam-1',
    channel: 'device',
    kind: 'camera-lost',
    state,
    severity: 'major',
    time: 1,
    message: { ko: '응답 없음', en: 'no answer' },
    ...changes,
  };
}
