// What can befall a virtual camera: faults on the wire, a move, a replacement, another firmware, another password, a loss of current.
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { cameraFaults } from '../../src/simulator/cameras/index.ts';
import { readSoap } from '../../src/simulator/cameras/soap.ts';
import { type Answer, ask, connectClient, envelope, post, pull, subscribe } from './asking.ts';
import { env, until } from './world.ts';

let site: SimulatedSite;
const camera = (id: string): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};
const information = '<tds:GetDeviceInformation/>';
const raw = (id = 'old', timeoutMs = 400): Promise<Answer> => post(camera(id), envelope(information), { timeoutMs });

beforeAll(async () => {
  site = await openSimulatedSite(
    {
      cameras: [
        { id: 'old', loginBy: 'none' },
        { id: 'digest', loginBy: 'digest' },
        { id: 'pushing', loginBy: 'none', quirks: { pullPoints: false } },
      ],
    },
    env,
  );
});
afterAll(async () => await site[Symbol.asyncDispose]());
beforeEach(() => {
  for (const one of site.cameras) one.fail(undefined);
});

describe('faults', () => {
  it.each(['silent', 'closing', 'refusing', 'drip', 'cut', 'wrong-length', 'slow'] as const)('%s: no answer in time', async (fault) => {
    camera('old').fail(fault);
    await expect(raw()).rejects.toThrow();
  });

  it('slow: the right answer, later', async () => {
    camera('old').fail('slow', { slowMs: 300 });
    const startedMs = Date.now();
    expect((await raw('old', 3000)).status).toBe(200);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(290);
  });

  it.each([
    ['garbage', 500],
    ['empty', 0],
    ['html', 50],
    ['huge', 1_048_576],
    ['nested', 70_000],
    ['attributes', 90_000],
    ['entities', 500],
  ] as const)('%s: no SOAP in so many bytes', async (fault, atLeast) => {
    camera('old').fail(fault);
    const { text } = await raw('old', 3000);
    expect(text.length).toBeGreaterThanOrEqual(atLeast);
    expect(readSoap(text)).toBeUndefined();
  });

  it('encoding: bytes that are not what is declared', async () => {
    camera('old').fail('encoding');
    expect((await raw()).text).toContain('\uFFFD');
  });

  it('busy: 503', async () => {
    camera('old').fail('busy');
    expect((await raw()).status).toBe(503);
  });

  it('unauthorised: whatever the login', async () => {
    camera('digest').fail('unauthorised');
    await expect(connectClient(camera('digest'))).rejects.toThrow();
  });

  it('in one operation alone', async () => {
    camera('old').fail('garbage', { only: 'tds:GetDeviceInformation' });
    expect(readSoap((await raw()).text)).toBeUndefined();
    expect((await post(camera('old'), envelope('<tds:GetScopes/>'))).text).toContain('GetScopesResponse');
  });

  it('all end', async () => {
    for (const fault of cameraFaults) camera('old').fail(fault);
    camera('old').fail(undefined);
    expect((await raw()).status).toBe(200);
  });
});

describe('life', () => {
  it('a move: gone there, found here', async () => {
    await using small = await openSimulatedSite({ cameras: [{ id: 'roving', loginBy: 'none' }], discoveryPort: 0 }, env);
    const one = small.camera('roving');
    if (!one) throw new Error('no camera');
    const before = { ...one.identity, address: one.address };
    await one.move('127.9.8.7');
    expect(one.address).toBe(`127.9.8.7:${one.port}`);
    await expect(fetch(`http://${before.address}/`)).rejects.toThrow();
    const { text } = await post(one, envelope('<tds:GetServices/>'));
    expect(text).toContain(`http://${one.address}/onvif/device_service`);
    expect(one.identity.serial).toBe(before.serial);
    expect(one.streams.main).toContain('127.9.8.7');
  });

  it('a replacement: another device at the same address', async () => {
    const one = camera('digest');
    const before = { ...one.identity };
    const { address } = one;
    one.replace({ model: 'Another' });
    expect(one.address).toBe(address);
    expect(one.identity).toMatchObject({ model: 'Another', firmware: before.firmware });
    for (const key of ['serial', 'mac', 'endpoint'] as const) expect(one.identity[key]).not.toBe(before[key]);
    await expect(ask(one, information)).rejects.toThrow();
  });

  it('a firmware: down, then another version', async () => {
    const one = camera('old');
    one.update('2.0.0');
    await expect(raw()).rejects.toThrow();
    one.reboot(0);
    expect((await raw('old', 2000)).text).toContain('<tds:FirmwareVersion>2.0.0<');
  });

  it('a loss of current, until it is back', async () => {
    const one = camera('old');
    const point = await subscribe(one);
    one.power(false);
    await expect(raw()).rejects.toThrow();
    one.power(true);
    expect((await raw('old', 2000)).status).toBe(200);
    expect((await pull(one, point, 0)).text).toContain('ResourceUnknownFault');
  });

  it('another password', async () => {
    await using small = await openSimulatedSite({ cameras: [{ id: 'one', loginBy: 'either' }] }, env);
    const one = small.camera('one');
    if (!one) throw new Error('no camera');
    one.setPassword('changed');
    expect(one.login.password).toBe('changed');
    expect((await ask(one, information, { password: 'bongsu-sim-1' })).status).toBe(401);
    expect((await ask(one, information)).status).toBe(200);
    expect(one.counts.failedLogins).toBe(1);
  });
});

describe('the account of logins', () => {
  const rtsp = (one: SimulatedCamera, authorization: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(one.streams.main.replace('rtsp:', 'http:'));
      const socket = connect(Number(port), hostname, () =>
        socket.write(`DESCRIBE ${one.streams.main} RTSP/1.0\r\nCSeq: 1\r\nAuthorization: ${authorization}\r\n\r\n`),
      );
      socket.once('data', (bytes) => {
        resolve(bytes.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });

  it('is one for SOAP, snapshots and RTSP', async () => {
    await using small = await openSimulatedSite({ cameras: [{ personality: 'dahua' }] }, env);
    const [one] = small.cameras;
    if (!one) throw new Error('no camera');
    const wrong = `Basic ${Buffer.from('admin:guess').toString('base64')}`;
    expect(await rtsp(one, wrong)).toMatch(/^RTSP\/1.0 401/);
    expect((await fetch(`http://${one.address}/snapshot/main`, { headers: { authorization: wrong } })).status).toBe(401);
    expect((await ask(one, information, { password: 'guess' })).status).toBe(401);
    expect(one.counts).toMatchObject({ failedLogins: 3, basicLogins: 2, lockOuts: 0 });
    for (let at = 0; at < 2; at += 1) await rtsp(one, wrong);
    expect(one).toMatchObject({ locked: true, counts: { failedLogins: 5, lockOuts: 1 } });
    const right = `Basic ${Buffer.from('admin:bongsu-sim-1').toString('base64')}`;
    expect(await rtsp(one, right)).toMatch(/^RTSP\/1.0 401/);
    expect((await ask(one, information)).status).toBe(401);
    expect(one.counts).toMatchObject({ failedLogins: 5, whileLocked: 2 });
    one.reboot(0);
    expect(one.locked).toBe(false);
    // The client must see first that its kept connections are gone.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await ask(one, information)).status).toBe(200);
  });
});

describe('base notification', () => {
  it('is pushed to whoever subscribed, and pull points are not to be had', async () => {
    const heard: string[] = [];
    const server = createServer((message, response) => {
      message.setEncoding('utf8');
      message.on('data', (text: string) => heard.push(text));
      message.on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const one = camera('pushing');
    await expect(subscribe(one)).rejects.toThrow('not supported');
    const consumer = `<wsnt:ConsumerReference><wsa:Address>http://127.0.0.1:${port}/heard</wsa:Address></wsnt:ConsumerReference>`;
    const subscribed = await post(
      one,
      envelope(`<wsnt:Subscribe>${consumer}<wsnt:InitialTerminationTime>PT60S</wsnt:InitialTerminationTime></wsnt:Subscribe>`),
    );
    expect(subscribed.text).toContain('<wsnt:SubscribeResponse>');
    one.trigger({ topic: 'motion', active: true });
    one.trigger({ topic: 'motion', active: false });
    expect(await until(() => heard.join('').match(/IsMotion/g)?.length === 2)).toBe(true);
    expect(heard[0]).toMatch(/<wsnt:Notify>.*CellMotionDetector\/Motion/);
    await new Promise((resolve) => server.close(resolve));
    one.trigger({ topic: 'motion', active: true });
    expect(await until(() => one.counts.undelivered === 1)).toBe(true);
  });
});
