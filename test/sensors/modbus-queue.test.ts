// The queue of a bus in simulated time: over 100,000 polls of 30 units on a bad wire no value is taken for another's, and a dead unit slows nobody down.
import { describe, expect, it } from 'vitest';
import { type Clock, openLog, systemRandom } from '#base';
import type { Reading } from '#model';
import { type Bus, openBus } from '../../src/sensors/modbus/index.ts';
import { openRtuLine } from '../../src/sensors/modbus-rtu/line.ts';
import { openBytePort } from '../../src/sensors/modbus-rtu/port.ts';
import type { Trusts } from '../../src/sensors/modbus-rtu/trust.ts';
import { type SensorsOptions, sensorsOptions } from '../../src/sensors/options.ts';
import { openEventClock } from '../fakes/event-clock.ts';
import { openRecorder } from './recorder.ts';
import { type Manner, openSimulatedBus, valueAt } from './simulated-bus.ts';

const baud = 19_200;
const responseTimeoutMs = 100;
const addresses = [0, 111];

function bus(units: readonly number[]): SensorsOptions {
  const point = (address: number) => ({
    name: `r${address}`,
    modbus: { function: 3, address, type: 'uint16' },
    reading: { kind: 'test', every: '0s' },
  });
  return sensorsOptions.parse({
    templates: { two: { points: addresses.map(point) } },
    buses: [
      {
        id: 'b',
        driver: 'modbus-rtu',
        port: 'memory',
        baud,
        responseTimeout: `${responseTimeoutMs}ms`,
        pollInterval: '100ms',
        units: units.map((unit) => ({ device: `u-${unit}`, unit, template: 'two' })),
      },
    ],
  });
}

/** A bus with real client and queue over a wire in memory. */
function stage(units: readonly number[], manner: (unit: number) => Manner, take: (reading: Reading) => void) {
  const clock = openEventClock(Date.UTC(2026, 10, 20));
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const wires = openSimulatedBus({ units: new Set(units), baud, manner }, clock);
  const options = bus(units);
  const [first] = options.buses;
  const trusts: Trusts = new Map();
  const deps = { ...openRecorder(), reading: async (reading: Reading) => take(reading) };
  const open = async () => openRtuLine(openBytePort(wires.wire, env), { baud, responseTimeoutMs }, trusts, env);
  const template = (name: string) => {
    const found = options.templates[name];
    if (!found) throw new Error(name);
    return found;
  };
  if (!first) throw new Error('no bus');
  const made: Bus = openBus(first, { open, reopenMs: () => 1000, settings: 'memory' }, { deps, env, template });
  const stop = new AbortController();
  const done = made.service.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.runUntil(() => false);
    await done;
  };
  return { ...wires, clock, made, end };
}

/** A generator of numbers from 0 to 1 that gives the same ones each time (mulberry32). */
function draw(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0);
const thirty = Array.from({ length: 30 }, (_, index) => index + 1);
const wires = ['flipped', 'cut', 'noise-before', 'other-unit', 'twice'] as const;

/** Late, lost, held back or spoilt, one request in six. */
function badWire(seed: number): () => Manner {
  const random = draw(seed);
  return () => {
    const chance = random();
    if (chance < 0.02) return { after: 'held' };
    if (chance < 0.04) return { after: undefined };
    if (chance < 0.09) return { after: 90 + random() * 900 };
    const wire = wires[Math.floor(random() * 80)];
    return { after: 1 + random() * 40, ...(wire && { wire }) };
  };
}

/** Polls until `polls` were made; tells what was read of whom, and what was wrong. */
async function watch(
  manner: (unit: number) => Manner,
  polls: number,
  { units = thirty, scan = false }: { units?: readonly number[]; scan?: boolean } = {},
) {
  const wrong: Reading[] = [];
  const heard = new Map<string, number>();
  const bench = stage(units, manner, (reading) => {
    const { device, channel, value } = reading;
    heard.set(`${device}/${channel}`, (heard.get(`${device}/${channel}`) ?? 0) + 1);
    if (value !== valueAt(Number(device.slice(2)), Number(channel.slice(1)))) wrong.push(reading);
  });
  const scanned = scan && scanAll(bench.made, bench.clock).catch(() => {});
  await bench.clock.runUntil(() => sum(bench.polls.values()) >= polls);
  await bench.end();
  await scanned;
  return { ...bench, wrong, heard };
}

/** Looks for units again and again until the bus ends. */
async function scanAll({ visit }: Bus, clock: Clock): Promise<void> {
  const { signal } = new AbortController();
  await clock.sleep(1000);
  for (let round = 0; round < 20; round += 1) for await (const _ of visit.scan({ from: 1, to: 247, limitMs: 50 }, signal));
}

describe('a bus of 30 units', () => {
  it('takes no value for another register’s or unit’s in 100,000 polls on a bad wire', { timeout: 120_000 }, async () => {
    const { wrong, heard, seen } = await watch(badWire(6), 100_000);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(heard.size).toBe(thirty.length * addresses.length);
    expect(Math.min(...heard.values())).toBeGreaterThan(400);
    expect(seen.late).toBeGreaterThan(2000);
    expect(seen.spoilt).toBeGreaterThan(4000);
  });

  it.each<[string, (unit: number) => Manner]>([
    ['is one answer behind all the time', (unit) => (unit === 7 ? { after: 'held' } : { after: 5 })],
    ['answers everything after six response times', (unit) => (unit === 7 ? { after: 600 } : { after: 5 })],
  ])('reads nothing of a unit that %s, and all of the others', async (_, manner) => {
    const { wrong, heard } = await watch(manner, 4000);
    expect(wrong.slice(0, 5)).toEqual([]);
    const counts = thirty.map((unit) => addresses.map((address) => heard.get(`u-${unit}/r${address}`) ?? 0));
    expect(counts[6]).toEqual([0, 0]);
    expect(Math.min(...counts.toSpliced(6, 1).flat())).toBeGreaterThan(100);
  });

  it('is slowed by a dead unit for less than 5 %, and by a technician’s scan for less than a third', async () => {
    const living = thirty.slice(0, 29);
    const rateOf = async (units: readonly number[], scan = false): Promise<number> => {
      const { polls, clock } = await watch((unit) => ({ after: unit === 30 ? undefined : 5 }), 12_000, { units, scan });
      return (sum(living.map((unit) => polls.get(unit) ?? 0)) * 1000) / clock.monotonicMs();
    };
    const [alone, withDead, scanned] = [await rateOf(living), await rateOf(thirty), await rateOf(living, true)];
    expect(withDead / alone).toBeGreaterThan(0.95);
    expect(scanned / alone).toBeGreaterThan(0.67);
    expect(scanned / alone).toBeLessThan(0.99);
  });
});

describe('the connection to a serial server', () => {
  it('counts as lost after ten seconds without a byte and four questions, and not before', async () => {
    const clock = openEventClock(0);
    const env = { clock, random: systemRandom, log: openLog('silent') };
    const { signal } = new AbortController();
    const lostAfter = async (manner: Manner, limitMs = 60_000): Promise<number | undefined> => {
      const { wire } = openSimulatedBus({ units: new Set([1, 2]), baud, manner: () => manner }, clock);
      const line = openRtuLine(openBytePort(wire, env), { baud, responseTimeoutMs, deadAfterMs: 10_000 }, new Map(), env);
      const startedAt = clock.monotonicMs();
      let lostAt: number | undefined;
      const asking = async (): Promise<void> => {
        while (clock.monotonicMs() - startedAt < limitMs) await line.exchange(1, { function: 3, address: 0, count: 1 }, signal);
      };
      const asked = asking().catch(() => {
        lostAt = clock.monotonicMs() - startedAt;
      });
      await clock.runUntil(() => lostAt !== undefined || clock.monotonicMs() - startedAt >= limitMs);
      await Promise.race([asked, clock.runUntil(() => false)]);
      return lostAt;
    };
    expect(await lostAfter({ after: undefined })).toBeGreaterThan(9_900);
    expect(await lostAfter({ after: undefined })).toBeLessThan(11_000);
    expect(await lostAfter({ after: 5, wire: 'flipped' })).toBeUndefined();
  });
});
