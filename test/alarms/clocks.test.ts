// Clocks that jump, run backwards or are unset at boot: shelves end when their time is over, order and names stay.
import { describe, expect, it } from 'vitest';
import { openMirror } from '../../src/alarms/mirror.ts';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const maintenance = { form: 'maintenance', device: 'smoke-1', kind: '', by: 'cli:kim', reason: 'work', lengthMs: 2 * hourMs } as const;

describe('the end of a maintenance', () => {
  it.each([
    ['stands still', 0],
    ['jumps a day ahead', dayMs],
    ['runs a year back', -365 * dayMs],
    ['falls to 1970', -1_760_000_000_000],
  ])('does not move when the wall clock %s', (_, jump) => {
    const alarms = openTestAlarms();
    alarms.quieten({ ...maintenance, monotonicMs: 5000 });
    alarms.world.time += jump;
    expect(alarms.tick({ monotonicMs: 5000 + hourMs }).ended).toEqual([]);
    expect(alarms.quiets()[0]?.until).toBe(alarms.world.time + hourMs);
    expect(alarms.report(report())).toMatchObject({ maintenance: true });
    expect(alarms.tick({ monotonicMs: 5000 + 2 * hourMs }).ended).toMatchObject([{ device: 'smoke-1', by: 'cli:kim' }]);
    expect(alarms.told()).toEqual(['raised test', 'cleared test maintenance', 'raised']);
  });

  const restarts: [string, { down: number; left: number }][] = [
    ['the time that it was down counts', { down: hourMs / 2, left: hourMs / 2 }],
    ['more than was left ends it', { down: 3 * hourMs, left: -1 }],
    ['a clock behind the last look takes nothing away', { down: -dayMs, left: hourMs }],
    ['an unset clock takes nothing away', { down: -1_760_000_000_000, left: hourMs }],
  ];
  it.each(restarts)('over a restart: %s', (_, { down, left }) => {
    const before = openTestAlarms();
    before.quieten({ ...maintenance, monotonicMs: 9_000_000 });
    before.tick({ monotonicMs: 9_000_000 + hourMs });
    const after = openTestAlarms(before.db, { bootId: 'boot-2' });
    after.world.time = before.world.time + down;
    const first = after.tick({ monotonicMs: 100 });
    expect(first.ended).toHaveLength(left < 0 ? 1 : 0);
    if (left < 0) return;
    expect(after.tick({ monotonicMs: 100 + left - 1 }).ended).toEqual([]);
    expect(after.tick({ monotonicMs: 100 + left }).ended).toHaveLength(1);
  });

  it('comes once, however often the tick of one moment is repeated', () => {
    const alarms = openTestAlarms();
    alarms.quieten({ ...maintenance, form: 'shelf', monotonicMs: 0 });
    for (const monotonicMs of [hourMs, hourMs, hourMs]) expect(alarms.tick({ monotonicMs }).ended).toEqual([]);
    expect(alarms.tick({ monotonicMs: 2 * hourMs }).ended).toHaveLength(1);
    expect(alarms.tick({ monotonicMs: 2 * hourMs }).ended).toEqual([]);
  });
});

it('keeps the order of commits and gives no name twice under a clock that jumps', () => {
  const alarms = openTestAlarms();
  const start = alarms.world.time;
  const jumps = [0, dayMs, -dayMs, -start + 5000, 10 * dayMs, 0, -1, 0];
  const names: (string | undefined)[] = [];
  for (const [index, jump] of jumps.entries()) {
    alarms.world.time = start + jump;
    names.push(alarms.report(report({ channel: `c-${index}`, occurrence: `k-${index}`, time: alarms.world.time })).alarmId);
    expect(alarms.report(report({ channel: `c-${index}`, occurrence: `k-${index}` })).result).toBe('duplicate');
  }
  expect(new Set(names).size).toBe(jumps.length);
  expect(transitionsOf(alarms.entries).map(({ channel }) => channel)).toEqual(jumps.map((_, index) => `c-${index}`));
  expect(alarms.list({ limit: 10 }).map(({ alarmId }) => alarmId)).toEqual(names.toReversed());
  expect(alarms.transitions({ after: 0, limit: 10 }).map(({ transition }) => transition.alarmId)).toEqual(names);
  alarms.world.time = start;
  for (const index of jumps.keys())
    expect(alarms.report(report({ channel: `c-${index}`, occurrence: `k-${index}` })).result).toBe('duplicate');
});

it('says of every step under a clock that was never set that its time is none, in the store and in memory alike', () => {
  const alarms = openTestAlarms();
  const said = { time: 5000, clockQuality: 'receipt' } as const;
  alarms.world.time = 5000;
  alarms.report(report(said));
  alarms.report(report({ ...said, state: 'inactive', occurrence: 'end' }));
  alarms.world.time = Date.UTC(2026, 10, 20);
  alarms.report(report({ occurrence: 'later', time: alarms.world.time, clockQuality: 'receipt' }));
  expect(transitionsOf(alarms.entries).map(({ clockQuality }) => clockQuality)).toEqual(['unset', 'unset', 'receipt']);
  expect(alarms.transitions({ after: 0, limit: 10 }).map(({ transition }) => transition.clockQuality)).toEqual([
    'unset',
    'unset',
    'receipt',
  ]);
  const mirror = openMirror();
  expect(mirror.foresee(report(said), { alarm: 'a', entry: 'e' })).toMatchObject([{ clockQuality: 'unset' }]);
});
