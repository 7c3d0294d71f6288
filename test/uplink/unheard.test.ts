// A broker to which no hub listens: what it takes and hands to nobody is not delivered.
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '#base';
import type { Store } from '#store';
import { openGate } from '../../src/uplink/gate.ts';
import { openHearing } from '../../src/uplink/hearing.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { connack, openRawBroker, puback, suback } from './raw-broker.ts';
import { alarmEntry, base, commandText, openObserver, openSite, openStoreBench, type StoreBench, until } from './site.ts';

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

const tell = async (result: Promise<unknown>) => await Promise.race([result, sleep(1500).then(() => 'waits')]);

describe.concurrent('a broker without a hub', () => {
  it('is not thought to have an alarm; the hub gets it when it comes up', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url }, { onConfirm: async () => {} });
    const session = await until(() => site.session(), 'a session');
    const entry = alarmEntry();
    const sent = session.send(entry, { replay: false });
    expect(await tell(sent)).toBe('waits');
    expect(site.uplink.status().unheard).toMatchObject({ topic: `${base}/alarm/smoke/smoke-1` });
    await using hub = await openObserver(broker.url);
    expect(await sent).toEqual({ result: 'confirmed' });
    const heard = await hub.wait(`${base}/alarm/smoke/smoke-1`);
    expect(JSON.parse(heard.payload)).toMatchObject({ id: entry.id });
  });

  it('has it for a hub that is away and has a session that stays', async () => {
    await using broker = await openMosquitto();
    const stay = { protocolVersion: 5, clientId: 'hub', clean: false, properties: { sessionExpiryInterval: 3600 } } as const;
    const hub = await mqtt.connectAsync(broker.url, stay);
    await hub.subscribeAsync('bongsu/#', { qos: 1 });
    await hub.endAsync(true);
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(site.uplink.status().unheard).toBeUndefined();
  });

  it('may be trusted all the same, where its own rules take messages', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url, unheard: 'confirm' });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
  });

  it('keeps the state and gives the outcomes to whom they are for', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url });
    await until(() => site.session(), 'a session');
    await using hub = await openObserver(broker.url);
    await hub.wait(`${base}/state`);
    await hub.publish(`${base}/command/gateway.status`, commandText('unheard-1'));
    await hub.wait(`${base}/outcome/gateway.status`);
    await sleep(1500);
    expect(hub.seen.filter(({ topic }) => topic.includes('/outcome/'))).toHaveLength(1);
  });

  it('is not flooded by hundreds of critical alarms, and the hub that comes up has them at once', async () => {
    let asked = 0;
    let code = 0x10;
    await using broker = await openRawBroker((packet) => {
      if (packet.type === 1) return connack.v5;
      if (packet.type === 8) return suback(packet.id);
      if (packet.type === 12) return Buffer.from([0xd0, 0]);
      if (packet.type !== 3) return undefined;
      const isAlarm = packet.body.includes('/alarm/');
      asked += isAlarm ? 1 : 0;
      return puback(packet.id, isAlarm ? code : 0x10);
    });
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const sent = Promise.all(Array.from({ length: 500 }, () => session.send(alarmEntry(), { replay: false })));
    await until(() => asked >= 500, 'all to be tried once');
    await sleep(3000);
    expect(asked).toBeGreaterThan(500);
    expect(asked).toBeLessThan(500 + 7 * 16);
    code = 0;
    expect(new Set((await sent).map(({ result }) => result))).toEqual(new Set(['confirmed']));
  });

  it('on the second route is no rescue', async () => {
    await using silent = await openMosquitto();
    await using empty = await openMosquitto();
    await using site = openSite(store, { url: silent.url, keepalive: '30s', routes: [{ name: 'vpn', url: empty.url }] });
    const session = await until(() => site.session(), 'a session');
    silent.freeze();
    const sent = session.send(alarmEntry(), { replay: false });
    await until(() => empty.log().includes('/alarm/smoke/'), 'the second route');
    expect(await tell(sent)).toBe('waits');
    await using hub = await openObserver(empty.url);
    expect(await sent).toEqual({ result: 'confirmed' });
    await hub.wait(`${base}/alarm/smoke/smoke-1`);
    silent.thaw();
  });
});

describe('openGate', () => {
  it('lets the gravest go first where somebody hears, and those that waited longest where time passes', async () => {
    const clock = openFakeClock(0);
    const gate = openGate({ clock, random: { ...systemRandom, uniform: () => 0 } });
    const gone: string[] = [];
    const { signal } = new AbortController();
    for (let index = 0; index < 40; index += 1) void gate.wait(index % 2 === 0 ? 2 : 0, signal).then(() => gone.push(`${index}`));
    gate.heard(false);
    await sleep(0);
    expect(gone).toEqual([]);
    gate.heard(true);
    await sleep(0);
    expect(gone).toEqual(['1', '3']);
    clock.advance(499);
    expect(gate.waiting).toBe(38);
    clock.advance(1);
    expect(gate.waiting).toBe(38 - 32);
    clock.advance(500);
    expect(gate.waiting).toBe(0);
    const over = new AbortController();
    const last = gate.wait(0, over.signal);
    over.abort(new Error('over'));
    await expect(last).rejects.toThrow('over');
    expect(gate.waiting).toBe(0);
    await expect(gate.wait(0, over.signal)).rejects.toThrow('over');
  });
});

describe('openHearing', () => {
  it('tells since when, and of an end only when nothing waits any more and half a minute went without another word', async () => {
    const clock = openFakeClock(0);
    const hearing = openHearing({ clock });
    expect([hearing.unheard, hearing.isHeard]).toEqual([undefined, false]);
    const since = clock.now();
    hearing.missed('a');
    clock.advance(1000);
    hearing.missed('b');
    hearing.heard(3);
    clock.advance(60_000);
    expect(hearing.unheard).toEqual({ since, topic: 'b' });
    hearing.begin();
    hearing.heard(0);
    expect(hearing.unheard).toEqual({ since, topic: 'b' });
    expect(hearing.isHeard).toBe(false);
    clock.advance(30_000);
    expect([hearing.unheard, hearing.isHeard]).toEqual([undefined, true]);
  });
});
