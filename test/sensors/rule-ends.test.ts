// What raises again and what ends, as tables: a person's end, silence, votes that are lost, and values that say nothing of an end.
import { describe, expect, it } from 'vitest';
import type { Template } from '../../src/sensors/options.ts';
import { endedByPerson, noteOf, type Observation, recallNote, seedSensor, stepSensor } from '../../src/sensors/rules/index.ts';
import { templateOption } from '../../src/sensors/template.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = new Date(2026, 10, 20, 12).getTime();
const one = (rule: object): Template =>
  templateOption.parse({ points: [{ name: 'p', path: 'p' }], rules: [{ point: 'p', alarm: 'smoke', ...rule }] });
const vote = (atLeast: object, more: object = {}): Template =>
  templateOption.parse({
    points: ['a', 'b', 'c'].map((name) => ({ name, path: name, range: [0, 100] })),
    rules: [{ point: 'a', channel: 'vote', alarm: 'fire', when: { atLeast }, ...more }],
  });
const twoOfThree = { count: 2, of: ['a', 'b', 'c'].map((point) => ({ point, above: 50 })) };
const shipped = (name: string): Template => shippedTemplate(name) ?? one({});

/** A number is the point `p`; `end`: a person ends what the first rule raises; `time`: only time has passed. */
type Step = readonly [ms: number, seen: number | 'time' | 'silent' | 'end' | 'restart' | Readonly<Record<string, number>>];

function observationOf(seen: Exclude<Step[1], 'end' | 'restart'>): Observation {
  if (seen === 'time') return { result: 'time' };
  if (seen === 'silent') return { result: 'silent', problem: { ko: '무응답', en: 'no answer' } };
  return { result: 'values', values: new Map(typeof seen === 'number' ? [['p', seen]] : Object.entries(seen)), fault: undefined };
}

/** What each step says of alarms. */
function play(template: Template, story: readonly Step[]): string {
  let state = seedSensor(template, []);
  const [rule] = template.rules;
  const said = story.map(([ms, seen]) => {
    const moment = { wallMs: noon + ms, monotonicMs: 10_000 + ms };
    if (seen === 'end') {
      state = endedByPerson(template, state, { channel: rule?.channel ?? 'p', kind: rule?.alarm ?? 'fire' }, moment);
      return 'e';
    }
    if (seen === 'restart') {
      const at = { ...moment, sinceBoot: { boot: 'b', ms } };
      const note = noteOf(template, state, { at, detail: {} });
      state = seedSensor(template, []);
      if (note) ({ state } = recallNote(template, state, { text: note.text, at }));
      return 'r';
    }
    const step = stepSensor({ device: 'd', template }, state, { observation: observationOf(seen), moment });
    state = step.state;
    const reports = step.says.flatMap((each) => ('report' in each ? [each.report.state] : []));
    return reports.map((each) => (each === 'active' ? '+' : '-')).join('') || '.';
  });
  return said.join('');
}

describe('an alarm that a person has ended', () => {
  it.each<[string, Template, readonly Step[], string]>([
    [
      'is raised again by the next value that says so',
      one({ when: { equals: 1 } }),
      [
        [0, 1],
        [1, 1],
        [2, 'end'],
        [3, 1],
        [4, 1],
      ],
      '+.e+.',
    ],
    [
      'latched too',
      one({ when: { equals: 1 }, latch: true }),
      [
        [0, 1],
        [1, 'end'],
        [2, 1],
      ],
      '+e+',
    ],
    [
      'after its debounce, counted anew',
      one({ when: { equals: 1 }, raiseAfter: { count: 2 } }),
      [
        [0, 1],
        [1, 1],
        [2, 'end'],
        [3, 1],
        [4, 1],
      ],
      '.+e.+',
    ],
    [
      'after its quiet time',
      one({ alarm: 'tamper', when: { equals: 1 }, quiet: '1h' }),
      [
        [0, 1],
        [1, 'end'],
        [2, 1],
        [hour + 1, 1],
      ],
      '+e.+',
    ],
    [
      'not by time alone, of a sensor that tells once',
      one({ when: { equals: 1 }, during: [{ from: '00:00', to: '24:00' }] }),
      [
        [0, 1],
        [1, 'end'],
        [minute, 'time'],
        [hour, 'time'],
        [2 * hour, 1],
      ],
      '+e..+',
    ],
    [
      'not by time alone over a restart',
      one({ when: { equals: 1 }, during: [{ from: '00:00', to: '24:00' }] }),
      [
        [0, 1],
        [1, 'end'],
        [2, 'restart'],
        [hour, 'time'],
        [2 * hour, 1],
      ],
      '+er.+',
    ],
    [
      'not between the bounds',
      one({ when: { above: 10, clearAt: 5 } }),
      [
        [0, 11],
        [1, 'end'],
        [2, 7],
        [3, 11],
      ],
      '+e.+',
    ],
    [
      'by a value that moves anew',
      one({ when: { rises: { by: 5, within: '1h' } } }),
      [
        [0, 1],
        [1, 7],
        [2, 'end'],
        [3, 7],
        [4, 13],
      ],
      '.+e-+',
    ],
  ])('%s', (_, template, story, said) => {
    expect(play(template, story)).toBe(said);
  });

  it('is none of another channel or kind', () => {
    const template = one({ when: { equals: 1 } });
    const state = seedSensor(template, []);
    const moment = { wallMs: noon, monotonicMs: 1 };
    expect(endedByPerson(template, state, { channel: 'other', kind: 'smoke' }, moment)).toEqual(state);
    expect(endedByPerson(template, state, { channel: 'p', kind: 'heat' }, moment)).toEqual(state);
  });
});

describe('silence', () => {
  const twice = one({ when: { equals: 1 }, raiseAfter: { count: 2 }, clearAfter: { count: 2 } });
  it.each<[string, Template, readonly Step[], string]>([
    [
      'begins a count anew',
      twice,
      [
        [0, 1],
        [1, 'silent'],
        [2, 'silent'],
        [hour, 'silent'],
        [hour + 1, 1],
        [hour + 2, 1],
      ],
      '.....+',
    ],
    [
      'also that of an end',
      twice,
      [
        [0, 1],
        [1, 1],
        [2, 0],
        [3, 'silent'],
        [4, 'silent'],
        [5, 'silent'],
        [6, 0],
        [7, 0],
      ],
      '.+.....-',
    ],
    [
      'one unanswered poll does not',
      twice,
      [
        [0, 1],
        [1, 'silent'],
        [2, 1],
      ],
      '..+',
    ],
    [
      'begins a time anew',
      one({ when: { equals: 1 }, raiseAfter: { time: '1h' } }),
      [
        [0, 1],
        [1, 'silent'],
        [2, 'silent'],
        [3, 'silent'],
        [hour, 1],
        [2 * hour, 1],
      ],
      '.....+',
    ],
  ])('%s', (_, template, story, said) => {
    expect(play(template, story)).toBe(said);
  });
});

describe('votes', () => {
  it.each<[string, Template, readonly Step[], string]>([
    [
      'of points out of their range are lost',
      vote(twoOfThree),
      [
        [0, { b: 60 }],
        [1, { b: -1 }],
        [2, { c: 60 }],
        [3, { b: 60 }],
      ],
      '...+',
    ],
    [
      'that are old are lost',
      vote(twoOfThree),
      [
        [0, { b: 60 }],
        [hour + 1, { c: 60 }],
        [hour + 2, { b: 60 }],
      ],
      '..+',
    ],
    [
      'that are lost end nothing',
      vote(twoOfThree),
      [
        [0, { a: 60, b: 60 }],
        [1, { b: -1 }],
        [2, { a: 60 }],
        [3, { b: 20 }],
      ],
      '+..-',
    ],
    [
      'age as the rule says',
      vote({ ...twoOfThree, within: '1m' }),
      [
        [0, { b: 60 }],
        [minute + 1, { c: 60 }],
      ],
      '..',
    ],
    [
      'have their own hysteresis',
      vote({ count: 1, of: [{ point: 'a', above: 50, clearAt: 40 }] }),
      [
        [0, { a: 51 }],
        [1, { a: 50 }],
        [2, { a: 51 }],
        [3, { a: 41 }],
        [4, { a: 40 }],
      ],
      '+...-',
    ],
    [
      'count after a restart as old as they were',
      vote(twoOfThree, { raiseAfter: { time: '10m' } }),
      [
        [0, { a: 60, b: 60 }],
        [1, 'restart'],
        [10 * minute, 'time'],
      ],
      '.r+',
    ],
  ])('%s', (_, template, story, said) => {
    expect(play(template, story)).toBe(said);
  });

  it('take a clearing bound only where it fits', () => {
    const part = (more: object): boolean =>
      templateOption.safeParse({
        points: [{ name: 'a', path: 'a' }],
        rules: [{ point: 'a', alarm: 'fire', when: { atLeast: { count: 1, of: [{ point: 'a', ...more }] } } }],
      }).success;
    expect([part({ above: 5, clearAt: 4 }), part({ above: 5, clearAt: 6 }), part({ equals: 1, clearAt: 1 })]).toEqual([true, false, false]);
  });
});

describe('a fire that only a normal value ends', () => {
  const line = (...ohms: number[]): readonly Step[] => ohms.map((ohm, at): Step => [at, { line: ohm }]);
  it.each<[string, Template, readonly Step[], string]>([
    ['stands when its line burns open', shipped('supervised-fire-line'), line(10_000, 900, 900, 65_535, 65_535, 65_535, 65_535), '..+....'],
    ['or is shorted', shipped('supervised-fire-line'), line(10_000, 900, 900, 0, 0, 0, 0), '..+....'],
    ['or is unclear', shipped('supervised-fire-line'), line(10_000, 900, 900, 5000, 5000, 5000), '..+...'],
    ['ends in the normal band', shipped('supervised-fire-line'), line(900, 900, 65_535, 10_000, 10_000, 10_000), '.+...-'],
    [
      'stands, of plain contacts',
      shipped('supervised-fire-line-plain'),
      line(0, 0, 65_535, 65_535, 65_535, 10_000, 10_000, 10_000),
      '.+.....-',
    ],
    ['so does a break-in whose line is cut', shipped('supervised-intrusion-line'), line(4400, 4400, 65_535, 65_535), '.+.+'],
    [
      'no band, no end at a threshold',
      one({ when: { above: 10, clearBetween: [0, 5] } }),
      [
        [0, 11],
        [1, 6],
        [2, -1],
        [3, 5],
      ],
      '+..-',
    ],
    [
      'a tilt at its bound is one alarm',
      shipped('structure'),
      [1.01, 1.01, 1, 1.01, 1, 0.81, 1.01].map((tilt, at): Step => [at, { 'tilt-x': tilt, 'tilt-y': 0 }]),
      '.+.....',
    ],
    [
      'that ends with a clear distance',
      shipped('structure'),
      [-1.01, -1.01, -0.81, -0.8].map((tilt, at): Step => [at, { 'tilt-x': 0, 'tilt-y': tilt }]),
      '.+.-',
    ],
  ])('%s', (_, template, story, said) => {
    expect(play(template, story)).toBe(said);
  });

  it('refuses a band that overlaps what raises', () => {
    const when = (rule: object): boolean =>
      templateOption.safeParse({ points: [{ name: 'p', path: 'p' }], rules: [{ point: 'p', alarm: 'fire', when: rule }] }).success;
    expect([
      when({ between: [1, 2], clearBetween: [3, 4] }),
      when({ between: [1, 3], clearBetween: [3, 4] }),
      when({ above: 5, clearBetween: [4, 6] }),
      when({ below: 5, clearBetween: [4, 6] }),
      when({ equals: 1, clearBetween: [0, 0.5] }),
      when({ stuckFor: '1h', clearBetween: [0, 1] }),
    ]).toEqual([true, false, false, false, true, false]);
  });
});
