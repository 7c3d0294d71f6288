// The virtual sensors, read by mbpoll and serialport, and the webhook sender against servers that fail.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import fc from 'fast-check';
import { SerialPort } from 'serialport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSimulatedSite, openWebhookSender, type SimulatedSensor, type SimulatedSite } from '#simulator';
import { crc16, takeRtu, takeTcp, writeRtu } from '../../src/simulator/sensors/frames.ts';
import { answerPdu, openUnit } from '../../src/simulator/sensors/modbus.ts';
import { openPty } from '../../src/simulator/sensors/pty.ts';
import { env, run, until } from './world.ts';

let site: SimulatedSite;
const sensor = (id: string): SimulatedSensor => {
  const found = site.sensor(id);
  if (!found) throw new Error(`no sensor ${id}`);
  return found;
};

beforeAll(async () => {
  const sensors = [
    { id: 'line-1', kind: 'modbus-rtu' },
    { id: 'line-2', kind: 'modbus-rtu' },
    { id: 'net-1', kind: 'modbus-tcp' },
  ] as const;
  site = await openSimulatedSite({ sensors }, env);
});
afterAll(async () => await site[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const one of site.sensors) await one.fail(undefined);
});

describe('a Modbus unit', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  it.each([
    ['read coils', '01 0000 0009', '01 02 05 01'],
    ['read discrete inputs', '02 0003 0001', '02 01 00'],
    ['read holding registers', '03 0001 0002', '03 04 1234 0000'],
    ['read input registers', '04 0000 0001', '04 02 0007'],
    ['write a coil', '05 0004 ff00', '05 0004 ff00'],
    ['write a coil with a wrong value', '05 0004 0001', '85 03'],
    ['write a register', '06 0004 abcd', '06 0004 abcd'],
    ['write registers', '10 0002 0002 04 0001 0002', '10 0002 0002'],
    ['write coils', '0f 0000 000a 02 ff03', '0f 0000 000a'],
    ['write registers with a wrong count', '10 0002 0002 02 0001', '90 03'],
    ['read beyond the end', '03 000f 0002', '83 02'],
    ['read nothing', '03 0000 0000', '83 03'],
    ['read too much', '03 0000 00ff', '83 03'],
    ['an unknown function', '2b 0e 01 00', 'ab 01'],
    ['half a request', '03 00', '83 03'],
    ['nothing', '', '80 01'],
  ])('%s', (_name, request, answer) => {
    const unit = openUnit(1, 16);
    unit.coils.set(0, true);
    unit.coils.set(2, true);
    unit.coils.set(8, true);
    unit.holding.set(1, 0x1234);
    unit.input.set(0, 7);
    expect(answerPdu(unit, hex(request)).toString('hex')).toBe(hex(answer).toString('hex'));
  });

  it('keeps what is written', () => {
    const unit = openUnit(1, 16);
    answerPdu(unit, hex('10 0002 0002 04 0001 ffff'));
    answerPdu(unit, hex('0f 0000 000a 02 0102'));
    expect([unit.holding.get(2), unit.holding.get(3), unit.coils.get(0), unit.coils.get(1), unit.coils.get(9)]).toEqual([
      1,
      65535,
      true,
      false,
      true,
    ]);
    expect(() => unit.holding.set(16, 1)).toThrow(RangeError);
    expect(() => unit.input.set(0, 70_000)).toThrow(RangeError);
  });

  it('answers any bytes', () => {
    const unit = openUnit(1);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 260 }), (bytes) => void answerPdu(unit, Buffer.from(bytes))));
  });

  it('finds a frame behind noise, in any bytes', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
    const frame = writeRtu(17, hex('03 006b 0003'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (noise) => {
        const found = takeRtu(Buffer.concat([noise, frame]));
        return found !== undefined && found.size <= noise.length + frame.length;
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void [takeRtu(Buffer.from(bytes)), takeTcp(Buffer.from(bytes))]));
  });
});

describe('Modbus TCP, asked by mbpoll', () => {
  const ask = (...args: string[]) => {
    const { tcp } = { tcp: site.facts().buses.find((bus) => bus.kind === 'modbus-tcp') };
    return run('mbpoll', ['-m', 'tcp', '-0', '-1', '-q', '-o', '1', '-p', String(tcp?.port), ...args]);
  };
  it('tells of smoke', async () => {
    expect((await ask('-a', '1', '-t', '1', '-r', '0', '127.0.0.1')).said).toMatch(/\[0\]:\s+0/);
    await sensor('net-1').trip(true);
    expect((await ask('-a', '1', '-t', '1', '-r', '0', '127.0.0.1')).said).toMatch(/\[0\]:\s+1/);
    expect((await ask('-a', '1', '-t', '4', '-r', '0', '127.0.0.1')).said).toMatch(/\[0\]:\s+120/);
    await sensor('net-1').trip(false);
    expect((await ask('-a', '1', '-t', '0', '-r', '0', '127.0.0.1')).said).toMatch(/\[0\]:\s+0/);
  });
  it('takes what is written', async () => {
    expect((await ask('-a', '1', '-t', '4', '-r', '5', '127.0.0.1', '77', '78')).status).toBe(0);
    expect([sensor('net-1').unit?.holding.get(5), sensor('net-1').unit?.holding.get(6)]).toEqual([77, 78]);
  });
  it.each(['silent', 'late', 'corrupt', 'unplug'] as const)('is %s when told so', async (fault) => {
    await sensor('net-1').fail(fault);
    expect((await ask('-a', '1', '-t', '1', '-r', '0', '127.0.0.1')).status).not.toBe(0);
  });
  it('knows no other unit, and ends a connection that speaks nonsense', async () => {
    expect((await ask('-a', '9', '-t', '1', '-r', '0', '127.0.0.1')).said).toMatch(/target device failed|gateway/i);
    const bus = site.facts().buses.find((one) => one.kind === 'modbus-tcp');
    const socket = connect(bus?.kind === 'modbus-tcp' ? bus.port : 0, '127.0.0.1');
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    socket.write('GET / HTTP/1.1\r\n\r\n');
    expect(await until(() => closed)).toBe(true);
  });
});

describe('Modbus RTU on a pseudo terminal', () => {
  const path = (): string => {
    const bus = site.facts().buses.find((one) => one.kind === 'modbus-rtu');
    return bus?.kind === 'modbus-rtu' ? bus.path : '';
  };
  const ask = (...args: string[]) => run('mbpoll', ['-m', 'rtu', '-b', '9600', '-P', 'none', '-0', '-1', '-q', '-o', '1', ...args, path()]);
  it('tells of smoke to mbpoll, each unit for itself', async () => {
    await sensor('line-2').trip(true);
    expect((await ask('-a', '1', '-t', '1', '-r', '0')).said).toMatch(/\[0\]:\s+0/);
    expect((await ask('-a', '2', '-t', '1', '-r', '0')).said).toMatch(/\[0\]:\s+1/);
    await sensor('line-2').trip(false);
  });
  it.each(['silent', 'corrupt', 'wrong-unit'] as const)('is %s when told so, and its neighbour is not', async (fault) => {
    await sensor('line-1').fail(fault);
    expect((await ask('-a', '1', '-t', '1', '-r', '0')).status).not.toBe(0);
    expect((await ask('-a', '2', '-t', '1', '-r', '0')).status).toBe(0);
  });
  it('is gone with its neighbour when its line is unplugged, and both are there again under the same name', async () => {
    await sensor('line-1').fail('unplug');
    expect((await ask('-a', '2', '-t', '1', '-r', '0')).status).not.toBe(0);
    await sensor('line-1').fail(undefined);
    expect((await ask('-a', '1', '-t', '1', '-r', '0')).status).toBe(0);
    expect((await ask('-a', '2', '-t', '1', '-r', '0')).status).toBe(0);
  });
  it('answers serialport at 9600 baud, also after noise, in pieces, and to a function it does not know', async () => {
    const port = new SerialPort({ path: path(), baudRate: 9600 });
    let heard = Buffer.alloc(0);
    port.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
    });
    const expectAnswer = async (parts: readonly Buffer[], answer: Buffer): Promise<void> => {
      heard = Buffer.alloc(0);
      for (const part of parts) {
        port.write(part);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await until(() => heard.length >= answer.length, 2000);
      expect(heard.toString('hex')).toBe(answer.toString('hex'));
    };
    await until(() => port.isOpen);
    const request = writeRtu(1, Buffer.from([4, 0, 0, 0, 1]));
    const answer = writeRtu(1, Buffer.from([4, 2, 0, 3]));
    await expectAnswer([request], answer);
    await expectAnswer([Buffer.from([0xff, 0, 0x55]), request], answer);
    await expectAnswer([request.subarray(0, 3), request.subarray(3)], answer);
    await expectAnswer([writeRtu(1, Buffer.from([0x2b, 14, 1, 0]))], writeRtu(1, Buffer.from([0xab, 1])));
    await sensor('line-1').fail('late');
    const asked = Date.now();
    await expectAnswer([request], answer);
    expect(Date.now() - asked).toBeGreaterThan(1400);
    await new Promise<void>((resolve) => port.close(() => resolve()));
  });
});

describe('a pseudo terminal', () => {
  it('names the program that is missing', async () => {
    const opening = openPty(() => {}, env, 'no-such-script');
    await expect(opening).rejects.toMatchObject({ code: 'simulator.script-missing' });
  });
  it('says when the program gives none', async () => {
    await expect(openPty(() => {}, env, 'false')).rejects.toMatchObject({ code: 'simulator.pty-failed' });
  });
  it('carries every byte both ways, and is gone after it is closed', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    let master = Buffer.alloc(0);
    const pty = await openPty((part) => {
      master = Buffer.concat([master, part]);
    }, env);
    const port = new SerialPort({ path: pty.path, baudRate: 19_200 });
    let slave = Buffer.alloc(0);
    port.on('data', (part: Buffer) => {
      slave = Buffer.concat([slave, part]);
    });
    await until(() => port.isOpen);
    port.write(bytes);
    pty.write(bytes);
    await until(() => master.length >= 256 && slave.length >= 256);
    expect([master.equals(bytes), slave.equals(bytes)]).toEqual([true, true]);
    let gone = false;
    port.on('close', () => {
      gone = true;
    });
    port.on('error', () => {});
    await pty[Symbol.asyncDispose]();
    expect(await until(() => gone)).toBe(true);
  });
});

describe('a webhook sender', () => {
  async function serve(
    answer: (count: number) => number,
  ): Promise<{ server: Server; url: string; bodies: { id: string }[]; authorizations: Set<string> }> {
    const bodies: { id: string }[] = [];
    const authorizations = new Set<string>();
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += String(part);
      });
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        authorizations.add(request.headers.authorization ?? '');
        const status = answer(bodies.length);
        if (status === 0) response.destroy();
        else response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/{device}`, bodies, authorizations };
  }

  it('repeats with the same id what was not answered 2xx', async () => {
    const peer = await serve((count) => [500, 0, 401, 204][count - 1] ?? 204);
    await using sender = openWebhookSender({ url: peer.url, token: 'abc' }, { maxBackoffMs: 150 }, env);
    const delivery = await sender.send({ device: 'd-1', kind: 'fall' });
    expect(delivery).toMatchObject({ result: 'answered', attempts: 4, status: 204 });
    expect(new Set(peer.bodies.map((body) => body.id))).toEqual(new Set([delivery.id]));
    expect(peer.authorizations).toEqual(new Set(['Bearer abc']));
    expect(sender.counts).toEqual({ waiting: 0, answered: 1, retries: 3 });
    peer.server.close();
  });

  it('waits until it is told where to post, and keeps ids that it is given', async () => {
    const peer = await serve(() => 200);
    await using sender = openWebhookSender(undefined, { concurrency: 8 }, env);
    const all = Array.from({ length: 200 }, (_, index) => sender.send({ id: `n-${index}` }));
    expect(sender.counts.waiting).toBe(200);
    sender.aim({ url: peer.url, token: undefined });
    expect((await Promise.all(all)).every((one) => one.result === 'answered')).toBe(true);
    expect(new Set(peer.bodies.map((body) => body.id)).size).toBe(200);
    peer.server.close();
  });

  it('of a detector floods, is silent, and has a clock that runs away', async () => {
    const peer = await serve(() => 200);
    await using other = await openSimulatedSite({ sensors: [{ id: 'fall-1', kind: 'webhook' }], webhookUrl: peer.url }, env);
    const detector = other.sensor('fall-1');
    if (!detector) throw new Error('no detector');
    const times = (): number[] => peer.bodies.map((body) => Date.parse(String((body as { time?: string }).time)));
    await detector.fail('silent');
    await detector.trip(true);
    expect(peer.bodies).toEqual([]);
    await detector.fail('flood');
    await until(() => peer.bodies.length >= 20, 3000);
    await detector.fail('drift');
    expect(new Set(peer.bodies.map((body) => body.id)).size).toBe(peer.bodies.length);
    await until(() => other.webhook.counts.waiting === 0);
    const before = peer.bodies.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await detector.trip(false);
    expect(peer.bodies).toHaveLength(before + 1);
    expect((times().at(-1) ?? 0) - Date.now()).toBeGreaterThan(200);
    peer.server.close();
  });

  it('abandons what waits when it is closed', async () => {
    const sender = openWebhookSender({ url: 'http://127.0.0.1:1/', token: undefined }, {}, env);
    const waiting = sender.send({ id: 'x' });
    await sender[Symbol.asyncDispose]();
    expect(await waiting).toEqual({ result: 'abandoned', id: 'x' });
    expect(await sender.send({ id: 'y' })).toEqual({ result: 'abandoned', id: 'y' });
  });
});
