// The session against a real Mosquitto: MQTT 5 over TLS, the window, losses, refusals, the state and the will.
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store as PacketStore } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolvedSecret } from '#base';
import type { AlarmKind } from '#model';
import type { Store } from '#store';
import { openTestCertificates, type TestCertificates } from '../peers/certificates.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { alarmEntry, base, openObserver, openSite, openStoreBench, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
let certificates: TestCertificates;
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
  certificates = await openTestCertificates();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
  await certificates[Symbol.asyncDispose]();
});

const clientTls = () => ({ ca: certificates.ca, ...certificates.client });

describe('the hub session on Mosquitto', () => {
  it('speaks MQTT 5 over TLS with a client certificate, tells its state and sends an alarm', async () => {
    await using broker = await openMosquitto({ certificates });
    await using hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.tlsUrl, tls: clientTls() });
    const session = await until(() => site.session(), 'a session');
    expect(site.uplink.status()).toMatchObject({ connected: true, protocolVersion: '5', attempts: 0, lastError: undefined });
    const online = await hub.wait(`${base}/state`);
    expect(JSON.parse(online.payload)).toMatchObject({
      type: 'kr.bongsu.state.online.v1',
      bootid: 'boot-1',
      data: { state: 'online', connection: 1, counts: { cameras: 2, sensors: 3 } },
    });
    const entry = alarmEntry();
    expect(await session.send(entry, { replay: false })).toEqual({ result: 'confirmed' });
    const alarm = await hub.wait(`${base}/alarm/smoke/smoke-1`);
    expect(JSON.parse(alarm.payload)).toMatchObject({ id: entry.id, severity: 'critical', replay: false });
    expect(alarm.packet).toMatchObject({ qos: 1, retain: false, properties: { contentType: 'application/cloudevents+json' } });
  });

  it('lets MQTT.js keep no copy of what is under way: its map of copies holds the confirmed ones until a full collection', async () => {
    const kept = vi.spyOn(PacketStore.prototype, 'put');
    await using broker = await openMosquitto({});
    await using _hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const answers = await Promise.all(Array.from({ length: 200 }, () => session.send(alarmEntry(), { replay: false })));
    expect([answers.filter(({ result }) => result === 'confirmed').length, kept.mock.calls.length]).toEqual([200, 0]);
    kept.mockRestore();
  });

  it('keeps the window at the broker’s Receive Maximum', async () => {
    await using broker = await openMosquitto({ config: ['max_inflight_messages 3'] });
    await using _hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    await until(() => session.room.entries === 131, 'a window of 3');
    broker.freeze();
    const sends = [1, 2, 3, 4, 5].map(() => session.send(alarmEntry(), { replay: true }));
    await sleep(100);
    expect(session.room.entries).toBe(126);
    let hasRoom = false;
    using _room = session.watch(() => {
      hasRoom = true;
    });
    await sleep(50);
    expect(hasRoom).toBe(false);
    broker.thaw();
    expect(await Promise.all(sends)).toEqual(Array.from({ length: 5 }, () => ({ result: 'confirmed' })));
    expect(hasRoom).toBe(true);
    expect(broker.log()).not.toContain('exceeded');
  });

  it('sends a step of a grant before the live alarms that wait, and these before the backlog', async () => {
    await using broker = await openMosquitto({ config: ['max_inflight_messages 1'] });
    await using hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    await session.send(alarmEntry(), { replay: false });
    broker.freeze();
    const send = (kind: AlarmKind, lane: number) => session.send(alarmEntry({ kind, severity: 'major' }, lane), { replay: false });
    const sends = [send('tamper', 2), ...Array.from({ length: 128 }, () => send('flood', 5))];
    await until(() => session.room.lanes === 3, 'the backlog to be full');
    sends.push(...Array.from({ length: 128 }, () => send('motion', 2)));
    await until(() => session.room.lanes === 2, 'the live alarms to be full');
    const grant = {
      grant: 'g-1',
      step: 'opened',
      device: 'cam-1',
      channel: 1,
      service: 's',
      incident: '',
      time: 0,
      until: 0,
      reason: '',
    } as const;
    sends.push(session.send({ ...alarmEntry({}, 1), body: { class: 'grant', value: grant } }, { replay: false }));
    broker.thaw();
    expect(new Set((await Promise.all(sends)).map(({ result }) => result))).toEqual(new Set(['confirmed']));
    const expected = [
      'grant/g-1',
      ...Array.from({ length: 128 }, () => 'alarm/motion'),
      ...Array.from({ length: 128 }, () => 'alarm/flood'),
    ];
    const names = () =>
      hub.seen.map(({ topic }) => topic.split('/').slice(4, 6).join('/')).filter((name) => /grant|motion|flood/.test(name));
    await until(() => names().length === expected.length, 'all of them');
    expect(names()).toEqual(expected);
  });

  it('never sends a packet that the broker says is too large, and sets it aside', async () => {
    await using broker = await openMosquitto({ config: ['max_packet_size 4096'] });
    await using _hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const large = alarmEntry({ detail: { text: 'x'.repeat(5000) } });
    expect(await session.send(large, { replay: false })).toEqual({ result: 'set-aside', reasonCode: 0x95 });
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
  });

  it('sets aside what the broker does not allow', async () => {
    const acl = join(certificates.folder, 'acl');
    await writeFile(acl, `topic write ${base}/state\ntopic read ${base}/command/#\n`);
    await using broker = await openMosquitto({ config: [`acl_file ${acl}`] });
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'set-aside', reasonCode: 0x87 });
  });

  it('sets aside an entry that cannot be a topic', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry({ device: '../x' }), { replay: false })).toEqual({ result: 'set-aside', reasonCode: 0x90 });
  });

  it('calls what was in flight lost when the broker dies, and comes back when it does', async () => {
    await using broker = await openMosquitto();
    await using _hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    broker.freeze();
    const sends = [1, 2, 3].map(() => session.send(alarmEntry(), { replay: false }));
    await sleep(50);
    await broker.kill();
    expect(await Promise.all(sends)).toEqual(Array.from({ length: 3 }, () => ({ result: 'lost' })));
    expect(session.signal.aborted).toBe(true);
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'lost' });
    await until(() => site.uplink.status().lastError?.code === 'uplink.unreachable', 'an error in the status');
    await broker.start();
    const next = await until(() => site.session(), 'the next session');
    expect(next).not.toBe(session);
    expect(await next.send(alarmEntry(), { replay: true })).toEqual({ result: 'confirmed' });
    expect(site.uplink.status()).toMatchObject({ connected: true, protocolVersion: '5', lastError: undefined });
  });

  it('notices a frozen broker by its keepalive', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const begun = performance.now();
    broker.freeze();
    const send = session.send(alarmEntry(), { replay: false });
    expect(await send).toEqual({ result: 'lost' });
    // One and a half times the keepalive of 5 s, and what a busy machine adds.
    expect(performance.now() - begun).toBeLessThan(11_000);
    expect(site.uplink.status().connected).toBe(false);
  });

  it('gives up a broker that keeps silent before its welcome', async () => {
    await using broker = await openMosquitto();
    broker.freeze();
    await using site = openSite(store, { url: broker.url, connectTimeout: '2s' });
    await until(() => site.uplink.status().lastError?.code === 'uplink.no-welcome', 'the limit');
    broker.thaw();
    await until(() => site.session(), 'a session');
  });

  it('says that a login is refused, and goes on trying', async () => {
    await using broker = await openMosquitto({ users: { bongsu: 'beacon' } });
    await using site = openSite(store, { url: broker.url, username: 'bongsu', password: resolvedSecret('wrong') });
    const error = await until(() => site.uplink.status().lastError, 'an error');
    expect(error).toMatchObject({ code: 'uplink.login-refused', text: { en: expect.stringContaining('0x87') } });
    await until(() => site.uplink.status().attempts >= 2, 'another attempt');
    await using right = openSite(store, { url: broker.url, username: 'bongsu', password: resolvedSecret('beacon'), clientId: 'right' });
    await until(() => right.session(), 'a session');
  });

  it.each([
    ['an unknown authority', () => ({ ca: certificates.stranger.ca, ...certificates.client }), 'uplink.tls-refused'],
    ['a wrong name', () => ({ ...clientTls(), servername: 'other.example' }), 'uplink.tls-refused'],
    [
      'a client certificate that the broker does not know',
      () => ({ ca: certificates.ca, cert: certificates.stranger.cert, key: certificates.stranger.key }),
      /tls-refused|closed-early/,
    ],
    ['a missing file', () => ({ ca: join(certificates.folder, 'nowhere.pem') }), 'uplink.tls-file'],
    ['a key that does not fit', () => ({ ...clientTls(), key: certificates.server.key }), 'uplink.tls-file'],
  ])('says what is wrong with TLS: %s', async (_, tls, code) => {
    await using broker = await openMosquitto({ certificates });
    await using site = openSite(store, { url: broker.tlsUrl, tls: tls() });
    const error = await until(() => site.uplink.status().lastError, 'an error');
    expect(error.code).toMatch(code);
    expect(error.hint.ko.length).toBeGreaterThan(10);
    expect(site.uplink.status().connected).toBe(false);
  });

  it('reads renewed certificates without a restart', async () => {
    await using broker = await openMosquitto({ certificates });
    const late = join(certificates.folder, 'late-ca.pem');
    await using site = openSite(store, { url: broker.tlsUrl, tls: { ...clientTls(), ca: late } });
    await until(() => site.uplink.status().lastError?.code === 'uplink.tls-file', 'the missing file');
    await copyFile(certificates.ca, late);
    await until(() => site.session(), 'a session');
  });

  it('says stopped when it is stopped, and no will follows', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url, willDelay: '0s' });
    await hub.wait(`${base}/state`);
    await site.stop();
    await hub.wait(`${base}/state`, (seen) => seen.payload.includes('"stopped"'));
    await sleep(300);
    expect(hub.seen.filter((seen) => seen.payload.includes('"offline"'))).toEqual([]);
  });

  it('leaves a will that names the connection it belongs to', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await using _site = openSite(store, { url: broker.url, willDelay: '0s' });
    await hub.wait(`${base}/state`);
    // Another client takes the session: the broker cuts the first one and publishes its will.
    await using _thief = await openObserver(broker.url, { clientId: 'bongsu-52710-gw-1', reconnectPeriod: 0 });
    const will = await hub.wait(`${base}/state`, (seen) => seen.payload.includes('"offline"'));
    expect(JSON.parse(will.payload)).toMatchObject({ bootid: 'boot-1', data: { state: 'offline', connection: 1 } });
  });
});
