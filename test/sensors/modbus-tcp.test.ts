// Modbus TCP against a server of our own that answers late, under another transaction, with nonsense, or hangs up.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { cutMbap, encodeMbap, type MbapFrame } from '../../src/sensors/modbus-tcp/mbap.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serve(answer: (frame: MbapFrame, socket: Socket, count: number) => void): Promise<number> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (const frame of cutMbap(bytes).frames) answer(frame, socket, count++);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as { port: number }).port;
}

function start(port: number, recorder: Recorder): Sensors {
  const point = (address: number) => ({ name: `r${address}`, modbus: { function: 3, address, type: 'uint16' } });
  const rules = [0, 9].flatMap((address) => [
    { point: `r${address}`, alarm: 'smoke', when: { below: address + 1000 } },
    { point: `r${address}`, alarm: 'heat', when: { above: address + 1000 } },
  ]);
  const bus = { id: 'tcp', driver: 'modbus-tcp', host: '127.0.0.1', port, responseTimeout: '50ms', pollInterval: '100ms' };
  const options = {
    templates: { two: { points: [0, 9].map(point), rules } },
    buses: [{ ...bus, units: [{ device: 'd', unit: 1, template: 'two' }] }],
  };
  const sensors = openSensors(sensorsOptions.parse(options), recorder, systemEnv(openLog('silent')));
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  return sensors;
}

/** Each register holds its own address + 1000. */
function value(frame: MbapFrame): Buffer {
  const pdu = Buffer.from([3, 2, 0, 0]);
  pdu.writeUInt16BE(frame.pdu.readUInt16BE(1) + 1000, 2);
  return pdu;
}

describe('Modbus TCP', () => {
  it('drops answers that come late or belong to another transaction or unit', async () => {
    let late = 0;
    const port = await serve((frame, socket, count) => {
      if (count < 40 && count % 4 === 1) {
        late += 1;
        setTimeout(() => socket.write(encodeMbap(frame.transaction, frame.unit, value(frame))), 70 + (count % 3) * 30);
        return;
      }
      socket.write(encodeMbap(frame.transaction + 1, frame.unit, Buffer.from([3, 2, 0xff, 0xff])));
      socket.write(encodeMbap(frame.transaction, frame.unit + 1, Buffer.from([3, 2, 0xff, 0xff])));
      socket.write(encodeMbap(frame.transaction, frame.unit, value(frame)));
    });
    const recorder = openRecorder();
    const sensors = start(port, recorder);
    await vi.waitFor(() => expect(late).toBe(10), { timeout: 20_000, interval: 50 });
    await vi.waitFor(() => expect(sensors.status()[0]).toMatchObject({ state: 'ok', values: { r0: 1000, r9: 1009 } }), {
      timeout: 15_000,
      interval: 50,
    });
    expect(recorder.reports).toEqual([]);
  });

  it('that talks something else, or hangs up on every request, is a bus fault', async () => {
    for (const speak of [
      (_: MbapFrame, socket: Socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      (_: MbapFrame, socket: Socket) => void socket.destroy(),
    ]) {
      const recorder = openRecorder();
      start(await serve(speak), recorder);
      await vi.waitFor(() => expect(recorder.said()).toEqual(['bus-fault raised gateway']), { timeout: 25_000, interval: 100 });
      expect(recorder.conditions[0]?.message.en).toMatch(/^The line to the bus is gone/);
    }
  }, 60_000);
});
