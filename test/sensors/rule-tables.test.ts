// What the rules say, as tables: one story a row, from values at their times to words.
import { describe, expect, it } from 'vitest';
import type { Template } from '../../src/sensors/options.ts';
import { type Observation, type SensorState, seedSensor, sensorDueOf, stepSensor } from '../../src/sensors/rules/index.ts';
import { templateOption } from '../../src/sensors/template.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** A Friday, 12:00 local time of the machine. */
const noon = new Date(2026, 10, 20, 12).getTime();

const one = (rule: object, point: object = {}): Template =>
  templateOption.parse({ points: [{ name: 'p', path: 'p', ...point }], rules: [{ point: 'p', alarm: 'tamper', ...rule }] });
const three = (when: object): Template =>
  templateOption.parse({
    points: ['a', 'b', 'c'].map((name) => ({ name, path: name })),
    rules: [{ point: 'a', channel: 'vote', alarm: 'fire', when }],
  });

/** Values at a time; a number alone is the point `p`; `time`: nothing is told, time has passed; `bad`: the sensor complains. */
type Step = readonly [ms: number, seen: number | 'time' | 'bad' | Readonly<Record<string, number>>];

function observationOf(seen: Step[1]): Observation {
  if (seen === 'time') return { result: 'time' };
  if (seen === 'bad') return { result: 'values', values: new Map(), fault: { ko: '이상', en: 'odd' } };
  return { result: 'values', values: new Map(typeof seen === 'number' ? [['p', seen]] : Object.entries(seen)), fault: undefined };
}

/** What each step says: `raised`, `cleared` of alarms, conditions by kind, readings with their quality. */
function play(template: Template, story: readonly Step[]): string[] {
  let state: SensorState = seedSensor(template, []);
  return story.map(([ms, seen]) => {
    const moment = { wallMs: noon + ms, monotonicMs: 10_000 + ms };
    const step = stepSensor({ device: 'd', template }, state, { observation: observationOf(seen), moment });
    state = step.state;
    const said = step.says.flatMap((each) => {
      if ('report' in each) {
        const { state: to, detail, latch, reason } = each.report;
        const more = [latch ? 'latched' : '', reason ?? '', detail?.['repeats'] === undefined ? '' : `x${detail['repeats']}`];
        return [[to === 'active' ? 'raised' : 'cleared', ...more].filter((part) => part !== '').join(' ')];
      }
      const { kind, state: to } = each.condition;
      // That a sensor answers and has no fault is said once at the start.
      return to === 'cleared' && ms === story[0]?.[0] ? [] : [`${kind} ${to}`];
    });
    return [...said, ...step.readings.map(({ value, quality }) => `${value} ${quality}`)].join(', ');
  });
}

describe('a condition', () => {
  const ranged = one({ when: { above: 900 } }, { range: [0, 1000] });
  const complaining = one({ alarm: undefined, fault: 'odd', when: { above: 10 } });
  const flapping = (low: number, high: number, count: number): Step[] =>
    Array.from({ length: count }, (_, at): Step => [at * 30, at % 2 === 0 ? low : high]);

  it.each<[string, Template, number]>([
    ['of a value in and out of its range', ranged, -5],
    ['of a rule', complaining, 20],
  ])('that comes and goes is said a few times, stands, and ends with its count when a minute was calm: %s', (_, template, bad) => {
    const end = 399 * 30;
    const said = play(template, [...flapping(5, bad, 400), [end + 500, 5], [end + 30_000, 5], [end + 61_000, 'time'], [end + 62_000, 5]]);
    const [raised, cleared] = ['sensor-fault raised', 'sensor-fault cleared'];
    expect(said.slice(0, 400).filter((each) => each !== '')).toEqual([raised, cleared, raised, cleared, raised, cleared, raised]);
    expect(said.slice(400)).toEqual(['', '', 'sensor-fault cleared', '']);
  });

  it('tells how often it came back, and when it is due', () => {
    let state: SensorState = seedSensor(ranged, []);
    const messages: string[] = [];
    const step = (ms: number, value: number): void => {
      const seen = { observation: observationOf(value), moment: { wallMs: noon + ms, monotonicMs: ms } };
      const next = stepSensor({ device: 'd', template: ranged }, state, seen);
      ({ state } = next);
      for (const said of next.says)
        if ('condition' in said && said.condition.kind === 'sensor-fault') messages.push(said.condition.message.en);
    };
    for (let at = 0; at < 20; at += 1) step(at * 1000, at % 2 === 0 ? 5 : -5);
    step(20_000, 5);
    expect(sensorDueOf(ranged, state, { wallMs: noon + 20_000, monotonicMs: 20_000 })).toBe(80_000);
    step(80_000, 5);
    expect(messages.at(-1)).toBe('No fault (it came back 6 times)');
    expect(sensorDueOf(ranged, state, { wallMs: noon + 80_000, monotonicMs: 80_000 })).toBeUndefined();
    for (let at = 0; at < 6; at += 1) step(200_000 + at * 100_000, at % 2 === 0 ? -5 : 5);
    expect(messages.slice(-6).map((message) => message === 'No fault')).toEqual([false, true, false, true, false, true]);
  });
});

describe('the rules', () => {
  it.each<[string, Template, readonly Step[], readonly string[]]>([
    [
      'threshold with hysteresis',
      one({ when: { above: 10, clearAt: 5 } }),
      [
        [0, 10],
        [1, 11],
        [2, 6],
        [3, 12],
        [4, 5],
      ],
      ['', 'raised', '', '', 'cleared'],
    ],
    [
      'threshold from below',
      one({ when: { below: 0, clearAt: 2 } }),
      [
        [0, 0],
        [1, -1],
        [2, 1.9],
        [3, 2],
      ],
      ['', 'raised', '', 'cleared'],
    ],
    [
      'debounce by count',
      one({ when: { equals: 1 }, raiseAfter: { count: 2 }, clearAfter: { count: 3 } }),
      [
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 1],
        [4, 0],
        [5, 0],
        [6, 0],
      ],
      ['', '', '', 'raised', '', '', 'cleared'],
    ],
    [
      'debounce by time',
      one({ when: { equals: 1 }, raiseAfter: { time: '1m' } }),
      [
        [0, 1],
        [59 * second, 'time'],
        [minute, 'time'],
      ],
      ['', '', 'raised'],
    ],
    [
      'debounce by count and time: time makes no value',
      one({ when: { equals: 1 }, raiseAfter: { count: 2, time: '1m' } }),
      [
        [0, 1],
        [2 * minute, 'time'],
        [3 * minute, 1],
      ],
      ['', '', 'raised'],
    ],
    [
      'hold',
      one({ when: { equals: 1 }, hold: '10m' }),
      [
        [0, 1],
        [minute, 0],
        [9 * minute, 'time'],
        [10 * minute, 'time'],
      ],
      ['raised', '', '', 'cleared'],
    ],
    [
      'hold: what comes back in it never went',
      one({ when: { equals: 1 }, hold: '10m' }),
      [
        [0, 1],
        [minute, 0],
        [2 * minute, 1],
        [20 * minute, 'time'],
        [21 * minute, 0],
      ],
      ['raised', '', '', '', 'cleared'],
    ],
    [
      'rate of rise',
      one({ when: { rises: { by: 5, within: '1m' } } }),
      [
        [0, 1],
        [30 * second, 4],
        [50 * second, 6.5],
        [4 * minute, 'time'],
      ],
      ['', '', 'raised', 'cleared'],
    ],
    [
      'rate of fall, too slow, then fast enough',
      one({ when: { falls: { by: 5, within: '1m' } } }),
      [
        [0, 9],
        [50 * second, 6],
        [100 * second, 3],
        [110 * second, 0.5],
      ],
      ['', '', '', 'raised'],
    ],
    [
      'stuck',
      one({ when: { stuckFor: '1h' } }),
      [
        [0, 7],
        [59 * minute, 7],
        [hour, 'time'],
        [2 * hour, 8],
      ],
      ['', '', 'raised', 'cleared'],
    ],
    [
      'two of three',
      three({
        atLeast: {
          count: 2,
          of: [
            { point: 'a', above: 5 },
            { point: 'b', above: 5 },
            { point: 'c', equals: 1 },
          ],
        },
      }),
      [
        [0, { a: 6 }],
        [1, { b: 6 }],
        [2, { a: 1 }],
        [3, { c: 1 }],
        [4, { b: 0 }],
      ],
      ['', 'raised', 'cleared', 'raised', 'cleared'],
    ],
    [
      'hours: their end ends it, their begin begins it',
      one({ when: { equals: 1 }, during: [{ from: '12:10', to: '12:20' }] }),
      [
        [0, 1],
        [10 * minute, 'time'],
        [20 * minute, 'time'],
        [21 * minute, 1],
      ],
      ['', 'raised', 'cleared handling', ''],
    ],
    [
      'hours over midnight',
      one({ when: { equals: 1 }, during: [{ from: '22:00', to: '06:00' }] }),
      [
        [0, 1],
        [10 * hour, 'time'],
        [17 * hour, 'time'],
        [18 * hour, 'time'],
      ],
      ['', 'raised', '', 'cleared handling'],
    ],
    [
      'hours of other days',
      one({ when: { equals: 1 }, during: [{ days: ['sat'] }] }),
      [
        [0, 1],
        [11 * hour, 'time'],
        [12 * hour, 'time'],
        [36 * hour, 'time'],
      ],
      ['', '', 'raised', 'cleared handling'],
    ],
    [
      'latch: says its end, and that it latches',
      one({ when: { equals: 1 }, latch: true }),
      [
        [0, 1],
        [1, 1],
        [2, 0],
      ],
      ['raised latched', '', 'cleared latched'],
    ],
    [
      'repeat suppression, counted',
      one({ when: { equals: 1 }, quiet: '1m' }),
      [
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 0],
        [4, 1],
        [5, 0],
        [2 * minute, 1],
      ],
      ['raised', 'cleared', '', '', '', '', 'raised x3'],
    ],
    [
      'repeat suppression: what still stands behind it is told',
      one({ when: { equals: 1 }, quiet: '1m' }),
      [
        [0, 1],
        [1, 0],
        [2, 1],
        [minute + 1, 'time'],
      ],
      ['raised', 'cleared', '', 'raised'],
    ],
    [
      'low battery with hysteresis',
      one({ alarm: undefined, fault: 'low', as: 'battery-low', when: { below: 15, clearAt: 25 } }),
      [
        [0, 80],
        [1, 14],
        [2, 20],
        [3, 25],
      ],
      ['', 'battery-low raised', '', 'battery-low cleared'],
    ],
    [
      'quality: an impossible value counts where it makes things worse alone, is told as bad, and is a fault until the next',
      one({ when: { above: 10 } }, { range: [0, 50], reading: { kind: 'x', every: '0s' } }),
      [
        [0, 3],
        [1, 99],
        [2, -99],
        [3, 11],
        [4, 3],
      ],
      ['3 good', 'raised, sensor-fault raised, 99 bad', '-99 bad', 'sensor-fault cleared, 11 good', 'cleared, 3 good'],
    ],
    [
      'quality: a sensor that complains',
      one({ when: { equals: 1 } }),
      [
        [0, 0],
        [1, 'bad'],
        [2, 1],
      ],
      ['', 'sensor-fault raised', 'raised, sensor-fault cleared'],
    ],
  ])('%s', (_, template, story, said) => {
    expect(play(template, story)).toEqual(said);
  });

  it.each<[string, string, readonly Step[], readonly string[]]>([
    [
      'tamper of a smoke detector that is taken off',
      'milesight-gs524n',
      [
        [0, { mounted: 1, smoke: 0 }],
        [1, { mounted: 0, smoke: 0 }],
        [2, { mounted: 1 }],
      ],
      ['', 'raised', 'cleared'],
    ],
    [
      'tamper of a door contact',
      'door',
      [
        [0, { cover: 0 }],
        [1, { cover: 1 }],
      ],
      ['', 'raised'],
    ],
    [
      'a hydrant with an empty battery',
      'hydrant',
      [
        [0, { battery: 90 }],
        [1, { battery: 10 }],
        [2, { battery: 30 }],
      ],
      ['90 good', 'battery-low raised, 10 good', 'battery-low cleared, 30 good'],
    ],
  ])('%s', (_, name, story, said) => {
    const template = shippedTemplate(name);
    expect(template && play(template, story)).toEqual(said);
  });
});
