// Whatever devices, people, floods, clocks and restarts do: once things are quiet, a hub that only listened knows exactly what stands here.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Report, Transition } from '#model';
import { bracket } from '../outbox/thread.ts';
import { openTestAlarms, report, transitionsOf } from './thread.ts';

type Alarms = ReturnType<typeof openTestAlarms>;
type Step = (alarms: Alarms, monotonicMs: number) => unknown;

const rules = { floodLimit: 2, latch: ['fall' as const] };
const minuteMs = 60_000;
const by = 'cli:kim';

const seen = fc
  .record({
    channel: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('smoke' as const, 'fall' as const, 'motion' as const),
    state: fc.constantFrom('active' as const, 'active' as const, 'inactive' as const, 'pulse' as const),
    detail: fc.constantFrom({}, { zone: 1 }, { zone: 2 }),
    severity: fc.constantFrom('critical' as const, 'minor' as const, 'minor' as const, 'warning' as const),
  })
  .map((changes): Report => report(changes));
const quiet = fc.record({
  form: fc.constantFrom('shelf' as const, 'maintenance' as const),
  lengthMs: fc.constantFrom(minuteMs, 5 * minuteMs),
});
const anOpen = (alarms: Alarms, index: number): string => {
  const open = alarms.open({ device: undefined });
  return open[index % Math.max(1, open.length)]?.alarmId ?? 'nobody';
};
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.array(seen, { minLength: 1, maxLength: 8 }).map(
      (reports): Step =>
        (alarms) =>
          reports.map((one) => alarms.report(one)),
    ),
  },
  fc.nat(9).map(
    (index): Step =>
      (alarms) =>
        alarms.acknowledge({ alarmId: anOpen(alarms, index), by, note: '' }),
  ),
  fc.nat(9).map(
    (index): Step =>
      (alarms) =>
        alarms.clear({ alarmId: anOpen(alarms, index), by, note: '' }),
  ),
  quiet.map(
    ({ form, lengthMs }): Step =>
      (alarms, monotonicMs) =>
        alarms.quieten({ form, lengthMs, monotonicMs, device: 'smoke-1', kind: '', by, reason: 'work' }),
  ),
  quiet.map(
    ({ form }): Step =>
      (alarms) =>
        alarms.endQuiet({ form, device: 'smoke-1', kind: '', by, reason: 'done' }),
  ),
  fc.constant<Step>((alarms, monotonicMs) => alarms.tick({ monotonicMs })),
);

/** What a hub makes of the transitions that it hears; a life that is none is refused. */
function openHub() {
  const lives = new Map<string, Transition>();
  return {
    hear(transition: Transition): void {
      const before = lives.get(transition.alarmId);
      if (transition.step === 'raised') expect(before).toBeUndefined();
      else expect(before?.step).toMatch(/raised|updated/);
      lives.set(transition.alarmId, transition);
    },
    standing: (): readonly Transition[] => [...lives.values()].filter(({ step: last }) => last !== 'cleared'),
  };
}

const sightOf = ({ severity, test, detail: { repeats: _, ...detail } }: Pick<Transition, 'severity' | 'test' | 'detail'>) => ({
  severity,
  test,
  detail,
});

it('knows what stands', () => {
  const moves = fc.record({
    act: step,
    restMs: fc.constantFrom(0, 0, 0, 20_000, minuteMs),
    jumpMs: fc.constantFrom(0, 0, 0, 86_400_000, -3_600_000),
    restart: fc.boolean(),
    undo: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 30 }), (all) => {
      let alarms = openTestAlarms(undefined, { rules });
      let monotonicMs = 1000;
      let boots = 1;
      const hub = openHub();
      const run = (act: Step): void => {
        bracket(alarms.db, () => act(alarms, monotonicMs));
        for (const transition of transitionsOf(alarms.entries.splice(0))) hub.hear(transition);
      };
      for (const { act, restMs, jumpMs, restart, undo } of all) {
        monotonicMs += restMs;
        alarms.world.time += restMs + jumpMs;
        if (undo) bracket(alarms.db, () => act(alarms, monotonicMs), true);
        alarms.entries.length = 0;
        run(act);
        if (!restart) continue;
        const { time } = alarms.world;
        boots += 1;
        alarms = openTestAlarms(alarms.db, { rules, bootId: `boot-${boots}` });
        alarms.world.time = time;
        monotonicMs = 500;
        run((now) => now.tick({ monotonicMs }));
      }
      for (let minute = 0; minute < 8; minute += 1) {
        monotonicMs += minuteMs;
        alarms.world.time += minuteMs;
        run((now) => now.tick({ monotonicMs }));
      }
      const told = new Map(hub.standing().map((alarm) => [alarm.alarmId, sightOf(alarm)]));
      expect(told).toEqual(new Map(alarms.open({ device: undefined }).map((alarm) => [alarm.alarmId, sightOf(alarm)])));
      expect(alarms.quiets()).toEqual([]);
      expect(alarms.openConditions()).toEqual([]);
      const counts = alarms.counts();
      expect(counts.open + counts.openTest).toBe(told.size);
    }),
    { numRuns: 300 },
  );
});
