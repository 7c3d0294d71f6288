// Floods: the history keeps every step, the outbox gets the first of a minute and one summary, and no critical alarm waits for either.
import { expect, it } from 'vitest';
import type { Report } from '#model';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

const rules = { floodLimit: 5, latch: [] };
const motion = (changes: Partial<Report> = {}): Report => report({ device: 'cam-1', channel: '1', kind: 'motion', ...changes });
const minuteMs = 60_000;

function flooded(reports: readonly Report[]) {
  const alarms = openTestAlarms(undefined, { rules });
  for (const one of reports) alarms.report(one);
  return alarms;
}
const flap = (times: number): Report[] => Array.from({ length: times }, () => [motion(), motion({ state: 'inactive' })]).flat();

it('passes so many, counts the rest, and tells them as one when the minute is over', () => {
  const alarms = flooded(flap(20));
  expect(alarms.told()).toEqual([...Array.from({ length: 5 }, () => ['raised', 'cleared']).flat(), 'condition raised']);
  expect(alarms.transitions({ after: 0, limit: 1000 })).toHaveLength(40);
  alarms.world.time += minuteMs;
  expect(alarms.tick({ monotonicMs: 0 }).settled).toBe(1);
  expect(transitionsOf(alarms.entries)).toMatchObject([
    { step: 'raised', reason: 'flood', detail: { repeats: 15 } },
    { step: 'cleared', reason: 'flood' },
  ]);
  expect(alarms.counts()).toMatchObject({ raised: 20, cleared: 20, withheld: 15, open: 0 });
  alarms.told();
  alarms.world.time += minuteMs;
  alarms.tick({ monotonicMs: 0 });
  expect(alarms.told()).toEqual(['condition cleared']);
  expect(alarms.tick({ monotonicMs: 0 }).settled).toBe(0);
});

it('tells an alarm that still stands as it is then', () => {
  const alarms = flooded([...flap(5), motion({ detail: { score: 1 } }), motion({ detail: { score: 2 } })]);
  alarms.told();
  alarms.world.time += minuteMs;
  alarms.tick({ monotonicMs: 0 });
  expect(transitionsOf(alarms.entries)).toMatchObject([{ step: 'raised', detail: { score: 2, repeats: 2 } }]);
  alarms.told();
  alarms.report(motion({ state: 'inactive' }));
  expect(alarms.told()).toEqual(['cleared']);
});

it('tells withheld changes of a told alarm in one update', () => {
  const alarms = flooded(Array.from({ length: 12 }, (_, score) => motion({ detail: { score } })));
  expect(alarms.told()).toEqual(['raised', 'updated', 'updated', 'updated', 'updated', 'condition raised']);
  alarms.world.time += minuteMs;
  alarms.report(motion({ detail: { score: 99 } }));
  expect(transitionsOf(alarms.entries)).toMatchObject([
    { step: 'updated', reason: 'flood', detail: { score: 11, repeats: 7 } },
    { step: 'updated', detail: { score: 99 } },
  ]);
});

it('never holds a critical step back, and raises what was withheld when it becomes critical', () => {
  const alarms = flooded(Array.from({ length: 30 }, (_, zone) => report({ detail: { zone } })));
  expect(alarms.told()).toHaveLength(30);
  const motions = flooded([...flap(5), motion(), motion({ severity: 'critical', detail: { fire: true } }), motion({ severity: 'minor' })]);
  expect(motions.told().slice(-3)).toEqual(['condition raised', 'raised', 'updated']);
});

it('always ends what it has begun', () => {
  const alarms = flooded([
    motion(),
    ...Array.from({ length: 9 }, (_, score) => motion({ detail: { score } })),
    motion({ state: 'inactive' }),
  ]);
  expect(alarms.told().at(-1)).toBe('cleared');
  alarms.world.time += minuteMs;
  alarms.tick({ monotonicMs: 0 });
  expect(transitionsOf(alarms.entries)).toEqual([]);
});

it('counts kinds and devices apart, and repeats that a driver counted itself for all of them', () => {
  const alarms = flooded([...flap(5), ...flap(1), motion({ state: 'pulse', detail: { repeats: 40 } })]);
  expect(alarms.counts().withheld).toBe(41);
  alarms.told();
  alarms.report(motion({ kind: 'loitering' }));
  alarms.report(motion({ device: 'cam-2' }));
  expect(alarms.told()).toEqual(['raised', 'raised']);
});

it.each([
  ['a day ahead', 86_400_000],
  ['an hour back', -3_600_000],
])('ends its minute when the clock is set %s', (_, jump) => {
  const alarms = flooded(flap(20));
  alarms.told();
  alarms.world.time += jump;
  alarms.report(motion());
  expect(alarms.told()).toEqual(['raised flood', 'cleared flood', 'raised']);
});

it('lets people’s acts through at any rate', () => {
  const alarms = flooded([...flap(5), motion()]);
  alarms.told();
  const [open] = alarms.open({ device: 'cam-1' });
  expect(alarms.acknowledge({ alarmId: open?.alarmId ?? '', by: 'cli:kim', note: '' })).toBe('acknowledged');
  expect(alarms.told()).toEqual(['raised acknowledged']);
  alarms.report(motion({ state: 'inactive' }));
  expect(alarms.told()).toEqual(['cleared']);
});
