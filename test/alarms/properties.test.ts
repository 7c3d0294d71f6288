// Any sequence of reports with retries, restarts and undone transactions: what is told is one clean life after another, and no occurrence is missing.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EntryBody, Report, Transition } from '#model';
import { bracket } from '../outbox/thread.ts';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

interface Step {
  readonly report: Report;
  readonly undo: boolean;
  readonly restart: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  report: fc
    .record({
      device: fc.constantFrom('d-1', 'd-2'),
      channel: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('smoke' as const, 'fall' as const),
      state: fc.constantFrom('active' as const, 'active' as const, 'inactive' as const, 'pulse' as const),
      occurrence: fc.option(
        fc.nat(12).map((key) => `k-${key}`),
        { nil: undefined },
      ),
      time: fc.nat(1_000_000),
      detail: fc.constantFrom({}, { zone: 1 }, { zone: 2 }),
      test: fc.boolean(),
    })
    .map((changes) => report(changes)),
  undo: fc.boolean(),
  restart: fc.boolean(),
});

function play(steps: readonly Step[]) {
  let alarms = openTestAlarms();
  const told: EntryBody[] = [];
  const firsts = new Map<string, string | undefined>();
  for (const one of steps) {
    // The outcome of a transaction that failed is not known to the device: it retries.
    if (one.undo) bracket(alarms.db, () => alarms.report(one.report), true);
    alarms.entries.length = 0;
    const outcome = bracket(alarms.db, () => alarms.report(one.report));
    told.push(...alarms.entries);
    const { device, channel, kind, state, occurrence, test } = one.report;
    if (occurrence !== undefined) {
      const name = [device, channel, kind, state === 'inactive', occurrence, test].join('/');
      expect(outcome.result === 'duplicate').toBe(firsts.has(name));
      if (outcome.result === 'duplicate') expect(outcome.alarmId).toBe(firsts.get(name));
      else if (state !== 'inactive') expect(alarms.entries).not.toEqual([]);
      if (outcome.result !== 'duplicate') firsts.set(name, outcome.alarmId);
    }
    expect(alarms.entries).toHaveLength(outcome.result === 'duplicate' || outcome.result === 'unchanged' ? 0 : state === 'pulse' ? 2 : 1);
    if (one.restart) alarms = openTestAlarms(alarms.db);
  }
  return { alarms, transitions: transitionsOf(told) };
}

function lives(transitions: readonly Transition[]): string[] {
  const byAlarm = Map.groupBy(transitions, (transition) => transition.alarmId);
  return [...byAlarm.values()].map((steps) => steps.map((one) => one.step).join(' '));
}

const withoutId = ({ alarmId: _, ...rest }: Transition): Omit<Transition, 'alarmId'> => rest;

it('tells one clean life after another', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { alarms, transitions } = play(steps);
      for (const life of lives(transitions)) expect(life).toMatch(/^raised( updated)*( cleared)?$/);
      const stored = alarms.transitions({ after: 0, limit: 1000 }).map((row) => row.transition);
      expect(stored).toEqual(transitions);
      const open = alarms.open({ device: undefined });
      expect(open.map((alarm) => alarm.alarmId).toSorted()).toEqual(
        [...Map.groupBy(transitions, (one) => one.alarmId)]
          .filter(([, life]) => life.at(-1)?.step !== 'cleared')
          .map(([id]) => id)
          .toSorted(),
      );
      const points = open.map((alarm) => [alarm.device, alarm.channel, alarm.kind, alarm.test].join('/'));
      expect(new Set(points).size).toBe(points.length);
      const counts = alarms.counts();
      const count = (name: string): number => transitions.filter((one) => one.step === name).length;
      expect([counts.open + counts.openTest, counts.raised, counts.updated, counts.cleared]).toEqual([
        open.length,
        count('raised'),
        count('updated'),
        count('cleared'),
      ]);
    }),
    { numRuns: 300 },
  );
});

it('tells the same of the real alarms whether tests were made beside them or not', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const real = (list: readonly Transition[]) => list.filter((one) => !one.test).map(withoutId);
      expect(real(play(steps).transitions)).toEqual(real(play(steps.filter((one) => one.report.test !== true)).transitions));
    }),
    { numRuns: 100 },
  );
});

it('a name that the driver made never hides where its point stands', () => {
  const derived = step.map(({ report: one, ...rest }): Step => ({ ...rest, report: { ...one, occurrenceKind: 'derived' } }));
  fc.assert(
    fc.property(fc.array(derived, { maxLength: 40 }), (steps) => {
      let alarms = openTestAlarms();
      for (const { report: one, restart } of steps) {
        alarms.report(one);
        const { device, channel, kind, state, test } = one;
        const open = alarms.open({ device }).some((alarm) => alarm.channel === channel && alarm.kind === kind && alarm.test === test);
        if (state !== 'pulse') expect(open).toBe(state === 'active');
        if (restart) alarms = openTestAlarms(alarms.db);
      }
    }),
  );
});
