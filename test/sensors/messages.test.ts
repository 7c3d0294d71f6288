// Messages that carry values: from JSON to what a template's rules say, for every sender alike; odd values are told, retries are known.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BongsuError, type Env, openLog, resolvedSecret, systemEnv } from '#base';
import { openSensorMemory } from '../../src/sensors/memory.ts';
import { extractValues } from '../../src/sensors/messages/extract.ts';
import { messageMaps, openMessageSource } from '../../src/sensors/messages/index.ts';
import { statusOf } from '../../src/sensors/messages/standing.ts';
import { sensorsOptions, type Template } from '../../src/sensors/options.ts';
import { templateOption } from '../../src/sensors/template.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const env = systemEnv(openLog('silent'));
const token = resolvedSecret('0123456789abcdef');

function templateOf(name: string): Template {
  const template = shippedTemplate(name);
  if (!template) throw new Error(`no template ${name}`);
  return template;
}

function open(part: object, recorder: Recorder, world: Env = env) {
  const parsed = sensorsOptions.safeParse({ webhook: { sources: [{ id: 's', device: 'own', token, ...part }] } });
  const [options] = parsed.data?.webhook?.sources ?? [];
  if (!options) throw new Error(JSON.stringify(parsed.error?.issues));
  const signal = new AbortController().signal;
  const memory = openSensorMemory(recorder.notes, world);
  return openMessageSource(options, {
    deps: recorder,
    env: world,
    memory,
    signal,
    template: templateOf,
    map: () => messageMaps['chirpstack-v4'],
  });
}

const message = (content: object) => ({ content, body: Buffer.from(JSON.stringify(content)) });
const uplink = (devEui: string, id: string, object: object) =>
  message({ deduplicationId: id, time: new Date().toISOString(), deviceInfo: { devEui }, object });

describe('a message with a device beside it', () => {
  const devices = [
    { device: 'gas-a', key: 'AAAA', template: 'hydrant' },
    { device: 'gas-b', key: 'bbbb', template: 'hydrant' },
  ];
  const rules = [{ kind: 'gas', state: 'inactive', when: { path: 'state', equals: ['normal'] } }];
  const taken = async (part: object, recorder = openRecorder()) => {
    const heard: string[] = [];
    const source = open({ devices, map: { device: 'id', rules } }, recorder);
    const { result } = await source.take({ ...message({ id: 'bbbb', state: 'normal' }), ...part }, (device) => heard.push(device));
    return { result, heard, recorder, look: source.look({ ...message({ id: 'bbbb', state: 'normal' }), ...part }).device };
  };

  it('is refused where its body names another, counted and told', async () => {
    for (const key of ['AAAA', 'cccc']) {
      const { result, heard, recorder, look } = await taken({ key });
      expect([result, heard, look]).toEqual(['two-devices', [], undefined]);
      expect(recorder.reports).toEqual([]);
      await vi.waitFor(() => expect(recorder.said()).toEqual(['sensor-fault raised own']));
      expect(recorder.conditions[0]).toMatchObject({ channel: 'key', message: { en: expect.stringContaining('1 messages whose topic') } });
    }
  });

  it('is taken where they agree, where one is missing, and where what is beside it is a mere place', async () => {
    for (const part of [{ key: 'BBBB' }, {}, { key: '/Mobius/ae/all', isKeyLoose: true }, { key: 'bbbb', content: { state: 'normal' } }]) {
      const { heard, recorder } = await taken(part);
      expect(heard).toEqual(['gas-b']);
      expect(recorder.reports).toMatchObject([{ device: 'gas-b' }]);
      expect(recorder.said()).toEqual([]);
    }
  });
});

describe('values of a message', () => {
  it.each<[string, string, object, Record<string, number>, boolean]>([
    [
      'numbers, texts of numbers and words',
      'hydrant',
      { pressure: 320, temperature: '-3.5', leak: 'normal', parking: true },
      { pressure: 320, temperature: -3.5, leak: 0, parking: 1 },
      false,
    ],
    ['words that the template does not know', 'milesight-vs373', { detection_status: 'yawning' }, {}, true],
    ['what is no number', 'hydrant', { pressure: 'high', battery: [1], temperature: '1e999' }, {}, true],
    ['nothing', 'hydrant', { pressure: null }, {}, false],
    ['one word for two points', 'milesight-gs524n', { event: 'removed' }, { mounted: 0 }, false],
    ['what is inherited', 'door', {}, {}, false],
    ['numbers that a register would have scaled', 'water-level', { level: 1.23 }, { level: 1.23 }, false],
  ])('are found: %s', (_, template, content, values, odd) => {
    const found = extractValues(templateOf(template), content);
    expect(Object.fromEntries(found.values)).toEqual(values);
    expect(found.fault !== undefined).toBe(odd);
  });

  it('are scaled as messages are, not as registers', () => {
    const point = {
      name: 'level',
      path: 'level',
      pathScale: 0.1,
      pathOffset: 2,
      modbus: { function: 4, address: 0, type: 'int16', scale: 7 },
    };
    const template = templateOption.parse({ points: [point] });
    expect(Object.fromEntries(extractValues(template, { level: 50 }).values)).toEqual({ level: 7 });
    expect(() => templateOption.parse({ points: [{ name: 'level', path: 'level', scale: 0.1 }] })).toThrow('scale');
  });

  it.each([
    ['heat-analog', { temperature: 85 }, 'heat', 2],
    ['water-level', { level: 9 }, 'flood', 2],
  ])('of %s raise what they would raise on a bus', async (name, content, kind, times) => {
    const recorder = openRecorder();
    const source = open({ template: name }, recorder);
    for (let at = 0; at < times; at += 1) await source.take({ ...message({ ...content, at }) }, () => {});
    expect(recorder.reports.map((report) => report.kind).join(' ')).toContain(kind);
  });

  it('are no numbers where their scale makes them infinite', () => {
    const template: Template = {
      ...templateOf('hydrant'),
      points: templateOf('hydrant').points.map((point) => ({ ...point, pathScale: 100 })),
    };
    const found = extractValues(template, { pressure: 1.7e308, temperature: 1 });
    expect(Object.fromEntries(found.values)).toEqual({ temperature: 100 });
    expect(found.fault?.en).toBe('pressure: "1.7e+308" is no number');
  });

  it('are finite numbers or nothing, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (content) => {
        for (const value of extractValues(templateOf('hydrant'), content).values.values()) expect(Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

describe('messages that the template does not understand', () => {
  it('are a fault with name and word, no sign of life, and over with the first that is understood', async () => {
    const recorder = openRecorder();
    const source = open({ template: 'hydrant' }, recorder);
    const heard: string[] = [];
    const take = async (content: object): Promise<unknown> => (await source.take(message(content), (device) => heard.push(device))).result;
    expect([await take({ preasure: 300, at: 1 }), await take({ preasure: 301, at: 2 })]).toEqual(['ignored', 'ignored']);
    expect(recorder.said()).toEqual([]);
    expect(source.valuesOf('own')).toMatchObject({ state: 'waiting', problem: { en: expect.stringContaining('they have: preasure, at') } });
    expect(await take({ preasure: 302, at: 3 })).toBe('measured');
    expect(recorder.said()).toContain('sensor-fault raised own');
    expect(source.valuesOf('own')).toMatchObject({ state: 'fault', problem: { ko: expect.stringContaining('들어온 항목: preasure') } });
    await take({ parking: 'CAR\u001b[2J' });
    expect(source.valuesOf('own')?.problem?.en).toBe('parking: "CAR?[2J" is no word that the template knows (occupied, vacant, yes, no)');
    expect(heard).toEqual([]);
    await take({ pressure: 302 });
    expect(recorder.said().at(-1)).toBe('sensor-fault cleared own');
    expect([heard, source.valuesOf('own')?.state]).toEqual([['own'], 'ok']);
  });

  it('tell of themselves beside their silence, and pass over what a template knows to say nothing', () => {
    const problem = { ko: '가', en: 'a' };
    const silence = { ko: '나', en: 'b' };
    const fault = { state: 'fault', problem, values: { p: 1 } } as const;
    expect(statusOf({ state: 'silent', lastHeardAt: 5, problem: silence }, fault)).toMatchObject({
      state: 'silent',
      problem: { ko: '나; 가', en: 'b; a' },
    });
    expect(statusOf({ state: 'waiting', lastHeardAt: undefined, problem: undefined }, fault)).toMatchObject({ state: 'fault', problem });
    const template = templateOption.parse({ points: [{ name: 'p', path: 'p', words: { on: 1, join: null } }] });
    expect(extractValues(template, { p: 'join' })).toEqual({ values: new Map(), fault: undefined });
  });
});

describe('a source of LoRaWAN sensors', () => {
  const lora = {
    map: 'chirpstack-v4',
    devices: [
      { device: 'smoke-1', key: 'aa01', template: 'milesight-gs524n' },
      { device: 'pp-1', key: 'aa02', template: 'milesight-em500-pp' },
    ],
  };

  it('raises and clears by its words, sends readings, and knows whom it does not know', async () => {
    const recorder = openRecorder();
    const source = open(lora, recorder);
    const heard: string[] = [];
    const take = (one: ReturnType<typeof message>) => source.take(one, (device) => heard.push(device));
    expect(await take(uplink('aa01', 'm1', { event: 'alarm', temperature: 21, battery: 90 }))).toEqual({ result: 'measured' });
    expect(await take(uplink('aa01', 'm2', { event: 'normal' }))).toEqual({ result: 'measured' });
    expect(await take(uplink('aa02', 'm3', { pressure: 320 }))).toEqual({ result: 'measured' });
    expect(await take(uplink('ffff', 'm4', { pressure: 320 }))).toEqual({ result: 'no-such-device' });
    expect(recorder.reports.map(({ device, kind, state, clockQuality }) => `${device} ${kind} ${state} ${clockQuality}`)).toEqual([
      'smoke-1 smoke active synchronised',
      'smoke-1 smoke inactive synchronised',
    ]);
    expect(recorder.readings.map(({ device, kind, value }) => `${device} ${kind} ${value}`)).toEqual([
      'smoke-1 temperature 21',
      'smoke-1 battery 90',
      'pp-1 hydrant-pressure 320',
    ]);
    expect(heard).toEqual(['smoke-1', 'smoke-1', 'pp-1']);
    expect(source.valuesOf('smoke-1')).toMatchObject({ state: 'ok', values: { smoke: 0, temperature: 21, battery: 90 } });
    expect(source.expected.map(({ device, silentAfterMs }) => [device, silentAfterMs / 3_600_000])).toEqual([
      ['own', 0],
      ['smoke-1', 48],
      ['pp-1', 24],
    ]);
  });

  it('counts nothing of a message that the store did not take: the retry raises', async () => {
    const recorder = openRecorder();
    const source = open(lora, recorder);
    const fire = uplink('aa01', 'm1', { event: 'alarm' });
    recorder.failing = true;
    await expect(source.take(fire, () => {})).rejects.toThrow('disk full');
    recorder.failing = false;
    await source.take(fire, () => {});
    await source.take(fire, () => {});
    expect(recorder.reports.map(({ state }) => state)).toEqual(['active']);
  });

  it('holds up no message for readings that the store does not take, and sends the next one', async () => {
    const recorder = openRecorder();
    let isSick = true;
    const reading: Recorder['reading'] = (each) => (isSick ? Promise.reject(new Error('store.io')) : recorder.reading(each));
    const source = open(lora, { ...recorder, reading });
    expect(await source.take(uplink('aa01', 'm1', { event: 'alarm', temperature: 21 }), () => {})).toEqual({ result: 'measured' });
    expect(recorder.reports).toHaveLength(1);
    isSick = false;
    await source.take(uplink('aa01', 'm2', { temperature: 21 }), () => {});
    expect(recorder.reports).toHaveLength(1);
    expect(recorder.readings.map(({ value }) => value)).toEqual([21]);
  });

  it('waits two seconds for readings at most, and not at all where nobody waits for an answer', async () => {
    const recorder = openRecorder();
    const clock = openFakeClock(Date.now());
    const source = open(lora, { ...recorder, reading: () => new Promise(() => {}) }, { ...env, clock });
    expect(await source.take({ ...uplink('aa02', 'm1', { pressure: 320 }), answered: false }, () => {})).toEqual({ result: 'measured' });
    const slow = source.take(uplink('aa02', 'm2', { pressure: 420 }), () => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.race([slow, Promise.resolve('waiting')])).toBe('waiting');
    clock.advance(2000);
    expect(await slow).toEqual({ result: 'measured' });
  });

  it('drops what can never be stored, for it would come again for ever; all else is tried again', async () => {
    const recorder = openRecorder();
    const entry = { message: { ko: '크다', en: 'large' }, hint: { ko: '', en: '' } };
    const failures = [new BongsuError('outbox.entry-too-large', entry), new BongsuError('store.closed', entry)];
    const report: Recorder['report'] = (each) => {
      const failure = failures.shift();
      return failure ? Promise.reject(failure) : recorder.report(each);
    };
    const source = open(lora, { ...recorder, report });
    const fire = uplink('aa01', 'm1', { event: 'alarm' });
    expect(await source.take(fire, () => {})).toEqual({ result: 'ignored' });
    await expect(source.take(fire, () => {})).rejects.toThrow('large');
    expect(await source.take(fire, () => {})).toEqual({ result: 'measured' });
  });

  it('takes a late retry of what is over for a retry, not for a second fire', async () => {
    const recorder = openRecorder();
    const source = open(lora, recorder);
    const fire = uplink('aa01', 'm1', { event: 'alarm' });
    await source.take(fire, () => {});
    await source.take(uplink('aa01', 'm2', { event: 'normal' }), () => {});
    await source.take(fire, () => {});
    expect(recorder.reports.map(({ state }) => state)).toEqual(['active', 'inactive']);
  });
});
