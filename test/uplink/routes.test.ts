// Several ways to the hub: fail-over, fail-back, and the second way of a critical alarm whose broker is silent.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { uplinkOptions } from '#uplink/options';
import { openRouteCursor, routesOf } from '../../src/uplink/routes.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { alarmEntry, base, openObserver, openSite, openStoreBench, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

/** A way to a port that is closed until it listens. */
async function openForwarder(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => {}));
  });
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  await close();
  return { url: `mqtt://127.0.0.1:${own}`, listen: () => listen(own), [Symbol.asyncDispose]: close };
}

const routes = (...brokers: readonly Mosquitto[]) =>
  brokers.map((broker, index) => ({ name: ['line', 'vpn', 'lte'][index], url: broker.url }));

describe('uplink.routes', () => {
  it.each([
    [{ url: 'mqtt://a' }, ['direct mqtt://a']],
    [{ routes: [{ name: 'line', url: 'mqtt://a' }] }, ['line mqtt://a']],
    [{ url: 'mqtt://a', routes: [{ name: 'vpn', url: 'mqtt://b' }] }, ['direct mqtt://a', 'vpn mqtt://b']],
  ])('%j are, in order, %j', (options, expected) => {
    expect(routesOf(uplinkOptions.parse(options)).map(({ name, url }) => `${name} ${url}`)).toEqual(expected);
  });

  it.each([
    [{ routes: [] }],
    [{ routes: ['a', 'a'].map((name) => ({ name, url: 'mqtt://a' })) }],
    [{ url: 'mqtt://a', routes: [{ name: 'direct', url: 'mqtt://b' }] }],
    [{ routes: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => ({ name, url: 'mqtt://a' })) }],
    [{ routes: [{ name: 'A B', url: 'mqtt://a' }] }],
  ])('may not be %j', (options) => {
    expect(uplinkOptions.safeParse(options).success).toBe(false);
  });
});

describe('openRouteCursor', () => {
  it('stays for its tries, goes on at once, and waits when all have failed', () => {
    const cursor = openRouteCursor(['a', 'b'], 2);
    const steps = Array.from({ length: 5 }, () => [cursor.current, cursor.failed()]);
    expect(steps).toEqual([
      ['a', true],
      ['a', false],
      ['b', true],
      ['b', true],
      ['a', true],
    ]);
  });

  it('gives a route that held its tries anew', () => {
    const cursor = openRouteCursor(['a', 'b'], 2);
    expect([cursor.failed(), cursor.held(), cursor.failed(), cursor.current]).toEqual([true, undefined, true, 'a']);
    expect([cursor.failed(), cursor.current]).toEqual([false, 'b']);
    cursor.moveTo('a');
    expect([cursor.current, cursor.failed()]).toEqual(['a', true]);
  });

  it('goes on at once from one that is silent, and knows when all have failed', () => {
    const cursor = openRouteCursor(['a', 'b'], 2);
    expect([cursor.failed(true), cursor.current, cursor.isFirstRound]).toEqual([false, 'b', true]);
    expect([cursor.failed(true), cursor.current, cursor.isFirstRound]).toEqual([true, 'a', false]);
    cursor.held();
    expect(cursor.isFirstRound).toBe(true);
  });

  it('always waits where there is one', () => {
    const cursor = openRouteCursor(['a'], 1);
    expect([cursor.failed(), cursor.failed(), cursor.current]).toEqual([true, true, 'a']);
  });
});

describe.concurrent('a gateway with two routes', () => {
  it('takes the first that works, comes over when it fails, and goes back when it has been well for a while', async () => {
    await using line = await openMosquitto();
    await using _lineHub = await openObserver(line.url);
    await using vpn = await openMosquitto();
    await using _vpnHub = await openObserver(vpn.url);
    await using site = openSite(store, { routes: routes(line, vpn), failBack: '2s', connectTimeout: '2s' });
    await until(() => site.session(), 'a session');
    expect(site.uplink.status()).toMatchObject({ connected: true, route: 'line', address: line.url });
    await line.kill();
    const second = await until(() => site.uplink.status().route === 'vpn' && site.session(), 'the second route');
    expect(await second.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(site.uplink.status().routes).toMatchObject([
      { name: 'line', state: 'failing', lastError: { code: 'uplink.unreachable' } },
      { name: 'vpn', state: 'in-use', lastError: undefined },
    ]);
    await line.start();
    const backAt = Date.now();
    const back = await until(() => site.uplink.status().route === 'line' && site.session(), 'the first route again');
    expect(Date.now() - backAt).toBeGreaterThan(1500);
    expect(await back.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(site.uplink.status().routes).toMatchObject([
      { name: 'line', state: 'in-use', lastError: undefined },
      { name: 'vpn', state: 'ready', lastError: undefined },
    ]);
  });

  it('leaves a broker that keeps silent after five seconds', async () => {
    await using line = await openMosquitto();
    await using vpn = await openMosquitto();
    line.freeze();
    const startedAt = Date.now();
    await using site = openSite(store, { routes: routes(line, vpn) });
    await until(() => site.session(), 'a session');
    expect(site.uplink.status()).toMatchObject({
      route: 'vpn',
      routes: [{ state: 'failing', lastError: { code: 'uplink.no-welcome' } }, {}],
    });
    expect(Date.now() - startedAt).toBeLessThan(8000);
  });

  it('does not go back to a route that comes and goes', async () => {
    await using line = await openMosquitto();
    await using vpn = await openMosquitto();
    await using site = openSite(store, { routes: routes(line, vpn), failBack: '3s', connectTimeout: '2s' });
    await until(() => site.session(), 'a session');
    await line.kill();
    await until(() => site.uplink.status().route === 'vpn' && site.session(), 'the second route');
    for (let round = 0; round < 2; round += 1) {
      await line.start();
      await until(() => site.uplink.status().routes[0]?.state === 'ready', 'a look at the first route');
      await sleep(500);
      await line.kill();
      await until(() => site.uplink.status().routes[0]?.state === 'failing', 'its failure');
    }
    expect(site.uplink.status().route).toBe('vpn');
    expect(site.sessions).toBe(2);
  });

  it('is not said to be offline when it changes its route to the same hub', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await using forwarder = await openForwarder(broker.port);
    const options = {
      routes: [
        { name: 'line', url: forwarder.url },
        { name: 'vpn', url: broker.url },
      ],
      failBack: '1s',
      willDelay: '1s',
    };
    await using site = openSite(store, { ...options, connectTimeout: '2s' });
    await until(() => site.uplink.status().route === 'vpn' && site.session(), 'a session');
    await forwarder.listen();
    await until(() => site.uplink.status().route === 'line' && site.session(), 'the first route');
    await until(() => hub.seen.filter((seen) => seen.payload.includes('"online"')).length === 2, 'its state');
    await sleep(2000);
    expect(hub.seen.filter((seen) => /"offline"|"stopped"/.test(seen.payload))).toEqual([]);
    expect(broker.log()).not.toContain('already connected');
  });

  it('sends a critical alarm over the next route when its broker is silent for five seconds', async () => {
    await using line = await openMosquitto();
    await using vpn = await openMosquitto();
    await using _lineHub = await openObserver(line.url);
    await using hub = await openObserver(vpn.url);
    await using site = openSite(store, { routes: routes(line, vpn), keepalive: '60s' });
    const session = await until(() => site.session(), 'a session');
    line.freeze();
    const startedAt = Date.now();
    const entry = alarmEntry();
    const minor = session.send(alarmEntry({ kind: 'tamper', severity: 'major', device: 'cam-1' }, 2), { replay: false });
    expect(await session.send(entry, { replay: false })).toEqual({ result: 'confirmed' });
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(4900);
    expect(tookMs).toBeLessThan(7000);
    expect(JSON.parse((await hub.wait(`${base}/alarm/smoke`)).payload)).toMatchObject({ id: entry.id });
    // While the broker stays silent the next one does not wait, however many there are.
    const again = Date.now();
    const more = Array.from({ length: 100 }, () => session.send(alarmEntry(), { replay: false }));
    expect(new Set((await Promise.all(more)).map(({ result }) => result))).toEqual(new Set(['confirmed']));
    expect(Date.now() - again).toBeLessThan(3000);
    expect(session.room.entries).toBeGreaterThanOrEqual(32);
    expect(hub.seen.filter((seen) => seen.topic.includes('/tamper/'))).toEqual([]);
    expect(vpn.log()).toContain('bongsu-52710-gw-1-b');
    expect(site.uplink.status().route).toBe('line');
    line.thaw();
    expect(await minor).toEqual({ result: 'confirmed' });
  });
});
