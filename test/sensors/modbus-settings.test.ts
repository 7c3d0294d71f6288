// A bus whose speed or parity is set wrongly: its units hear nonsense and are silent; what they would answer to is found and said.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { sensorsFaults } from '../../src/sensors/faults.ts';
import { type LineOpener, openBus } from '../../src/sensors/modbus/index.ts';
import { openRtuLine } from '../../src/sensors/modbus-rtu/line.ts';
import { openBytePort } from '../../src/sensors/modbus-rtu/port.ts';
import { formOf, otherSettings, seekSettings } from '../../src/sensors/modbus-rtu/seek.ts';
import type { ByteWire } from '../../src/sensors/modbus-rtu/wire.ts';
import { sensorsOptions } from '../../src/sensors/options.ts';
import { openEventClock } from '../fakes/event-clock.ts';
import { openRecorder } from './recorder.ts';
import { openSimulatedBus } from './simulated-bus.ts';

const set = { port: 'memory', baud: 9600, parity: 'even', stopBits: 1 } as const;

/** A bus of units 1 and 2 that listen at `their` settings only; with `noise`, whoever speaks otherwise hears the reflection of his own words. */
function stage(
  their: string,
  { noise = false, units = [1, 2], missing = false }: { noise?: boolean; units?: number[]; missing?: boolean } = {},
) {
  const clock = openEventClock(Date.UTC(2026, 10, 20));
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const recorder = openRecorder();
  const open = async (settings: Parameters<typeof formOf>[0]): Promise<ByteWire> => {
    if (missing) throw sensorsFaults.fault('port-missing', { detail: 'memory' });
    const isRight = formOf(settings) === their;
    const { wire } = openSimulatedBus({ units: new Set(isRight ? units : []), baud: settings.baud, manner: () => ({ after: 5 }) }, clock);
    if (isRight || !noise) return wire;
    let hear = (_: Buffer): void => {};
    return {
      ...wire,
      listen: (on) => {
        hear = on.bytes;
      },
      send: async () => void clock.after(20, () => hear(Buffer.from([0, 0x9f, 0xff]))),
    };
  };
  const options = sensorsOptions.parse({
    templates: { one: { points: [{ name: 'p', modbus: { function: 3, address: 0, type: 'uint16' } }] } },
    buses: [
      {
        id: 'hall',
        driver: 'modbus-rtu',
        ...set,
        units: units.map((unit) => ({ device: `u-${unit}`, unit, template: 'one' })),
      },
    ],
  });
  const [bus] = options.buses;
  const found = options.templates['one'];
  if (!bus || !found) throw new Error('no bus');
  const opener: LineOpener = {
    settings: `memory ${formOf(set)}`,
    open: async () => openRtuLine(openBytePort(await open(set), env), { baud: 9600, responseTimeoutMs: 500 }, new Map(), env),
    seek: (asked, signal) => seekSettings({ ...set, units: asked, responseTimeoutMs: 500 }, open, env, signal),
    reopenMs: () => 1000,
  };
  const made = openBus(bus, opener, { deps: recorder, env, template: () => found });
  return { clock, made, recorder };
}

async function runFor(ms: number, { clock, made }: ReturnType<typeof stage>): Promise<void> {
  const stop = new AbortController();
  const done = made.service.run(stop.signal);
  const until = clock.monotonicMs() + ms;
  await clock.runUntil(() => clock.monotonicMs() >= until);
  stop.abort();
  await clock.runUntil(() => false);
  await done;
}

describe('wrong settings', () => {
  it('tries the same speed with another parity first, and never what is set', () => {
    const tried = otherSettings(set).map(formOf);
    expect(tried.slice(0, 4)).toEqual(['9600 8N1', '9600 8O1', '19200 8E1', '19200 8N1']);
    expect(tried).toHaveLength(23);
    expect(tried).not.toContain('9600 8E1');
  });

  it.each(['9600 8N1', '19200 8N1', '1200 8O1'])('%s are found and said within a minute', async (their) => {
    const bench = stage(their);
    await runFor(60_000, bench);
    const [fault] = bench.recorder.conditions.filter(({ kind }) => kind === 'bus-fault');
    expect(fault).toMatchObject({
      channel: 'hall',
      state: 'raised',
      message: { en: expect.stringContaining(`answers at ${their}`), ko: expect.stringContaining(`${their} 설정에서 응답합니다`) },
      detail: 'memory 9600 8E1',
    });
  });

  it('or dead wires of a bus with one unit are a fault of the bus too', async () => {
    const bench = stage('4800 8E1', { units: [9] });
    await runFor(60_000, bench);
    expect(bench.recorder.said()).toContain('bus-fault raised gateway');
    const dead = stage('300 8E1', { units: [9] });
    await runFor(90_000, dead);
    expect(dead.recorder.conditions.find(({ kind }) => kind === 'bus-fault')?.message.en).toMatch(/^No unit on the bus answers/);
  });

  it('that are not found: silence asks for the wires, bytes without sense for speed and parity', async () => {
    const silent = stage('300 8E1');
    await runFor(90_000, silent);
    expect(silent.recorder.conditions.find(({ kind }) => kind === 'bus-fault')?.message.en).toMatch(/^No unit on the bus answers/);
    const noisy = stage('300 8E1', { noise: true });
    await runFor(90_000, noisy);
    expect(noisy.recorder.conditions.find(({ kind }) => kind === 'bus-fault')?.message.en).toMatch(/garbled: most likely speed or parity/);
  });

  it('are not looked for on a bus that has answered', async () => {
    const bench = stage('9600 8E1');
    await runFor(60_000, bench);
    expect(bench.recorder.said()).not.toContain('bus-fault raised gateway');
  });
});

describe('a port that is not there', () => {
  it('is why its sensors are not heard, at once and in their silence', async () => {
    const bench = stage('9600 8E1', { missing: true });
    const early: unknown[] = [];
    bench.clock.after(500, () => early.push(bench.made.status()[0]));
    await runFor(6000, bench);
    expect(early).toMatchObject([{ state: 'waiting', problem: { en: expect.stringMatching(/^The serial port is not there/) } }]);
    expect(bench.made.status().map(({ state, problem }) => [state, problem?.en])).toEqual([
      ['silent', expect.stringMatching(/^The serial port is not there/)],
      ['silent', expect.stringMatching(/^The serial port is not there/)],
    ]);
    expect(bench.recorder.said()).toEqual(expect.arrayContaining(['bus-fault raised gateway', 'sensor-silent raised u-1']));
  });

  it('is no template that asks nothing', () => {
    const { data } = sensorsOptions.safeParse({
      buses: [{ id: 'b', driver: 'modbus-rtu', port: 'p', units: [{ device: 'd', unit: 1, template: 'smoke-contact' }] }],
    });
    const bench = stage('9600 8E1');
    const opener: LineOpener = { settings: '', open: () => Promise.reject(new Error('no')), reopenMs: () => 1000 };
    const template = { points: [{ name: 'p', path: 'p', pathScale: 1, pathOffset: 0, unit: '' }], rules: [], maker: '', model: '' };
    const world = { deps: bench.recorder, env: { clock: bench.clock, random: systemRandom, log: openLog('silent') } };
    const [bus] = data?.buses ?? [];
    if (!bus) throw new Error('no bus');
    const silence = { polls: 3, after: 0 };
    expect(() => openBus(bus, opener, { ...world, template: () => ({ ...template, silence }) })).toThrow('Nothing can fill the template');
  });
});
