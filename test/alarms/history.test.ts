// The history: search in bounded steps, show with the acts of people, what the disk's limit takes, and what a salvage repairs.
import { describe, expect, it } from 'vitest';
import { alarmsMigrations, openForgetHistory, openForgetKeys } from '#alarms/tables';
import type { Report } from '#model';
import { openTestAlarms, report } from './thread.ts';

describe('search', () => {
  function filled() {
    const alarms = openTestAlarms();
    for (let index = 0; index < 6; index += 1) {
      const [device, kind] = index % 2 === 0 ? (['d-0', 'smoke'] as const) : (['d-1', 'fall'] as const);
      alarms.report(
        report({ device, kind, channel: `c-${index}`, time: 1000 * index, detail: { place: index === 3 ? '지하 100%_A' : '1층' } }),
      );
    }
    alarms.report(report({ device: 'd-0', channel: 'c-0', state: 'inactive' }));
    return alarms;
  }

  it.each([
    [{}, [5, 4, 3, 2, 1, 0]],
    [{ from: 2000 }, [5, 4, 3, 2]],
    [{ to: 2000 }, [1, 0]],
    [{ from: 1000, to: 4000, device: 'd-1' }, [3, 1]],
    [{ kind: 'smoke', openOnly: true }, [4, 2]],
    [{ severity: 'critical', text: 'd-1' }, [5, 3, 1]],
    [{ severity: 'minor' }, []],
    [{ text: '지하' }, [3]],
    [{ text: '100%_a' }, [3]],
    [{ text: '%' }, [3]],
    [{ text: 'c-_' }, []],
  ] as const)('finds %j', (filter, expected) => {
    const { alarms, next } = filled().search({ limit: 10, ...filter });
    expect(alarms.map((alarm) => Number(alarm.channel.slice(2)))).toEqual(expected);
    expect(next).toBeUndefined();
  });

  it('goes through a long history in steps, and pages', () => {
    const alarms = openTestAlarms();
    alarms.db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
      INSERT INTO alarm (alarm_id, device, channel, kind, test, severity, raised_at, cleared_at, closed_at, detail)
      SELECT 'a-' || i, 'd', 'c', 'fall', 0, iif(i % 4000 = 1, 'critical', 'minor'), i, i, i, '{}' FROM n`);
    const ask = { limit: 10, severity: 'critical' };
    const first = alarms.search(ask);
    const second = alarms.search({ ...ask, below: first.next });
    const third = alarms.search({ ...ask, below: second.next });
    expect([first, second, third].map((step) => step.alarms.map(({ alarmId }) => alarmId))).toEqual([['a-8001'], ['a-4001'], ['a-1']]);
    expect([first.next, second.next, third.next]).toEqual([7001, 2001, undefined]);
    expect(alarms.search({ limit: 2, before: 'a-4001' }).alarms.map(({ alarmId }) => alarmId)).toEqual(['a-4000', 'a-3999']);
    expect(alarms.search({ limit: 2, before: 'nobody' })).toEqual({ alarms: [], next: undefined });
  });
});

it('shows an alarm with all that happened to it', () => {
  const alarms = openTestAlarms();
  const { alarmId = '' } = alarms.report(report());
  alarms.report(report({ channel: 'other' }));
  alarms.acknowledge({ alarmId, by: 'cli:kim', note: 'seen' });
  alarms.clear({ alarmId, by: 'cli:kim', note: 'dust' });
  const shown = alarms.show({ alarmId });
  expect(shown?.alarm).toMatchObject({ alarmId, acknowledged: { by: 'cli:kim', note: 'seen' } });
  expect(shown?.transitions.map(({ transition: { step, act } }) => [step, act?.act, act?.note])).toEqual([
    ['raised', undefined, undefined],
    ['updated', 'acknowledged', 'seen'],
    ['cleared', 'cleared', 'dust'],
  ]);
  expect(alarms.show({ alarmId: 'nobody' })).toBeUndefined();
});

describe('what the disk’s limit takes', () => {
  function filled() {
    const alarms = openTestAlarms();
    for (const channel of ['a', 'b', 'c', 'd']) alarms.report(report({ channel }));
    for (const channel of ['a', 'b', 'd']) alarms.report(report({ channel, state: 'inactive' }));
    alarms.world.time += 60_001;
    const left = (): string[] => alarms.list({ limit: 10 }).map(({ channel }) => channel);
    const idOf = (channel: string): string => alarms.list({ limit: 10 }).find((alarm) => alarm.channel === channel)?.alarmId ?? '';
    return { ...alarms, left, idOf, forget: openForgetHistory(alarms.db, () => alarms.world.time) };
  }

  it('is the oldest that is over and owed to nobody', () => {
    const { forget, left, idOf, world } = filled();
    const owed = idOf('a');
    expect(forget(3, (id) => id === owed)).toBe(3);
    expect(left()).toEqual(['d', 'c', 'a']);
    expect(forget(100, (id) => id === owed)).toBe(3);
    expect(left()).toEqual(['c', 'a']);
    expect(forget(100, (id) => id === owed)).toBe(0);
    world.time += 1000;
    expect(forget(100, () => false)).toBe(3);
    expect(left()).toEqual(['c']);
  });

  it('is nothing that was cleared just now: the call that clears it may be the one that needs the room', () => {
    const alarms = filled();
    alarms.report(report({ state: 'pulse' }));
    expect(alarms.forget(100, () => false)).toBe(9);
    expect(alarms.left()).toEqual(['zone-1', 'c']);
  });

  it.each([
    ['was never set since the power cut', 60_000],
    ['was set back by a day', 1_760_000_000_000 - 86_400_000],
  ])('is over also when the clock %s', (_what, time) => {
    const alarms = filled();
    alarms.world.time = time;
    alarms.report(report({ state: 'pulse' }));
    expect(alarms.forget(100, () => false)).toBe(9);
    expect(alarms.left()).toEqual(['zone-1', 'c']);
  });

  it('comes in steps that fit the limit, and none of what is left points nowhere', () => {
    const { forget, left, db } = filled();
    expect(forget(1, () => false)).toBe(1);
    expect(left()).toEqual(['d', 'c', 'b', 'a']);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(forget(2, () => false)).toBe(2);
    expect(left()).toEqual(['d', 'c', 'b']);
  });
});

it('repairs counters, words that are none, and steps of nothing after a salvage', () => {
  const alarms = openTestAlarms();
  const { alarmId = '' } = alarms.report(report());
  alarms.report(report({ test: true }));
  alarms.report(report({ channel: 'gone' }));
  alarms.report(report({ channel: 'over' }));
  alarms.report(report({ channel: 'over', state: 'inactive' }));
  alarms.acknowledge({ alarmId, by: 'cli:kim', note: '' });
  alarms.db.pragma('foreign_keys = OFF');
  alarms.db.exec(`DELETE FROM alarm WHERE channel = 'gone'; UPDATE alarm SET detail = '{"a', acknowledged = '{' WHERE alarm_id = '${alarmId}';
    UPDATE alarm_transition SET act = 'x', detail = '' WHERE act IS NOT NULL;
    DELETE FROM alarm_count WHERE name <> 'cleared'; UPDATE alarm_count SET value = 50 WHERE name = 'cleared'`);
  for (const sql of alarmsMigrations.repair ?? []) alarms.db.exec(sql);
  expect(alarms.counts()).toMatchObject({ open: 1, openTest: 1, conditions: 0, raised: 3, updated: 1, cleared: 50 });
  expect(alarms.list({ limit: 10 }).map(({ channel }) => channel)).toEqual(['over', 'zone-1', 'zone-1']);
  expect(alarms.show({ alarmId })?.transitions).toHaveLength(2);
  expect(alarms.db.pragma('foreign_key_check')).toEqual([]);
  expect(alarms.report(report({ state: 'inactive' })).result).toBe('cleared');
});

it('keeps the first step of an alarm, its newest thousand, and what people did', () => {
  const alarms = openTestAlarms();
  const { alarmId = '' } = alarms.report(report({ kind: 'motion', occurrence: 'first' }));
  alarms.acknowledge({ alarmId, by: 'cli:kim', note: 'seen' });
  alarms.report(report({ kind: 'motion', channel: 'other' }));
  for (let index = 0; index < 3000; index += 1) alarms.report(report({ kind: 'motion', occurrence: `${index}`, detail: { index } }));
  const all = alarms.transitions({ after: 0, limit: 1000 });
  expect(all.slice(0, 3).map(({ transition: { step, reason, channel } }) => [step, reason, channel])).toEqual([
    ['raised', undefined, 'zone-1'],
    ['updated', 'acknowledged', 'zone-1'],
    ['raised', undefined, 'other'],
  ]);
  const kept = alarms.db.prepare('SELECT count(*) FROM alarm_transition').pluck().get();
  expect(kept).toBeGreaterThanOrEqual(1002);
  expect(kept).toBeLessThan(1100);
  expect(alarms.show({ alarmId })?.transitions.at(-1)?.transition.detail).toEqual({ index: 2999 });
});

describe('keys', () => {
  const keysOf = ({ db }: ReturnType<typeof openTestAlarms>): unknown[] =>
    db.prepare('SELECT occurrence FROM alarm_occurrence ORDER BY recorded_at').pluck().all();
  const inactive = report({ kind: 'motion', state: 'inactive' });

  it('that a driver made are not kept when they came to nothing', () => {
    const alarms = openTestAlarms();
    const words = { ...inactive, occurrence: 'words', occurrenceKind: 'derived' } as const;
    expect([alarms.report(words), alarms.report(words)].map(({ result }) => result)).toEqual(['unchanged', 'unchanged']);
    expect(keysOf(alarms)).toEqual([]);
  });

  it('that a sender made are: a late retry of an end must not end the next alarm', () => {
    const alarms = openTestAlarms();
    const late = { ...inactive, occurrence: 'end-1' };
    expect(alarms.report(late).result).toBe('unchanged');
    alarms.report({ ...inactive, state: 'active', occurrence: 'begin-2' });
    expect(alarms.report(late).result).toBe('duplicate');
    expect(alarms.open({ device: undefined })).toHaveLength(1);
  });

  it('that a driver made of a time name a retry that comes under a later one, of the same point and not before that time', () => {
    const alarms = openTestAlarms();
    const press = (at: number, more: Partial<Report> = {}) =>
      alarms.report(
        report({ state: 'pulse', occurrence: `body:${at}`, occurrenceAfter: `body:${at - 5}`, occurrenceKind: 'derived', ...more }),
      );
    const first = press(13);
    expect(press(17)).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    expect(press(17, { channel: 'zone-9' }).result).toBe('raised');
    const second = press(18);
    expect(second.result).toBe('raised');
    expect(press(19)).toEqual({ result: 'duplicate', alarmId: second.alarmId });
    const plan = alarms.db
      .prepare(
        "EXPLAIN QUERY PLAN SELECT alarm_id FROM alarm_occurrence WHERE device = 'd' AND occurrence > 'a' AND occurrence <= 'b' AND kind = 'fire'",
      )
      .all();
    expect(JSON.stringify(plan)).toMatch(/SEARCH alarm_occurrence USING .*device=\? AND occurrence>\? AND occurrence<\?/);
  });

  it('that came to nothing are not kept without room', () => {
    const alarms = openTestAlarms(undefined, { needs: { makeRoom: () => false, waits: () => false } });
    alarms.report({ ...inactive, occurrence: 'end' });
    alarms.report(report({ occurrence: 'fire' }));
    expect(keysOf(alarms)).toEqual(['fire']);
  });

  it('give way when no history is left: first those of little worth, the oldest first; the others only when nothing else may', () => {
    const alarms = openTestAlarms();
    const keys = ['a', 'b', 'c', 'd'].map((occurrence) => ({ occurrence, channel: occurrence }));
    for (const [index, key] of keys.entries()) {
      alarms.world.time += 1;
      alarms.report(report({ ...key, occurrenceKind: index % 2 === 0 ? 'given' : 'derived' }));
    }
    const forget = openForgetHistory(alarms.db, () => alarms.world.time);
    expect(forget(1, () => false)).toBe(1);
    expect(keysOf(alarms)).toEqual(['a', 'c', 'd']);
    expect([forget(10, () => false), forget(10, () => false)]).toEqual([1, 0]);
    expect(keysOf(alarms)).toEqual(['a', 'c']);
    const forgetKeys = openForgetKeys(alarms.db);
    expect(forgetKeys(1)).toBe(1);
    expect(keysOf(alarms)).toEqual(['c']);
  });
});
