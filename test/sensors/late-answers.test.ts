// A slave of our own on a pair of terminals that answers late, or only when it is asked again: no value may ever be taken for that of another register. Many more ways stand in
// modbus-queue.test.ts, in simulated time.
import { SerialPort } from 'serialport';
import { describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { crc16 } from '../../src/sensors/modbus-rtu/frame.ts';
import { openPtyPair } from '../peers/pty.ts';
import { openRecorder } from './recorder.ts';

/** After so many late answers the slave is well. */
const enough = 7;

/**
 * What the slave does with its n-th request: milliseconds until it answers, `held` until the same unit is asked again.
 * An answer is never sent before an older one.
 */
type Manner = (count: number) => number | 'held';

async function openSlave(path: string, manner: Manner, stack: AsyncDisposableStack): Promise<{ late: number; requests: number }> {
  const seen = { late: 0, requests: 0 };
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  stack.defer(() => new Promise((resolve) => port.close(() => resolve())));
  let pending = Buffer.alloc(0);
  const held = new Map<number, Buffer>();
  let tail = Promise.resolve();
  port.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 8) {
      const request = pending.subarray(0, 8);
      pending = pending.subarray(8);
      const delayMs = seen.late < enough ? manner(seen.requests) : 2;
      seen.requests += 1;
      const unit = request[0] ?? 0;
      const due = held.get(unit);
      held.delete(unit);
      if (due) tail = later(tail, () => port.write(due));
      if (delayMs === 'held') {
        held.set(unit, answer(request));
        seen.late += 1;
        continue;
      }
      if (delayMs >= 100) seen.late += 1;
      const dueAt = Date.now() + delayMs;
      tail = later(tail, async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - Date.now())));
        port.write(answer(request));
      });
    }
  });
  return seen;
}

async function later(before: Promise<void>, act: () => unknown): Promise<void> {
  await before;
  await act();
}

/** Each register holds its own address + 1000. */
function answer(request: Buffer): Buffer {
  const frame = Buffer.alloc(7);
  frame.set([request[0] ?? 0, request[1] ?? 0, 2]);
  frame.writeUInt16BE(request.readUInt16BE(2) + 1000, 3);
  frame.writeUInt16LE(crc16(frame.subarray(0, 5)), 5);
  return frame;
}

const register = (address: number) => ({ name: `r${address}`, modbus: { function: 3, address, type: 'uint16' } });
const wrong = (address: number) => [
  { point: `r${address}`, alarm: 'smoke', when: { below: address + 1000 } },
  { point: `r${address}`, alarm: 'heat', when: { above: address + 1000 } },
];

function optionsFor(port: string): unknown {
  const unit = (device: string, id: number) => ({ device, unit: id, template: 'three' });
  return {
    templates: { three: { points: [0, 111, 222].map(register), rules: [0, 111, 222].flatMap(wrong) } },
    buses: [
      {
        id: 'b',
        driver: 'modbus-rtu',
        port,
        baud: 115_200,
        parity: 'none',
        responseTimeout: '80ms',
        pollInterval: '100ms',
        units: [unit('one', 1), unit('two', 2)],
      },
    ],
  };
}

describe.concurrent('a late answer', () => {
  it.each<[string, Manner]>([
    ['now and then', (count) => (count % 7 === 3 ? 110 + (count % 5) * 60 : 2)],
    ['held until the next request', (count) => (count % 11 === 7 ? 'held' : 5)],
  ])(
    '%s is never taken for another register’s',
    async (_, manner) => {
      await using stack = new AsyncDisposableStack();
      const pty = stack.use(await openPtyPair());
      const slave = await openSlave(pty.b, manner, stack);
      const recorder = openRecorder();
      const sensors = openSensors(sensorsOptions.parse(optionsFor(pty.a)), recorder, systemEnv(openLog('silent')));
      const stop = new AbortController();
      const done = sensors.service.run(stop.signal);
      stack.defer(async () => {
        stop.abort();
        await done;
      });
      await vi.waitFor(() => expect(slave.late).toBe(enough), { timeout: 60_000, interval: 20 });
      const counts = () => sensors.status().map(({ values }) => Object.keys(values).length);
      await vi.waitFor(() => expect(counts()).toEqual([3, 3]), { timeout: 15_000, interval: 20 });
      expect(recorder.reports).toEqual([]);
    },
    90_000,
  );
});
