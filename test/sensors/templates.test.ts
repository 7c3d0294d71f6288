// The shipped templates are what a site could have written, and say what they claim to.
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Alarm } from '#model';
import { shippedTemplates, type Template } from '../../src/sensors/options.ts';
import {
  noteOf,
  type Observation,
  recallNote,
  type SensorState,
  seedSensor,
  sensorDueOf,
  stepSensor,
} from '../../src/sensors/rules/index.ts';
import { reachOf, shippedReach } from '../../src/sensors/shipped-templates.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';
import { readTemplate } from '../../src/sensors/templates/read.ts';

const second = 1000;
const minute = 60 * second;
const noon = new Date(2026, 5, 15, 12).getTime();

function templateOf(name: string): Template {
  const template = shippedTemplate(name);
  if (!template) throw new Error(`no template ${name}`);
  return template;
}

function own(text: string): Template {
  const read = readTemplate(Buffer.from(text));
  if (!read.ok) throw new Error(read.problems.map(({ en }) => en).join('; '));
  return read.value;
}

/** What a sensor says of one set of values after the other, at so many milliseconds each: `smoke active`, `battery-low raised`. */
function play(template: Template, seen: readonly (readonly [number, Record<string, number>])[], open: readonly Alarm[] = []): string[][] {
  let state: SensorState = seedSensor(template, open);
  return seen.map(([at, values]) => {
    const observation: Observation = { result: 'values', values: new Map(Object.entries(values)), fault: undefined };
    const step = stepSensor({ device: 'd', template }, state, { observation, moment: { wallMs: noon + at, monotonicMs: at } });
    state = step.state;
    return step.says.flatMap((said) => {
      if ('report' in said) return [`${said.report.channel} ${said.report.kind} ${said.report.state}`];
      const { channel, kind, state: how } = said.condition;
      return how === 'cleared' ? [] : [`${channel} ${kind} ${how}`];
    });
  });
}

describe('the shipped templates', () => {
  it('are all there, and each is right', async () => {
    const files = await readdir(new URL('../../src/sensors/templates/shipped/', import.meta.url));
    expect(files.map((file) => file.replace('.yaml', '')).toSorted()).toEqual([...shippedTemplates]);
    for (const name of shippedTemplates) expect(templateOf(name).title, name).toMatchObject({ ko: /./, en: /./ });
    expect(Object.fromEntries(shippedTemplates.map((name) => [name, reachOf(templateOf(name).points)]))).toEqual(shippedReach);
  });

  it.each<[string, readonly (readonly [number, Record<string, number>])[], string[][]]>([
    [
      'smoke-analog',
      [
        [0, { obscuration: 11 }],
        [1, { obscuration: 11 }],
        [2, { obscuration: 6 }],
        [3, { obscuration: 5 }],
        [4, { obscuration: 5 }],
        [5, { obscuration: 5 }],
      ],
      [[], ['obscuration smoke active'], [], [], [], ['obscuration smoke inactive']],
    ],
    [
      'heat-analog',
      [
        [0, { temperature: 20 }],
        [20 * second, { temperature: 42 }],
        [40 * second, { temperature: 50 }],
        [50 * second, { temperature: 71 }],
        [52 * second, { temperature: 72 }],
      ],
      [[], [], ['heat-rise heat active'], [], ['heat heat active']],
    ],
    [
      'hydrant',
      [
        [0, { parking: 1 }],
        [59 * second, { parking: 1 }],
        [60 * second, { parking: 1 }],
        [61 * second, { parking: 0 }],
        [91 * second, { parking: 0 }],
      ],
      [[], [], ['parking hydrant-parking active'], [], ['parking hydrant-parking inactive']],
    ],
    [
      'hydrant',
      [
        [0, { pressure: 149 }],
        [1, { pressure: 149 }],
        [2, { pressure: 160 }],
        [3, { pressure: 170 }],
        [4, { battery: 14, leak: 1, freezing: 1 }],
      ],
      [
        [],
        ['pressure hydrant-pressure-low active'],
        [],
        ['pressure hydrant-pressure-low inactive'],
        ['leak hydrant-leak active', 'freezing hydrant-freezing active', 'battery battery-low raised'],
      ],
    ],
    [
      'supervised-fire-line',
      [9800, 909, 905, 3050, 9800, 9800, 9800, 250, 250, 9800, 65_535, 65_535, 5000, 5000, 5000, 5000, 5000].map(
        (line, index) => [index, { line }] as const,
      ),
      [
        [],
        [],
        ['line fire active'],
        [],
        [],
        [],
        ['line fire inactive'],
        [],
        ['short sensor-fault raised'],
        [],
        [],
        ['open sensor-fault raised'],
        [],
        [],
        [],
        [],
        ['unclear sensor-fault raised'],
      ],
    ],
    [
      'supervised-fire-line-plain',
      [9800, 2, 2, 65_535, 65_535, 65_535, 9800, 9800, 9800].map((line, index) => [index, { line }] as const),
      [[], [], ['line fire active'], [], ['open sensor-fault raised'], [], [], [], ['line fire inactive']],
    ],
    [
      'supervised-intrusion-line',
      [2200, 4400, 4400, 2200, 3, 3, 2200, 65_535, 65_535].map((line, index) => [index, { line }] as const),
      [
        [],
        [],
        ['line intrusion active'],
        ['line intrusion inactive'],
        [],
        ['short tamper active', 'line-fault sensor-fault raised'],
        ['short tamper inactive'],
        [],
        ['open tamper active', 'line-fault sensor-fault raised'],
      ],
    ],
    [
      'intrusion-contacts',
      [
        [0, { door: 1, cover: 1 }],
        [1, { door: 0, cover: 1 }],
        [2, { door: 0, cover: 0 }],
        [3, { door: 1, cover: 0 }],
      ],
      [[], [], ['door intrusion active'], ['door intrusion inactive', 'cover tamper active']],
    ],
    [
      'smoke-contact-nc',
      [1, 0, 0, 1].map((smoke, index) => [index, { smoke }] as const),
      [[], [], ['smoke smoke active'], ['smoke smoke inactive']],
    ],
    [
      'structure',
      [
        [0, { 'tilt-y': -1.1 }],
        [1, { 'tilt-y': -1.2 }],
        [2, { crack: 0.2 }],
        [minute, { crack: 0.5 }],
        [2 * minute, { crack: 0.51 }],
      ],
      [[], ['tilt structure-tilt active'], [], [], ['crack-growth structure-crack active']],
    ],
    [
      'activity',
      [
        [0, { movements: 5 }],
        [86_399_999, { movements: 5 }],
        [86_400_000, { movements: 5 }],
        [86_400_001, { movements: 6 }],
      ],
      [[], [], ['movements no-activity active'], ['movements no-activity inactive']],
    ],
    [
      'fire-panel-contacts',
      [
        [0, { 'zone-3': 1, fire: 1, mains: 1 }],
        [10 * second, { 'zone-3': 0, fire: 0, mains: 1 }],
      ],
      [
        ['zone-3 fire-panel active', 'fire fire-panel active'],
        ['zone-3 fire-panel inactive', 'fire fire-panel inactive', 'mains power-fault raised'],
      ],
    ],
    [
      'milesight-gs524n',
      [
        [0, { smoke: 1, mounted: 1 }],
        [1, { mounted: 0, smoke: 0 }],
      ],
      [['smoke smoke active'], ['smoke smoke inactive', 'mounted tamper active']],
    ],
  ])('%s', (name, seen, said) => {
    expect(play(templateOf(name), seen)).toEqual(said);
  });
});

/** Every alarm of a shipped template that a value beyond the range of a point makes worse: the rule, the point, and the ends of its range, the dangerous one last. */
function drivenOver(): [string, Template, Template['rules'][number], string, number, number][] {
  return shippedTemplates
    .flatMap((name) => {
      const template = templateOf(name);
      return template.rules.flatMap((rule) => {
        if (rule.alarm === undefined) return [];
        const parts = [{ point: rule.point, ...rule.when }, ...(rule.when.atLeast?.of ?? [])];
        return parts.flatMap((part) => {
          const range = template.points.find((point) => point.name === part.point)?.range;
          const isHigh = part.above !== undefined || ('rises' in part && part.rises !== undefined);
          const isLow = part.below !== undefined || ('falls' in part && part.falls !== undefined);
          if (!range || isHigh === isLow) return [];
          const [from, to] = isHigh ? range : range.toReversed();
          return [
            [`${name}: ${part.point} ${isHigh ? 'over' : 'under'} its range`, template, rule, part.point, from ?? 0, to ?? 0] as const,
          ];
        });
      });
    })
    .map((row) => [...row]);
}

describe('a value beyond the range', () => {
  it('is there to be tested', () => {
    const rows = drivenOver().map(([name, , rule]) => `${name}, ${rule.channel ?? rule.point}`);
    expect(rows).toEqual(
      expect.arrayContaining([
        'heat-analog: temperature over its range, heat',
        'heat-analog: temperature over its range, heat-rise',
        'gas-co-greystone: co over its range, co',
        'waste-bin: temperature over its range, temperature',
        'water-level: level over its range, flood',
        'structure: tilt-y under its range, tilt',
        'hydrant: pressure under its range, pressure',
      ]),
    );
  });

  it.each(drivenOver())('raises its alarm, and is told: %s', (_, template, rule, point, from, to) => {
    const stepMs = Math.max(second, rule.raiseAfter.time);
    const beyond = to + Math.sign(to - from);
    const story = [from, beyond, beyond, beyond].map((value, index): [number, Record<string, number>] => [
      index * stepMs,
      { [point]: value },
    ]);
    const said = play(template, story).slice(1).flat();
    expect(said).toContain(`${rule.channel ?? rule.point} ${rule.alarm} active`);
    expect(said).toContain('device sensor-fault raised');
  });

  it('ends no alarm, and stands while it stands alone', () => {
    const heat = templateOf('heat-analog');
    const story = [25, 160, 300, -300, -300, -300, 150, 20].map((temperature, at): [number, Record<string, number>] => [
      at * 20 * minute,
      { temperature },
    ]);
    expect(play(heat, story)).toEqual([[], ['device sensor-fault raised'], ['heat heat active'], [], [], [], [], ['heat heat inactive']]);
  });

  it('that is told once counts while time passes, also over a restart', () => {
    const template = own(
      'points: [{ name: a, path: a, range: [0, 100] }]\nrules: [{ point: a, alarm: heat, when: { above: 70 }, raiseAfter: { time: 1m } }]',
    );
    const at = (ms: number) => ({ wallMs: noon + ms, monotonicMs: ms, sinceBoot: { boot: 'b', ms } });
    const told: Observation = { result: 'values', values: new Map([['a', 300]]), fault: undefined };
    const { state } = stepSensor({ device: 'd', template }, seedSensor(template, []), { observation: told, moment: at(0) });
    const note = noteOf(template, state, { at: at(0), detail: {} });
    const recalled = recallNote(template, seedSensor(template, []), { text: note?.text ?? '', at: at(10 * second) }).state;
    for (const each of [state, recalled]) {
      expect(sensorDueOf(template, each, at(10 * second))).toBe(minute);
      const { says } = stepSensor({ device: 'd', template }, each, { observation: { result: 'time' }, moment: at(minute) });
      expect(says).toMatchObject([{ report: { kind: 'heat', state: 'active', detail: { value: 300 } } }]);
    }
  });

  it('is no reading, and no value, where it is no finite number', () => {
    const heat = templateOf('heat-analog');
    const observation: Observation = { result: 'values', values: new Map([['temperature', Infinity]]), fault: undefined };
    const step = stepSensor({ device: 'd', template: heat }, seedSensor(heat, []), {
      observation,
      moment: { wallMs: noon, monotonicMs: 0 },
    });
    expect(step.readings).toEqual([]);
    expect(step.says).toMatchObject([{ condition: { kind: 'sensor-silent' } }, { condition: { kind: 'sensor-fault', state: 'raised' } }]);
  });
});

describe('a sensor', () => {
  const base = 'points: [{ name: a, path: a }, { name: b, path: b }, { name: c, path: c }]\n';

  it('counts two of three by the newest value of each', () => {
    const template = own(
      `${base}rules: [{ point: a, channel: vote, alarm: fire, when: { atLeast: { count: 2, of: [{ point: a, above: 5 }, { point: b, above: 5 }, { point: c, equals: 1 }] } } }]`,
    );
    expect(
      play(template, [
        [0, { a: 6 }],
        [1, { b: 5 }],
        [2, { c: 1 }],
        [3, { b: 6 }],
        [4, { a: 0 }],
        [5, { c: 0 }],
      ]),
    ).toEqual([[], [], ['vote fire active'], [], [], ['vote fire inactive']]);
  });

  it('judges a rule at its hours alone, and ends it with them', () => {
    const template = own(`${base}rules: [{ point: a, alarm: door-open, when: { equals: 1 }, during: [{ from: '12:00', to: '12:10' }] }]`);
    const hour = 60 * minute;
    expect(
      play(template, [
        [-1, { a: 1 }],
        [0, { a: 1 }],
        [10 * minute, { a: 1 }],
        [11 * minute, { a: 1 }],
        [24 * hour, { a: 1 }],
      ]),
    ).toEqual([[], ['a door-open active'], ['a door-open inactive'], [], ['a door-open active']]);
  });

  it('takes no value that it cannot have measured, says so, and goes on', () => {
    const template = own(
      'points: [{ name: a, path: a, range: [0, 100], unit: Cel, reading: { kind: temperature } }]\nrules: [{ point: a, alarm: heat, when: { above: 70 } }]',
    );
    expect(
      play(template, [
        [0, { a: -6553.5 }],
        [1, { a: 71 }],
        [2, { a: -6553.5 }],
      ]),
    ).toEqual([['device sensor-fault raised'], ['a heat active'], ['device sensor-fault raised']]);
  });

  it('sends one reading in a while, and each change that matters, with its quality', () => {
    const template = own(
      'points: [{ name: a, path: a, range: [0, 100], unit: Cel, reading: { kind: temperature, every: 1m, change: 5 } }]',
    );
    let state = seedSensor(template, []);
    const sent = (
      [
        [0, 20],
        [second, 24],
        [2 * second, 25],
        [30 * second, 25],
        [63 * second, 25],
        [64 * second, 200],
      ] as const
    ).map(([at, a]) => {
      const observation: Observation = { result: 'values', values: new Map([['a', a]]), fault: undefined };
      const step = stepSensor({ device: 'd', template }, state, { observation, moment: { wallMs: noon + at, monotonicMs: at } });
      state = step.state;
      return step.readings.map(({ value, quality }) => `${value} ${quality}`);
    });
    expect(sent).toEqual([['20 good'], [], ['25 good'], [], ['25 good'], ['200 bad']]);
  });

  it('latches, tells the message’s own time and facts, and names the occurrence by the message', () => {
    const template = templateOf('emergency-button');
    const told = { id: 'm-1', time: noon - 5000, clockQuality: 'synchronised', detail: { room: '101' } } as const;
    const observation: Observation = { result: 'values', values: new Map([['button', 1]]), fault: undefined, told };
    const { says } = stepSensor({ device: 'd', template }, seedSensor(template, []), {
      observation,
      moment: { wallMs: noon, monotonicMs: 0 },
    });
    expect(says[0]).toEqual({
      report: {
        device: 'd',
        channel: 'button',
        kind: 'emergency-call',
        state: 'active',
        occurrence: 'm-1/button/emergency-call/active',
        time: noon - 5000,
        clockQuality: 'synchronised',
        latch: true,
        detail: { room: '101' },
      },
    });
  });
});
