// The alarms' procedures: each report one transaction, each occurrence one name, tests apart from the real, order by row.
import { describe, expect, it } from 'vitest';
import { alarmListSql } from '../../src/alarms/listing.ts';
import { condition, openTestAlarms, report, transitionsOf } from './thread.ts';

const dayMs = 24 * 3_600_000;

describe('report', () => {
  it('raises, updates and clears one alarm under one id', () => {
    const alarms = openTestAlarms();
    const raised = alarms.report(report({ detail: { zone: 1 } }));
    expect(raised).toEqual({ result: 'raised', alarmId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(alarms.report(report({ detail: { zone: 1 } }))).toEqual({ result: 'unchanged', alarmId: raised.alarmId });
    expect(alarms.report(report({ detail: { zone: 2 }, severity: 'major' }))).toEqual({ result: 'updated', alarmId: raised.alarmId });
    expect(alarms.report(report({ state: 'inactive', time: 5 }))).toEqual({ result: 'cleared', alarmId: raised.alarmId });
    expect(alarms.report(report({ state: 'inactive' }))).toEqual({ result: 'unchanged', alarmId: undefined });
    expect(transitionsOf(alarms.entries)).toMatchObject([
      { step: 'raised', severity: 'critical', detail: { zone: 1 } },
      { step: 'updated', severity: 'major', detail: { zone: 2 } },
      { step: 'cleared', severity: 'major', detail: { zone: 2 }, time: 5 },
    ]);
    expect(new Set(transitionsOf(alarms.entries).map((step) => step.alarmId))).toEqual(new Set([raised.alarmId]));
    expect(alarms.list({ limit: 10 })).toMatchObject([{ alarmId: raised.alarmId, clearedAt: 5, updates: 1, severity: 'major' }]);
    expect(alarms.world.topics).toEqual(['alarms', 'alarms', 'alarms']);
  });

  it('says why an alarm ends where its device did not say it, unless a latch keeps it', () => {
    const alarms = openTestAlarms();
    alarms.report(report());
    alarms.report(report({ state: 'inactive', reason: 'timeout' }));
    alarms.report(report({ latch: true }));
    alarms.report(report({ state: 'inactive', reason: 'handling' }));
    expect(transitionsOf(alarms.entries).map(({ step, reason }) => [step, reason])).toEqual([
      ['raised', undefined],
      ['cleared', 'timeout'],
      ['raised', undefined],
      ['updated', 'latched'],
    ]);
  });

  it('knows a retry by its occurrence, also after the clear', () => {
    const alarms = openTestAlarms();
    const first = alarms.report(report({ occurrence: 'k-1' }));
    alarms.report(report({ state: 'inactive', occurrence: 'k-2' }));
    expect(alarms.told()).toEqual(['raised', 'cleared']);
    expect(alarms.report(report({ occurrence: 'k-1' }))).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    expect(alarms.report(report({ state: 'inactive', occurrence: 'k-2' }))).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    expect(alarms.told()).toEqual([]);
  });

  it('takes a name that the driver made for a retry only until its point changes', () => {
    const alarms = openTestAlarms();
    const named = (state: 'active' | 'inactive' | 'pulse', occurrence: string) =>
      alarms.report(report({ state, occurrence, occurrenceKind: 'derived' }));
    const first = named('active', 'confirmed');
    expect(named('active', 'confirmed')).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    expect(named('inactive', 'exit')).toEqual({ result: 'cleared', alarmId: first.alarmId });
    expect(named('inactive', 'exit')).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    const second = named('active', 'confirmed');
    expect(second.result).toBe('raised');
    expect(second.alarmId).not.toBe(first.alarmId);
    expect(named('active', 'confirmed')).toEqual({ result: 'duplicate', alarmId: second.alarmId });
    expect(named('inactive', 'exit')).toEqual({ result: 'cleared', alarmId: second.alarmId });
    expect(named('pulse', 'p').result).toBe('raised');
    expect(named('pulse', 'p').result).toBe('duplicate');
    expect(alarms.told()).toEqual(['raised', 'cleared', 'raised', 'cleared', 'raised', 'cleared pulse']);
  });

  it('tells every new occurrence, also of an alarm that is open already', () => {
    const alarms = openTestAlarms();
    const results = ['a', 'b', 'b', 'c'].map((occurrence) => alarms.report(report({ occurrence })).result);
    expect(results).toEqual(['raised', 'updated', 'duplicate', 'updated']);
    expect(alarms.told()).toEqual(['raised', 'updated', 'updated']);
  });

  it.each([
    ['another device', { device: 'smoke-2' }, 'raised'],
    ['another channel of the same message', { channel: 'zone-2' }, 'raised'],
    ['another kind of the same message', { kind: 'fire' }, 'raised'],
    ['the end of the same happening', { state: 'inactive' }, 'cleared'],
    ['a test', { test: true }, 'raised'],
    ['a key that differs beyond 200 characters', { occurrence: `${'k'.repeat(300)}2` }, 'updated'],
  ] as const)('takes a key for %s as its own', (_, changes, result) => {
    const alarms = openTestAlarms();
    alarms.report(report({ occurrence: `${'k'.repeat(300)}1` }));
    expect(alarms.report(report({ occurrence: `${'k'.repeat(300)}1`, ...changes })).result).toBe(result);
  });

  it('remembers keys over restarts and lets them go after seven days', () => {
    const first = openTestAlarms();
    first.report(report({ occurrence: 'k' }));
    const later = openTestAlarms(first.db);
    later.world.time = first.world.time + 7 * dayMs;
    expect(later.report(report({ occurrence: 'k' })).result).toBe('duplicate');
    later.world.time += 1;
    expect(later.report(report({ occurrence: 'k' })).result).toBe('updated');
    expect(later.report(report({ occurrence: 'k' })).result).toBe('duplicate');
  });

  it('raises and clears a pulse at once, and leaves an open alarm alone', () => {
    const alarms = openTestAlarms();
    const pulse = alarms.report(report({ state: 'pulse', occurrence: 'p-1' }));
    expect(pulse.result).toBe('raised');
    expect(alarms.told()).toEqual(['raised', 'cleared pulse']);
    expect(alarms.report(report({ state: 'pulse', occurrence: 'p-1' }))).toEqual({ result: 'duplicate', alarmId: pulse.alarmId });
    const open = alarms.report(report());
    expect(alarms.report(report({ state: 'pulse', occurrence: 'p-2' })).result).toBe('raised');
    expect(alarms.open({ device: 'smoke-1' }).map((alarm) => alarm.alarmId)).toEqual([open.alarmId]);
    expect(alarms.counts()).toMatchObject({ open: 1, raised: 3, cleared: 2, duplicates: 1 });
  });

  it('keeps tests and real alarms apart', () => {
    const alarms = openTestAlarms();
    alarms.report(report({ test: true }));
    expect(alarms.report(report()).result).toBe('raised');
    expect(alarms.report(report({ state: 'inactive', test: true })).result).toBe('cleared');
    expect(alarms.open({ device: undefined })).toMatchObject([{ test: false }]);
    alarms.report(report({ test: true }));
    expect(alarms.report(report({ state: 'inactive' })).result).toBe('cleared');
    expect(alarms.open({ device: undefined })).toMatchObject([{ test: true }]);
    expect(alarms.told()).toEqual(['raised test', 'raised', 'cleared test', 'raised test', 'cleared']);
    expect(alarms.counts()).toMatchObject({ open: 0, openTest: 1 });
  });

  it('loses no alarm over its detail', () => {
    const alarms = openTestAlarms();
    expect(alarms.report(report({ detail: { text: 'x'.repeat(100_000) } })).result).toBe('raised');
    expect(transitionsOf(alarms.entries)[0]?.detail).toMatchObject({ truncated: true });
  });
});

describe('condition', () => {
  it('is told once until it ends, also over restarts', () => {
    const first = openTestAlarms();
    expect(first.condition(condition('raised'))).toBe('raised');
    expect(first.condition(condition('raised', { message: { ko: '다른 말', en: 'other words' } }))).toBe('unchanged');
    expect(first.told()).toEqual(['condition raised']);
    const later = openTestAlarms(first.db);
    expect(later.condition(condition('raised'))).toBe('unchanged');
    expect(later.openConditions()).toEqual([{ ...condition('raised'), detail: '' }]);
    expect(later.condition(condition('cleared'))).toBe('cleared');
    expect(later.condition(condition('cleared'))).toBe('unchanged');
    expect(later.told()).toEqual(['condition cleared']);
    expect(later.counts().conditions).toBe(0);
  });

  it('keeps its detail at the site', () => {
    const alarms = openTestAlarms();
    alarms.condition(condition('raised', { detail: `10.0.0.5:80 ${'x'.repeat(900)}` }));
    alarms.condition(condition('cleared', { detail: '10.0.0.5:80' }));
    expect(alarms.entries).toHaveLength(2);
    expect(JSON.stringify(alarms.entries)).not.toContain('10.0.0.5');
    alarms.condition(condition('raised', { detail: `10.0.0.5:80 ${'x'.repeat(900)}` }));
    expect(alarms.openConditions()).toMatchObject([{ detail: `10.0.0.5:80 ${'x'.repeat(288)}` }]);
  });

  it('keeps devices, channels and kinds apart and its message short', () => {
    const alarms = openTestAlarms();
    const steps = [
      condition('raised'),
      condition('raised', { channel: '1' }),
      condition('raised', { kind: 'camera-fault', message: { ko: '연'.repeat(900), en: 'x'.repeat(900) } }),
    ];
    expect(steps.map((step) => alarms.condition(step))).toEqual(['raised', 'raised', 'raised']);
    expect(alarms.openConditions().map(({ message }) => [message.ko.length, message.en.length])).toEqual([
      [5, 9],
      [500, 500],
      [5, 9],
    ]);
  });

  it.each([
    ['no JSON', "'z' || substr(message, 2)"],
    ['a name gone wrong', `replace(message, '"en"', '"eo"')`],
  ])('tells what stands, also with words that damage has changed: %s', (_what, changed) => {
    const alarms = openTestAlarms();
    alarms.condition(condition('raised'));
    alarms.condition(condition('raised', { device: 'cam-2' }));
    alarms.db.pragma('ignore_check_constraints = ON');
    alarms.db.exec(`UPDATE alarm_condition SET message = ${changed} WHERE device = 'cam-1'`);
    expect(alarms.openConditions().map(({ device, message }) => [device, message.en])).toEqual([
      ['cam-1', expect.stringMatching(/.{3}no answer/)],
      ['cam-2', 'no answer'],
    ]);
  });
});

describe('damage that only shows in the text of an alarm', () => {
  it('costs its facts and nothing else: it is listed, updated and cleared', () => {
    const alarms = openTestAlarms();
    alarms.report(report({ detail: { zone: 1 } }));
    alarms.report(report({ device: 'smoke-2', detail: { zone: 2 } }));
    alarms.db.exec(`UPDATE alarm SET detail = '{"zone', acknowledged = '{"by' WHERE device = 'smoke-1'`);
    alarms.db.exec(`UPDATE alarm_transition SET detail = 'x', act = '{' WHERE row = 1`);
    expect(alarms.open({ device: undefined }).map(({ detail }) => detail)).toEqual([{}, { zone: 2 }]);
    expect(alarms.transitions({ after: undefined, limit: 10 })).toHaveLength(2);
    expect(alarms.report(report({ state: 'inactive' }))).toMatchObject({ result: 'cleared' });
  });
});

describe('lists', () => {
  function filled() {
    const alarms = openTestAlarms();
    // A clock that runs backwards: the order of the list is the order of the reports.
    for (let index = 0; index < 6; index += 1) {
      alarms.world.time -= dayMs;
      alarms.report(report({ device: `d-${index % 2}`, channel: `c-${index}`, kind: index < 3 ? 'smoke' : 'fall', time: 1000 - index }));
    }
    alarms.report(report({ device: 'd-0', channel: 'c-0', state: 'inactive' }));
    return alarms;
  }

  it.each([
    ['all', {}, [5, 4, 3, 2, 1, 0]],
    ['of a device', { device: 'd-1' }, [5, 3, 1]],
    ['of a kind', { kind: 'smoke' }, [2, 1, 0]],
    ['that are open', { openOnly: true, device: 'd-0' }, [4, 2]],
    ['of a device and a kind', { device: 'd-0', kind: 'fall' }, [4]],
  ])('alarms %s, newest first', (_, filter, expected) => {
    expect(
      filled()
        .list({ limit: 10, ...filter })
        .map((alarm) => Number(alarm.channel.slice(2))),
    ).toEqual(expected);
  });

  it('pages by the last alarm of the page before', () => {
    const alarms = filled();
    const first = alarms.list({ limit: 4 });
    const second = alarms.list({ limit: 4, before: first.at(-1)?.alarmId });
    expect([...first, ...second].map((alarm) => alarm.channel)).toEqual(['c-5', 'c-4', 'c-3', 'c-2', 'c-1', 'c-0']);
    expect(alarms.list({ limit: 4, before: 'nobody' })).toEqual([]);
  });

  it('follows transitions by row', () => {
    const alarms = filled();
    const newest = alarms.transitions({ after: undefined, limit: 2 });
    expect(newest.map(({ transition }) => transition.step)).toEqual(['raised', 'cleared']);
    const all = alarms.transitions({ after: 0, limit: 1000 });
    expect(all.map(({ transition }) => transition)).toEqual(transitionsOf(alarms.entries));
    expect(alarms.transitions({ after: newest.at(-1)?.row, limit: 10 })).toEqual([]);
    expect(alarms.transitions({ after: all[2]?.row, limit: 2 })).toEqual(all.slice(3, 5));
  });

  it.each([
    [{}, /SEARCH alarm USING INTEGER PRIMARY KEY/],
    [{ device: 'a' }, /SEARCH alarm USING INDEX alarm_device/],
    [{ kind: 'smoke' }, /SEARCH alarm USING INDEX alarm_kind/],
    [{ openOnly: true, device: 'a' }, /SEARCH alarm USING INDEX alarm_open \(device=\?\)/],
    [{ openOnly: true }, /USING INDEX alarm_open/],
  ])('walks an index for %j', (filter, expected) => {
    const values = Object.values(filter).filter((value) => typeof value === 'string');
    const plan = openTestAlarms()
      .db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${alarmListSql(filter)}`)
      .all(...values, 99, 10);
    expect(plan.map((row) => row.detail).join('; ')).toMatch(expected);
  });
});

describe('prune', () => {
  it('removes old keys and cleared alarms in bounded steps, and nothing that is open', () => {
    const alarms = openTestAlarms();
    const start = alarms.world.time;
    for (const channel of ['a', 'b']) {
      alarms.report(report({ channel, occurrence: channel }));
      alarms.report(report({ channel, state: 'inactive' }));
    }
    alarms.report(report({ channel: 'open', occurrence: 'open' }));
    alarms.world.time = start + 7 * dayMs;
    expect(alarms.prune({ clearedBefore: start, limit: 1000 })).toBe(0);
    alarms.world.time += 1;
    const due = { clearedBefore: start + 1, limit: 4 };
    // Three keys, two alarms, four transitions of cleared alarms.
    expect([alarms.prune(due), alarms.prune(due), alarms.prune(due), alarms.prune(due)]).toEqual([4, 4, 1, 0]);
    expect(alarms.list({ limit: 10 }).map((alarm) => alarm.channel)).toEqual(['open']);
    expect(alarms.transitions({ after: 0, limit: 10 })).toHaveLength(1);
    expect(alarms.report(report({ channel: 'a', occurrence: 'a' })).result).toBe('raised');
  });

  it('removes nothing of which the outbox still has an entry, and looks past it', () => {
    const owed = new Set<string>();
    const alarms = openTestAlarms(undefined, { needs: { makeRoom: () => true, waits: (alarmId) => owed.has(alarmId) } });
    const start = alarms.world.time;
    for (const channel of ['a', 'b']) {
      const { alarmId = '' } = alarms.report(report({ channel }));
      if (channel === 'a') owed.add(alarmId);
      alarms.report(report({ channel, state: 'inactive' }));
    }
    const due = { clearedBefore: start + 1, limit: 100 };
    expect([alarms.prune(due), alarms.prune(due)]).toEqual([3, 0]);
    expect(alarms.list({ limit: 10 }).map((alarm) => alarm.channel)).toEqual(['a']);
    owed.clear();
    expect(alarms.prune(due)).toBe(3);
  });

  it('does not trust a clock that was unset or ran ahead', () => {
    const alarms = openTestAlarms();
    const present = alarms.world.time;
    const step = { clearedBefore: present - 30 * dayMs, limit: 100 };
    alarms.world.time = 5000;
    alarms.report(report({ occurrence: 'unset' }));
    alarms.report(report({ state: 'inactive' }));
    expect(alarms.prune({ ...step, clearedBefore: 9000 })).toBe(0);
    alarms.world.time = present + 3650 * dayMs;
    alarms.report(report({ channel: 'z', occurrence: 'ahead' }));
    alarms.world.time = present;
    expect(alarms.report(report({ occurrence: 'unset' })).result).toBe('duplicate');
    expect(alarms.prune(step)).toBe(0);
    expect(alarms.list({ limit: 10 })).toHaveLength(2);
    alarms.world.time = present + 8 * dayMs;
    expect(alarms.prune(step)).toBe(2);
  });
});
