// What is known without the store: names and transitions from memory are those that the store comes to later, under the same ids.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alarm, Report } from '#model';
import { openMirror } from '../../src/alarms/mirror.ts';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

const ids = { entry: 'entry-1', alarm: 'alarm-1' };

describe('foresee', () => {
  it('raises under the given name, and clears the same', () => {
    const mirror = openMirror();
    expect(mirror.foresee(report({ detail: { zone: 1 } }), ids)).toMatchObject([
      { step: 'raised', alarmId: 'alarm-1', severity: 'critical' },
    ]);
    expect(mirror.known('smoke-1', 'zone-1', 'smoke', false)).toBe('alarm-1');
    expect(mirror.foresee(report({ detail: { zone: 1 } }), { entry: 'e-2', alarm: 'a-2' })).toEqual([]);
    expect(mirror.foresee(report({ state: 'inactive' }), { entry: 'e-3', alarm: 'a-3' })).toMatchObject([
      { step: 'cleared', alarmId: 'alarm-1', detail: { zone: 1 } },
    ]);
    expect(mirror.known('smoke-1', 'zone-1', 'smoke', false)).toBeUndefined();
    expect(mirror.foresee(report({ state: 'inactive' }), ids)).toEqual([]);
  });

  it('tells a pulse in two steps and a latch by its reason', () => {
    const mirror = openMirror();
    expect(mirror.foresee(report({ state: 'pulse' }), ids).map(({ step, reason }) => [step, reason])).toEqual([
      ['raised', undefined],
      ['cleared', 'pulse'],
    ]);
    mirror.foresee(report({ latch: true }), ids);
    expect(mirror.foresee(report({ state: 'inactive' }), ids)).toMatchObject([{ step: 'updated', reason: 'latched' }]);
    expect(mirror.foresee(report({ state: 'inactive' }), ids)).toEqual([]);
  });

  it('says why an alarm ends where its device did not say it', () => {
    const mirror = openMirror();
    mirror.foresee(report(), ids);
    expect(mirror.foresee(report({ state: 'inactive', reason: 'timeout' }), ids)).toMatchObject([{ step: 'cleared', reason: 'timeout' }]);
  });

  it('latches kinds that the configuration names, unless the report says otherwise', () => {
    const mirror = openMirror(['fall']);
    for (const [device, latch] of [
      ['a', undefined],
      ['b', false],
    ] as const) {
      const fall = { device, kind: 'fall', ...(latch !== undefined && { latch }) } as const;
      mirror.foresee(report(fall), { entry: `e-${device}`, alarm: `a-${device}` });
      expect(mirror.foresee(report({ ...fall, state: 'inactive' }), ids)).toMatchObject([
        { step: latch === false ? 'cleared' : 'updated' },
      ]);
    }
  });

  it('keeps to shelves and maintenance', () => {
    const mirror = openMirror();
    const quiet = { device: 'smoke-1', kind: '' as const, by: '', reason: '', since: 0, until: 1 };
    mirror.load(
      [],
      [
        { ...quiet, form: 'shelf' },
        { ...quiet, form: 'maintenance', device: 'smoke-2' },
      ],
    );
    expect(mirror.foresee(report(), ids)).toMatchObject([{ shelved: true, test: false }]);
    expect(mirror.foresee(report({ device: 'smoke-2' }), ids)).toMatchObject([{ test: true }]);
  });
});

it('takes back an alarm that turns out to be a retry of another', () => {
  const alarms = openTestAlarms();
  const mirror = openMirror();
  alarms.report(report({ occurrence: 'k' }));
  alarms.report(report({ state: 'inactive' }));
  const again = report({ occurrence: 'k' });
  expect(mirror.foresee(again, ids)).toHaveLength(1);
  mirror.learn(again, alarms.report({ ...again, ids }), ids);
  expect(mirror.known('smoke-1', 'zone-1', 'smoke', false)).toBeUndefined();
});

it('remembers at most 20,000', () => {
  const mirror = openMirror();
  const alarms = Array.from(
    { length: 20_005 },
    (_, index): Alarm => ({
      alarmId: `a-${index}`,
      device: `d-${index}`,
      channel: '1',
      kind: 'smoke',
      severity: 'critical',
      raisedAt: 1,
      clearedAt: undefined,
      updates: 0,
      test: false,
      detail: {},
    }),
  );
  mirror.load(alarms, []);
  expect(mirror.known('d-19999', '1', 'smoke', false)).toBe('a-19999');
  expect(mirror.known('d-20000', '1', 'smoke', false)).toBeUndefined();
});

const step: fc.Arbitrary<Report> = fc
  .record({
    channel: fc.constantFrom('a', 'b'),
    state: fc.constantFrom('active' as const, 'inactive' as const, 'pulse' as const),
    detail: fc.constantFrom(undefined, { zone: 1 }, { zone: 2 }),
    latch: fc.boolean(),
    test: fc.boolean(),
  })
  .map(({ detail, ...rest }) => report({ ...rest, ...(detail && { detail }) }));

it('foresees what the store then does, and learns what it did', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 30 }), (steps) => {
      const alarms = openTestAlarms();
      const mirror = openMirror();
      for (const [index, [one, hung]] of steps.entries()) {
        const names = { entry: `e-${index}`, alarm: `a-${index}` };
        const foreseen = hung ? mirror.foresee(one, names) : undefined;
        alarms.entries.length = 0;
        const outcome = alarms.report({ ...one, ids: names });
        mirror.learn(one, outcome, names);
        if (foreseen) expect(foreseen).toEqual(transitionsOf(alarms.entries));
      }
      for (const open of alarms.open({ device: undefined })) {
        expect(mirror.known(open.device, open.channel, open.kind, open.test)).toBe(open.alarmId);
      }
    }),
    { numRuns: 500 },
  );
});

it('foresees a whole queue that is written later, and is not led back by what comes of it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(29), (steps, from) => {
      const alarms = openTestAlarms();
      const mirror = openMirror();
      const named = steps.map((one, index) => ({ one, names: { entry: `e-${index}`, alarm: `a-${index}` } }));
      for (const { one, names } of named.slice(0, from)) mirror.learn(one, alarms.report({ ...one, ids: names }), names);
      alarms.entries.length = 0;
      const foreseen = named.slice(from).flatMap(({ one, names }) => mirror.foresee(one, names));
      const known = (): (string | undefined)[] =>
        ['a', 'b'].flatMap((channel) => [true, false].map((test) => mirror.known('smoke-1', channel, 'smoke', test)));
      const expected = known();
      for (const { one, names } of named.slice(from)) {
        mirror.learn(one, alarms.report({ ...one, ids: names }), names);
        expect(known()).toEqual(expected);
      }
      expect(transitionsOf(alarms.entries)).toEqual(foreseen);
      expect(new Set(alarms.open({ device: undefined }).map(({ alarmId }) => alarmId))).toEqual(
        new Set(expected.filter((id) => id !== undefined)),
      );
    }),
    { numRuns: 300 },
  );
});
