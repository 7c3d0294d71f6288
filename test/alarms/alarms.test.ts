// The alarms' door over a store: wake-ups after commits, faults passed on, and the section of the configuration.
import { expect, it } from 'vitest';
import { openAlarms } from '#alarms';
import { alarmsOptions, historyOptions } from '#alarms/options';
import { openFakeClock } from '../fakes/clock.ts';
import { openDirectStore } from '../outbox/direct-store.ts';
import { condition, openTestAlarms, report } from './thread.ts';

function opened() {
  const { db, world, entries, ...procedures } = openTestAlarms();
  const store = openDirectStore(db, { alarms: procedures }, world.topics);
  const clock = openFakeClock(world.time);
  return { store, entries, db, world, clock, procedures, alarms: openAlarms({ store }, { clock }) };
}

it('wakes its watchers after each commit with something new', async () => {
  const { alarms } = opened();
  let woken = 0;
  using _watch = alarms.watch(() => {
    woken += 1;
  });
  await alarms.report(report());
  await alarms.report(report());
  await alarms.condition(condition('raised'));
  await alarms.condition(condition('raised'));
  expect(woken).toBe(2);
  expect(await alarms.open('smoke-1')).toHaveLength(1);
  expect(await alarms.open('smoke-2')).toEqual([]);
  expect(await alarms.openConditions()).toHaveLength(1);
  expect(await alarms.counts()).toMatchObject({ open: 1, conditions: 1 });
});

it('takes the retry of a report whose commit failed as the first', async () => {
  const { alarms, store } = opened();
  store.failures.push('lost');
  await expect(alarms.report(report({ occurrence: 'k' }))).rejects.toThrow(/store/);
  expect((await alarms.report(report({ occurrence: 'k' }))).result).toBe('raised');
  expect(await alarms.transitions(0, 10)).toHaveLength(1);
});

it('keeps history for thirty days unless told otherwise', () => {
  expect(historyOptions.parse({})).toEqual({ keep: 30 * 24 * 3_600_000 });
  expect(historyOptions.safeParse({ keep: '1h' }).success).toBe(false);
  expect(alarmsOptions.safeParse({ keep: '30d' }).success).toBe(false);
});

it('tells 60 steps a minute and latches nothing unless told otherwise', () => {
  expect(alarmsOptions.parse({})).toEqual({ floodLimit: 60, latch: [] });
  expect(alarmsOptions.safeParse({ latch: ['fall', 'gas'] }).success).toBe(true);
  expect(alarmsOptions.safeParse({ latch: ['smoke'] }).success).toBe(false);
});
