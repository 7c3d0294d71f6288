// A look around on loopback: virtual cameras by multicast, by UDP and at their ports, hosts that are no cameras, an end before its time, and Hello.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BongsuError, openLog, systemEnv } from '#base';
import { camerasOptions } from '#cameras/options';
import type { Finding } from '#model';
import { type Discovery, openDiscovery } from '../../../src/cameras/discovery/index.ts';
import { openLoginGate } from '../../../src/cameras/soap/index.ts';
import { openFleet } from '../../../src/simulator/cameras/fleet.ts';
import { type CameraOptions, natureOf } from '../../../src/simulator/cameras/nature.ts';

const env = systemEnv(openLog('silent'));
const never = new AbortController().signal;

function openLooker(discovery: Record<string, unknown>): Discovery {
  const options = camerasOptions.parse({ discovery: { listen: false, wait: '400ms', requestTimeout: '1s', ...discovery } });
  return openDiscovery(options.discovery, { ...options, gate: openLoginGate(options, env.clock) }, env);
}
async function openCameras(said: readonly (Partial<CameraOptions> & { host: string; port?: number })[], discoveryPort?: number) {
  const cameras = said.map((one, index) => natureOf({ loginBy: 'digest', ...one }, index, { host: one.host, port: one.port ?? 0 }));
  const fleet = await openFleet({ cameras, rtspPort: 0, discoveryPort }, env);
  onTestFinished(() => fleet[Symbol.asyncDispose]());
  return fleet;
}
async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
async function look(discovery: Discovery, ranges: readonly string[], multicast = false): Promise<readonly Finding[]> {
  const around = discovery.lookAround({ ranges, multicast, from: 0 }, () => {}, never);
  await around.done;
  return around.merged();
}
const shown = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ address, problems, way }) => `${address.replace(/:\d+$/, '')} ${problems.toSorted().join(' ')} ${way}`).toSorted();

describe('a look around', () => {
  it('finds cameras by UDP and at their ports, and says why one cannot be used', async () => {
    const port = await freePort('127.77.1.2');
    const told = await openCameras(
      [{ host: '127.77.1.1' }, { host: '127.77.1.3', clockOffsetMs: 3_600_000 }, { host: '127.77.1.4', factory: true }],
      0,
    );
    await openCameras([{ host: '127.77.1.2', port }]);
    const web = createHttpServer((_, response) => response.end('<html>printer</html>'));
    await listen(web, '127.77.1.5', port);
    const mute = createServer((socket) => socket.on('error', () => {}));
    await listen(mute, '127.77.1.6', port);
    const discovery = openLooker({ port: told.discoveryPort, ports: [port] });
    expect(shown(await look(discovery, ['127.77.1.0/28']))).toEqual([
      '127.77.1.1 needs-password unicast',
      '127.77.1.2 needs-password http',
      '127.77.1.3 clock-wrong needs-password unicast',
      '127.77.1.4 factory-state unicast',
      '127.77.1.5 not-onvif http',
      '127.77.1.6 silent http',
    ]);
  });

  it('finds everybody by multicast without a range', async () => {
    const { discoveryPort } = await openCameras([{ host: '127.77.2.1' }, { host: '127.77.2.2' }], 0);
    const findings = await look(openLooker({ port: discoveryPort, interfaces: ['lo'] }), [], true);
    expect(shown(findings)).toEqual(['127.77.2.1 needs-password multicast', '127.77.2.2 needs-password multicast']);
  });

  it('takes so many places from one sender and no more', async () => {
    const liar = createSocket('udp4');
    await new Promise<void>((resolve) => liar.bind(0, '0.0.0.0', resolve));
    onTestFinished(() => void liar.close());
    liar.addMembership('239.255.255.250', '127.0.0.1');
    const match = (port: number): string =>
      `<ProbeMatch><Types>NetworkVideoTransmitter</Types><XAddrs>http://127.0.0.1:${port}/onvif/device_service</XAddrs></ProbeMatch>`;
    liar.once('message', (_, from) => {
      for (let batch = 0; batch < 10; batch += 1) {
        const matches = Array.from({ length: 20 }, (_none, at) => match(2 + batch * 20 + at));
        liar.send(`<E><Body><ProbeMatches>${matches.join('')}</ProbeMatches></Body></E>`, from.port, from.address);
      }
    });
    const findings = await look(openLooker({ port: liar.address().port, interfaces: ['lo'] }), [], true);
    expect(findings).toHaveLength(64);
  }, 15_000);

  it('lives on whatever is sent to it', async () => {
    const liar = createSocket('udp4');
    await new Promise<void>((resolve) => liar.bind(0, '127.77.3.1', resolve));
    onTestFinished(() => void liar.close());
    const bombs = [
      Buffer.alloc(0),
      Buffer.from('<a>'.repeat(5000)),
      Buffer.alloc(60_000, 60),
      Buffer.from('<s:Envelope xmlns:s="x"><s:Body><ProbeMatches/>'),
    ];
    liar.on('message', (_, from) => {
      for (const bomb of bombs) liar.send(bomb, from.port, from.address);
    });
    expect(await look(openLooker({ port: liar.address().port, ports: [9] }), ['127.77.3.1'])).toEqual([]);
  });

  it('asks nobody but the sender, wherever an answer points to', async () => {
    let asked = 0;
    const victim = createHttpServer(() => (asked += 1));
    const port = await freePort('127.77.4.9');
    await listen(victim, '127.77.4.9', port);
    const liar = createSocket('udp4');
    await new Promise<void>((resolve) => liar.bind(0, '127.77.4.1', resolve));
    onTestFinished(() => void liar.close());
    const match = `<e:Envelope xmlns:e="urn:e"><e:Body><ProbeMatches><ProbeMatch><Types>NetworkVideoTransmitter</Types><XAddrs>http://127.77.4.9:${port}/onvif/device_service</XAddrs></ProbeMatch></ProbeMatches></e:Body></e:Envelope>`;
    liar.on('message', (_, from) => liar.send(match, from.port, from.address));
    const findings = await look(openLooker({ port: liar.address().port, ports: [9] }), ['127.77.4.1']);
    expect(findings.map(({ address, problems }) => [address, problems])).toEqual([[`127.77.4.1:${port}`, ['silent']]]);
    expect(asked).toBe(0);
  });

  it('ends when it is told to, says where it was, and goes on from there', async () => {
    const { discoveryPort } = await openCameras([{ host: '127.77.5.200' }], 0);
    const discovery = openLooker({ port: discoveryPort, ports: [9], rate: 100, atOnce: 16 });
    const stop = new AbortController();
    const first = discovery.lookAround({ ranges: ['127.77.5.0/24'], multicast: false, from: 0 }, () => {}, stop.signal);
    expect(() => discovery.lookAround({ ranges: [], multicast: false, from: 0 }, () => {}, never)).toThrow(BongsuError);
    await sleep(700);
    stop.abort();
    await first.done;
    const { resumeAt, total } = first.progress();
    expect(total).toBe(254);
    expect(resumeAt).toBeGreaterThan(0);
    expect(resumeAt).toBeLessThan(199);
    const found: Finding[] = [];
    const second = openLooker({ port: discoveryPort, ports: [9], rate: 2000 }).lookAround(
      { ranges: ['127.77.5.0/24'], multicast: false, from: resumeAt },
      (finding) => found.push(finding),
      never,
    );
    await second.done;
    expect(second.progress()).toEqual({ total: 254, done: 254, resumeAt: 254 });
    expect(found.map(({ address }) => address.split(':')[0])).toEqual(['127.77.5.200']);
  });

  it.each([
    [['10.0.0.0/99'], 'cameras.range-bad'],
    [['10.0.0.0/8'], 'cameras.range-large'],
  ])('refuses %j', (ranges, code) => {
    const work = (): unknown => openLooker({}).lookAround({ ranges, multicast: false, from: 0 }, () => {}, never);
    expect(work).toThrow(expect.objectContaining({ code }));
  });

  it('hears a camera that says Hello, once', { timeout: 20_000 }, async () => {
    const fleet = await openCameras([{ host: '127.77.6.1' }], 0);
    const came: Finding[] = [];
    const stop = new AbortController();
    const ear = openLooker({ port: fleet.discoveryPort, interfaces: ['lo'] }).listen({ came: (finding) => void came.push(finding) });
    const running = ear.run(stop.signal);
    await sleep(200);
    fleet.cameras[0]?.reboot(50);
    for (const limit = Date.now() + 12_000; came.length === 0 && Date.now() < limit; ) await sleep(100);
    stop.abort();
    await running;
    expect(came.map(({ way, problems }) => [way, problems])).toEqual([['hello', ['needs-password']]]);
  });
});
