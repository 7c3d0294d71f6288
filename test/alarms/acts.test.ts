// What people do: acknowledge, clear, latch and reset, shelve, maintenance. All of it stands in the history, nothing of it is lost to the hub.
import { describe, expect, it } from 'vitest';
import { secondEntryId } from '#alarms';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

const minuteMs = 60_000;
const by = 'cli:kim (claimed)';
const shelf = { form: 'shelf', device: 'smoke-1', kind: '', by, reason: 'dust', lengthMs: 30 * minuteMs, monotonicMs: 1000 } as const;
const maintenance = { ...shelf, form: 'maintenance', reason: 'new battery' } as const;

function raised(changes: Parameters<typeof report>[0] = {}) {
  const alarms = openTestAlarms();
  const { alarmId = '' } = alarms.report(report(changes));
  alarms.told();
  return { ...alarms, alarmId };
}

describe('acknowledge', () => {
  it('is told once, with who and why', () => {
    const alarms = raised();
    expect(alarms.acknowledge({ alarmId: alarms.alarmId, by, note: 'seen' })).toBe('acknowledged');
    expect(transitionsOf(alarms.entries)).toMatchObject([
      { step: 'updated', reason: 'acknowledged', severity: 'critical', act: { act: 'acknowledged', by, note: 'seen' } },
    ]);
    expect(alarms.acknowledge({ alarmId: alarms.alarmId, by: 'hub:lee', note: 'too late' })).toBe('unchanged');
    expect(alarms.entries).toHaveLength(1);
    expect(alarms.list({ limit: 1 })[0]?.acknowledged).toEqual({ by, at: alarms.world.time, note: 'seen' });
    expect(alarms.report(report({ state: 'inactive' })).result).toBe('cleared');
  });

  it('of an alarm that is over is written down, and its last word to the hub stays the last', () => {
    const alarms = openTestAlarms();
    const { alarmId = '' } = alarms.report(report({ state: 'pulse' }));
    alarms.told();
    expect(alarms.acknowledge({ alarmId, by, note: '' })).toBe('acknowledged');
    expect(alarms.entries).toEqual([]);
    expect(alarms.show({ alarmId })?.transitions.map(({ transition }) => transition.reason)).toEqual([undefined, 'pulse', 'acknowledged']);
    expect(alarms.acknowledge({ alarmId: 'nobody', by, note: '' })).toBe('unknown');
  });
});

describe('clear by a person', () => {
  it('ends the alarm for good; what comes then is a new one', () => {
    const alarms = raised();
    expect(alarms.clear({ alarmId: alarms.alarmId, by, note: 'stuck contact' })).toBe('cleared');
    expect(transitionsOf(alarms.entries)).toMatchObject([
      { step: 'cleared', reason: 'person', act: { act: 'cleared', note: 'stuck contact' } },
    ]);
    expect(alarms.clear({ alarmId: alarms.alarmId, by, note: '' })).toBe('over');
    expect(alarms.clear({ alarmId: 'nobody', by, note: '' })).toBe('unknown');
    expect(alarms.counts()).toMatchObject({ open: 0, cleared: 1 });
    expect(alarms.report(report()).alarmId).not.toBe(alarms.alarmId);
  });
});

describe('a latch', () => {
  it('holds the alarm over its end until a person resets it', () => {
    const alarms = openTestAlarms();
    const { alarmId = '' } = alarms.report(report({ latch: true }));
    expect(alarms.report(report({ state: 'inactive', time: 7 }))).toEqual({ result: 'updated', alarmId });
    expect(alarms.report(report({ state: 'inactive' })).result).toBe('unchanged');
    expect(alarms.list({ limit: 1 })[0]).toMatchObject({ latched: 'over', clearedAt: undefined });
    expect(alarms.report(report())).toEqual({ result: 'updated', alarmId });
    expect(alarms.list({ limit: 1 })[0]).toMatchObject({ latched: 'standing' });
    alarms.report(report({ state: 'inactive' }));
    expect(alarms.clear({ alarmId, by, note: 'panel reset' })).toBe('cleared');
    expect(alarms.told()).toEqual(['raised', 'updated latched', 'updated', 'updated latched', 'cleared person']);
  });

  it.each([
    ['a configured kind', { kind: 'fall' }, 'updated'],
    ['a configured kind that the report excepts', { kind: 'fall', latch: false }, 'cleared'],
    ['another kind', { kind: 'smoke' }, 'cleared'],
    ['another kind of which the report says so', { kind: 'smoke', latch: true }, 'updated'],
  ] as const)('is for %s', (_, changes, result) => {
    const alarms = openTestAlarms(undefined, { rules: { floodLimit: 60, latch: ['fall'] } });
    alarms.report(report(changes));
    expect(alarms.report(report({ ...changes, state: 'inactive' })).result).toBe(result);
  });
});

describe('a shelf', () => {
  it('marks what stands and what comes, hides nothing, and ends by a person', () => {
    const alarms = raised();
    expect(alarms.quieten(shelf)).toBe('begun');
    alarms.report(report({ channel: 'zone-2', kind: 'fall' }));
    expect(transitionsOf(alarms.entries)).toMatchObject([
      { step: 'updated', reason: 'shelved', shelved: true, act: { by, note: 'dust', until: alarms.world.time + 30 * minuteMs } },
      { step: 'raised', shelved: true, channel: 'zone-2' },
    ]);
    expect(alarms.told()).toHaveLength(2);
    expect(alarms.endQuiet({ ...shelf, by: 'cli:lee (claimed)', reason: 'clean' })).toBe(true);
    expect(transitionsOf(alarms.entries).map(({ reason, shelved, act }) => [reason, shelved, act?.by])).toEqual([
      ['unshelved', undefined, 'cli:lee (claimed)'],
      ['unshelved', undefined, 'cli:lee (claimed)'],
    ]);
    expect(alarms.endQuiet(shelf)).toBe(false);
    expect(alarms.quiets()).toEqual([]);
  });

  it('of one kind leaves the others alone', () => {
    const alarms = openTestAlarms();
    alarms.quieten({ ...shelf, kind: 'motion' });
    alarms.report(report());
    alarms.report(report({ kind: 'motion' }));
    alarms.report(report({ device: 'smoke-2', kind: 'motion' }));
    expect(transitionsOf(alarms.entries).map(({ shelved }) => shelved)).toEqual([undefined, true, undefined]);
  });
});

describe('maintenance', () => {
  it('makes alarms tests, and raises as real what stands at its end', () => {
    const alarms = openTestAlarms();
    expect(alarms.quieten(maintenance)).toBe('begun');
    const first = alarms.report(report({ occurrence: 'k' }));
    expect(first).toMatchObject({ result: 'raised', maintenance: true });
    alarms.report(report({ channel: 'zone-2' }));
    alarms.report(report({ channel: 'zone-2', state: 'inactive' }));
    expect(alarms.told()).toEqual(['raised test', 'raised test', 'cleared test']);
    expect(alarms.open({ device: 'smoke-1' })).toMatchObject([{ test: true, maintenance: true }]);
    alarms.endQuiet(maintenance);
    expect(alarms.told()).toEqual(['cleared test maintenance', 'raised']);
    expect(alarms.open({ device: 'smoke-1' })).toMatchObject([{ test: false }]);
    expect(alarms.report(report({ occurrence: 'k' }))).toEqual({ result: 'duplicate', alarmId: first.alarmId });
    expect(alarms.report(report({ state: 'inactive' })).result).toBe('cleared');
    expect(alarms.counts()).toMatchObject({ open: 0, openTest: 0 });
  });

  it('lets the device end what stood before', () => {
    const alarms = raised();
    alarms.quieten(maintenance);
    expect(alarms.report(report({ state: 'inactive' }))).toMatchObject({ result: 'cleared', alarmId: alarms.alarmId });
    expect(alarms.told()).toEqual(['cleared']);
    alarms.endQuiet(maintenance);
    expect(alarms.told()).toEqual([]);
  });

  it('ends both when the device ends what stood before and was seen again', () => {
    const alarms = raised();
    alarms.quieten(maintenance);
    alarms.report(report());
    alarms.report(report({ state: 'inactive' }));
    expect(alarms.told()).toEqual(['raised test', 'cleared test', 'cleared']);
  });

  it('ends without a word of real alarms when the device leaves the site', () => {
    const alarms = openTestAlarms();
    alarms.report(report({ kind: 'fall' }));
    alarms.quieten(maintenance);
    alarms.quieten(shelf);
    alarms.report(report());
    alarms.told();
    alarms.leave({ device: 'smoke-1' });
    expect(alarms.told()).toEqual(['cleared test maintenance']);
    expect(alarms.quiets()).toEqual([]);
    expect(alarms.open({ device: 'smoke-1' })).toMatchObject([{ kind: 'fall', test: false }]);
  });

  it('raises nothing as real that a device in the shop said was over', () => {
    const alarms = openTestAlarms();
    alarms.quieten(maintenance);
    alarms.report(report({ latch: true }));
    alarms.report(report({ state: 'inactive' }));
    alarms.endQuiet(maintenance);
    expect(alarms.told()).toEqual(['raised test', 'updated test latched', 'cleared test maintenance']);
  });
});

describe('ids of the caller', () => {
  const ids = { entry: '019a0000-0000-7000-8000-00000000000f', alarm: '019a0000-0000-7000-8000-0000000000aa' };

  it('name the entry and the alarm, and the same report again is the same', () => {
    const alarms = openTestAlarms();
    expect(alarms.report({ ...report(), ids })).toEqual({ result: 'raised', alarmId: ids.alarm });
    expect(alarms.report({ ...report(), ids })).toEqual({ result: 'unchanged', alarmId: ids.alarm });
    alarms.report(report({ state: 'inactive' }));
    expect(alarms.report({ ...report(), ids })).toEqual({ result: 'duplicate', alarmId: ids.alarm });
    expect(alarms.ids).toEqual([ids.entry, undefined]);
  });

  it('name a pulse’s two entries, once', () => {
    const alarms = openTestAlarms();
    alarms.report({ ...report({ state: 'pulse' }), ids });
    expect(alarms.report({ ...report({ state: 'pulse' }), ids }).result).toBe('duplicate');
    expect(alarms.ids).toEqual([ids.entry, secondEntryId(ids.entry)]);
    expect(secondEntryId(ids.entry)).toBe('019a0000-0000-7000-8000-00000000000e');
  });
});
