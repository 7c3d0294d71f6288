// What a flood may not drop, as a table, and that time alone decides nothing before it is due, also over a restart.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Template } from '../../src/sensors/options.ts';
import { noteOf, type Observation, recallNote, seedSensor, sensorDueOf, stepSensor, urgencyOf } from '../../src/sensors/rules/index.ts';
import { templateOption } from '../../src/sensors/template.ts';

const noon = new Date(2026, 10, 20, 12).getTime();
const one = (rule: object): Template =>
  templateOption.parse({ points: [{ name: 'p', path: 'p' }], rules: [{ point: 'p', alarm: 'tamper', ...rule }] });
const observationOf = (value: number): Observation => ({ result: 'values', values: new Map([['p', value]]), fault: undefined });

describe('in a flood', () => {
  const fire = (rule: object = {}): Template => one({ alarm: 'smoke', when: { above: 10, clearAt: 5 }, ...rule });
  it.each<[string, Template, readonly number[], readonly string[]]>([
    [
      'what raises is kept once, and what eases is known',
      fire(),
      [1, 11, 12, 1, 1, 11],
      ['none', 'raises', 'none', 'eases', 'none', 'raises'],
    ],
    [
      'what brings it nearer is kept until it is there',
      fire({ raiseAfter: { count: 3 } }),
      [11, 11, 11, 11, 1],
      ['raises', 'raises', 'raises', 'none', 'eases'],
    ],
    [
      'what begins a dwell is kept, its repeats are not',
      fire({ raiseAfter: { time: '1m' } }),
      [11, 11, 11, 1, 11],
      ['raises', 'none', 'none', 'eases', 'raises'],
    ],
    ['what is not critical is not kept', fire({ alarm: 'tamper' }), [1, 11, 1], ['none', 'none', 'none']],
    ['unless its rule says so', fire({ alarm: 'tamper', severity: 'critical' }), [1, 11], ['none', 'raises']],
  ])('%s', (_, template, values, expected) => {
    let state = seedSensor(template, []);
    const found = values.map((value, at) => {
      const moment = { wallMs: noon + at, monotonicMs: at };
      const next = stepSensor({ device: 'd', template }, state, { observation: observationOf(value), moment }).state;
      const urgency = urgencyOf(template, state, next);
      state = next;
      return urgency;
    });
    expect(found).toEqual(expected);
  });
});

describe('a note', () => {
  const template = one({ when: { stuckFor: '1h' }, hold: '1m' });
  const at = { wallMs: noon, monotonicMs: 5000, sinceBoot: { boot: 'b', ms: 9000 } };

  it('that damage has made odd says nothing, and throws nothing', () => {
    const seeded = seedSensor(template, []);
    const { state } = stepSensor({ device: 'd', template }, seeded, { observation: observationOf(1), moment: at });
    const text = noteOf(template, state, { at, detail: { room: '거실' } })?.text ?? '';
    expect(recallNote(template, seeded, { text, at })).toMatchObject({
      detail: { room: '거실' },
      state: { rules: [{ memory: { of: 'stuck', since: 5000 } }] },
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.nat(text.length - 1).map((cut) => text.slice(0, cut)),
        ),
        (odd) => {
          expect(recallNote(template, seeded, { text: odd, at }).state).toEqual(seeded);
        },
      ),
    );
  });

  it('of another template leaves its own rules alone', () => {
    const other = one({ point: 'p', channel: 'elsewhere', when: { stuckFor: '1h' } });
    const { state } = stepSensor({ device: 'd', template: other }, seedSensor(other, []), { observation: observationOf(1), moment: at });
    const text = noteOf(other, state, { at, detail: {} })?.text ?? '';
    expect(recallNote(template, seedSensor(template, []), { text, at }).state.rules).toEqual(seedSensor(template, []).rules);
  });

  it('counts no time that a clock leapt back, or that was before it was set', () => {
    const { state } = stepSensor({ device: 'd', template }, seedSensor(template, []), { observation: observationOf(1), moment: at });
    const text = noteOf(template, state, { at, detail: {} })?.text ?? '';
    const after = (wallMs: number) => {
      const then = { wallMs, monotonicMs: 100, sinceBoot: { boot: 'another', ms: 100 } };
      return recallNote(template, seedSensor(template, []), { text, at: then }).state.rules[0]?.memory;
    };
    expect(after(noon - 3_600_000)).toMatchObject({ since: 100 });
    expect(after(0)).toMatchObject({ since: 100 });
    expect(after(noon + 60_000)).toMatchObject({ since: 100 - 60_000 });
  });
});

describe('time', () => {
  const anyRule = fc.record({
    raise: fc.record({ count: fc.integer({ min: 1, max: 3 }), time: fc.constantFrom('0s', '10s', '1m') }),
    clear: fc.record({ count: fc.integer({ min: 1, max: 3 }), time: fc.constantFrom('0s', '10s', '1m') }),
    hold: fc.constantFrom('0s', '30s'),
    quiet: fc.constantFrom('0s', '45s'),
    when: fc.constantFrom<object>({ above: 5, clearAt: 3 }, { stuckFor: '40s' }, { rises: { by: 4, within: '20s' } }),
  });
  const anyStory = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 9 })), { maxLength: 25 });

  it('decides nothing before it is due, also as a note of another life tells it', () => {
    fc.assert(
      fc.property(anyRule, anyStory, fc.boolean(), ({ raise, clear, hold, quiet, when }, story, restarts) => {
        const template = one({ when, raiseAfter: raise, clearAfter: clear, hold, quiet });
        const sensor = { device: 'd', template };
        let state = seedSensor(template, []);
        let now = 0;
        for (const [seconds, value] of story) {
          const moment = { wallMs: noon + now, monotonicMs: now };
          state = stepSensor(sensor, state, { observation: observationOf(value), moment }).state;
          if (restarts) {
            const at = { ...moment, sinceBoot: { boot: 'b', ms: now + 5000 } };
            const note = noteOf(template, state, { at, detail: {} });
            const open = state.rules[0]?.active ? [{ channel: 'p', kind: 'tamper', test: false }] : [];
            const seeded = seedSensor(template, open as never);
            if (note) ({ state } = recallNote(template, { ...seeded, health: state.health }, { text: note.text, at }));
            else state = { ...state, rules: state.rules.map((rule) => ({ ...rule, changedAt: undefined })) };
          }
          const due = sensorDueOf(template, state, moment) ?? Infinity;
          for (let second = 1; second <= seconds; second += 1) {
            const then = now + second * 1000;
            const step = stepSensor(sensor, state, { observation: { result: 'time' }, moment: { wallMs: noon + then, monotonicMs: then } });
            if (then < due) expect(step.says, `${then} of ${due}`).toEqual([]);
          }
          now += seconds * 1000;
        }
      }),
      { numRuns: 300 },
    );
  });
});
