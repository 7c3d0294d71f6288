// Telling again what stands: after the store has lost its memory the hub must know every open alarm and every condition, and no other.
import { describe, expect, it } from 'vitest';
import { condition, openTestAlarms, report, transitionsOf } from './thread.ts';

function restated({ restate }: ReturnType<typeof openTestAlarms>, limit: number): number {
  let rounds = 0;
  for (let after = restate({ after: undefined, limit }); after; after = restate({ after, limit })) rounds += 1;
  return rounds;
}

describe('what stands', () => {
  it('is told again as it is now, whatever was told of it', () => {
    const alarms = openTestAlarms();
    alarms.report(report({ device: 'smoke-1', time: 100, severity: 'minor' }));
    alarms.report(report({ device: 'smoke-1', time: 200, severity: 'critical', detail: { zone: 7 } }));
    alarms.report(report({ device: 'smoke-2', time: 300 }));
    alarms.report(report({ device: 'smoke-2', time: 400, state: 'inactive' }));
    alarms.report(report({ device: 'smoke-3', time: 500, test: true }));
    alarms.condition(condition('raised', { device: 'cam-1' }));
    alarms.condition(condition('raised', { device: 'cam-2' }));
    alarms.condition(condition('cleared', { device: 'cam-2' }));
    const names = transitionsOf(alarms.entries).map(({ alarmId }) => alarmId);
    const history = alarms.transitions({ after: undefined, limit: 100 });
    alarms.told();
    restated(alarms, 100);
    const told = alarms.entries.slice();
    expect(alarms.told()).toEqual(['raised restated', 'raised test restated', 'condition raised']);
    expect(transitionsOf(told)).toMatchObject([
      { alarmId: names[0], device: 'smoke-1', severity: 'critical', time: 100, detail: { zone: 7 } },
      { device: 'smoke-3', test: true },
    ]);
    expect(told.at(-1)).toMatchObject({ class: 'condition', value: { device: 'cam-1', state: 'raised', message: { en: 'no answer' } } });
    expect(alarms.transitions({ after: undefined, limit: 100 })).toEqual(history);
    expect(alarms.counts()).toMatchObject({ open: 1, openTest: 1 });
  });

  it('is told in bounded steps, each alarm and condition once', () => {
    const alarms = openTestAlarms();
    for (let index = 0; index < 23; index += 1) alarms.report(report({ device: `smoke-${index}` }));
    for (let index = 0; index < 12; index += 1) alarms.condition(condition('raised', { device: `cam-${index % 6}`, channel: `${index}` }));
    alarms.told();
    expect(restated(alarms, 5)).toBeGreaterThanOrEqual(7);
    const told = alarms.entries;
    expect(new Set(transitionsOf(told).map(({ device }) => device)).size).toBe(23);
    expect(told).toHaveLength(23 + 12);
  });

  it('leaves to the flood what that will tell, and the damage itself to who tells of it', () => {
    const alarms = openTestAlarms(undefined, { rules: { floodLimit: 5, latch: [] } });
    for (let index = 0; index < 8; index += 1)
      alarms.report(report({ device: 'cam-1', channel: `${index}`, kind: 'line-crossing', severity: 'warning' }));
    alarms.condition(condition('raised', { device: 'gateway', kind: 'store-damaged' }));
    alarms.told();
    restated(alarms, 100);
    expect(alarms.told().filter((step) => step === 'raised restated')).toHaveLength(5);
    expect(JSON.stringify(alarms.entries)).not.toContain('store-damaged');
  });
});
