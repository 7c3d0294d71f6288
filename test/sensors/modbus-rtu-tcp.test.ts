// Modbus RTU through a serial server: ser2net before a terminal with pymodbus behind it, and a server of our own that holds bytes back, is cut and comes again.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { crc16 } from '../../src/sensors/modbus-rtu/frame.ts';
import { openModbusServer } from '../peers/modbus.ts';
import { openPtyPair } from '../peers/pty.ts';
import { openSer2net } from '../peers/ser2net.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

function keep<T extends AsyncDisposable>(peer: T): T {
  stops.push(async () => peer[Symbol.asyncDispose]());
  return peer;
}

function start(
  port: number,
  recorder: Recorder,
  { templates = {}, ...bus }: { templates?: object; units: object[]; responseTimeout?: string },
): Sensors {
  const line = { id: 'annex', driver: 'modbus-rtu-tcp', host: '127.0.0.1', port, responseTimeout: '150ms', pollInterval: '100ms' };
  const options = sensorsOptions.parse({ templates, buses: [{ ...line, ...bus }] });
  const sensors = openSensors(options, recorder, systemEnv(openLog('silent')));
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  return sensors;
}

describe('Modbus RTU through ser2net', () => {
  it('raises and clears what pymodbus says, as mbpoll sees it too, and comes back after the serial server was away', async () => {
    const pty = keep(await openPtyPair());
    const server = keep(await openModbusServer({ rtu: pty.b }, [7]));
    let box = await openSer2net(pty.a);
    stops.push(async () => box[Symbol.asyncDispose]());
    const { port } = box;
    const mbpoll = (...args: string[]) =>
      promisify(execFile)('mbpoll', ['-m', 'rtu', '-b', '9600', '-P', 'none', '-a', '7', ...args, pty.a]);
    // Before the gateway has the line: what another master reads there is what pymodbus holds.
    await server.set(7, 'discrete', 0, 1);
    await box[Symbol.asyncDispose]();
    expect((await mbpoll('-t', '1', '-r', '1', '-1')).stdout).toMatch(/\[1\]:\s+1/);
    box = await openSer2net(pty.a, port);
    const recorder = openRecorder();
    const sensors = start(port, recorder, { units: [{ device: 'smoke', unit: 7, template: 'smoke-contact' }] });
    await vi.waitFor(() => expect(recorder.reports.map(({ state }) => state)).toEqual(['active']), 8000);
    await server.set(7, 'discrete', 0, 0);
    await vi.waitFor(() => expect(recorder.reports.map(({ state }) => state)).toEqual(['active', 'inactive']), 5000);
    await box[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), 8000);
    expect(recorder.conditions[0]).toMatchObject({ channel: 'annex', message: { ko: expect.stringContaining('시리얼 서버') } });
    await server.set(7, 'discrete', 0, 1);
    box = await openSer2net(pty.a, port);
    await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway', 'bus-fault cleared gateway']), 15_000);
    await vi.waitFor(() => expect(recorder.reports).toHaveLength(3), 5000);
    expect(sensors.status()).toMatchObject([{ driver: 'modbus-rtu-tcp', source: 'annex', state: 'ok', values: { smoke: 1 } }]);
  });
});

/** A serial server of our own: `answer` gets each request and the socket. */
async function serve(
  answer: (request: Buffer, socket: Socket) => void,
  greet: (socket: Socket) => void = () => {},
): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    greet(socket);
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at + 8 <= bytes.length; at += 8) answer(bytes.subarray(at, at + 8), socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as { port: number }).port, sockets };
}

/** Each register holds its own address + 1000; an echo comes back. */
function answerTo(request: Buffer): Buffer {
  if (request[1] === 8) return Buffer.from(request);
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
const two = {
  templates: { two: { points: [0, 9].map(register), rules: [0, 9].flatMap(wrong) } },
  units: [{ device: 'd', unit: 1, template: 'two' }],
};

describe('a serial server', () => {
  it('that cuts the line between question and answer, and hands the answer to the next connection, spoils no value', async () => {
    let owed: Buffer | undefined;
    let count = 0;
    const recorder = openRecorder();
    // It hands on in the order in which it came in.
    const handOver = (socket: Socket): void => {
      if (owed) socket.write(owed);
      owed = undefined;
    };
    const { port } = await serve(
      (request, socket) => {
        handOver(socket);
        count += 1;
        if (count % 5 !== 4 || count > 11) return void socket.write(answerTo(request));
        owed = answerTo(request);
        socket.destroy();
      },
      // After the quiet of a new line, mostly between its first question and the answer.
      (socket) => void setTimeout(() => handOver(socket), 200),
    );
    const sensors = start(port, recorder, two);
    await vi.waitFor(() => expect(count).toBeGreaterThan(20), { timeout: 30_000, interval: 50 });
    expect(recorder.reports).toEqual([]);
    expect(sensors.status()).toMatchObject([{ state: 'ok', values: { r0: 1000, r9: 1009 } }]);
  });
});
