// How a session ends against others' will: two gateways under one name, a broker that never confirms, a stop in the midst of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { openMosquitto } from '../peers/mosquitto.ts';
import { connack, openRawBroker, suback } from './raw-broker.ts';
import { alarmEntry, openObserver, openSite, openStoreBench, type Site, type StoreBench, until } from './site.ts';

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

describe('two gateways under one name', () => {
  it('take the session from each other ever more slowly, say so, and both are heard', async () => {
    await using broker = await openMosquitto();
    await using _hub = await openObserver(broker.url);
    await using one = openSite(store, { url: broker.url });
    await using other = openSite(store, { url: broker.url });
    const isHeard = async (site: Site): Promise<void> => {
      const entry = alarmEntry();
      for (let tries = 0; tries < 200; tries += 1) {
        const session = site.session();
        if (session && (await session.send(entry, { replay: false })).result === 'confirmed') return;
        await sleep(20);
      }
      throw new Error('never heard');
    };
    // This broker does not say who took the session; the hint speaks of it all the same.
    for (const site of [one, other])
      await until(() => site.uplink.status().lastError?.hint.en.includes('same client id'), 'each to be told');
    const meetings = () => broker.log().match(/New client connected/g)?.length ?? 0;
    const before = meetings();
    await Promise.all([isHeard(one), isHeard(other), sleep(4000)]);
    // Without a wait each would be back within a millisecond.
    expect(meetings() - before).toBeLessThan(40);
    await other.stop();
    const session = await until(() => one.session(), 'a session of its own');
    await sleep(1500);
    expect(one.session()).toBe(session);
  });
});

describe('a stop', () => {
  it('ends in time while messages are under way that nobody will ever confirm', async () => {
    await using broker = await openRawBroker(({ type, id }) => (type === 1 ? connack.v5 : type === 8 ? suback(id) : undefined));
    const site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const sends = Array.from({ length: 80 }, () => session.send(alarmEntry(), { replay: false }));
    await sleep(100);
    const begun = performance.now();
    await site.stop();
    // Two seconds each for what is under way, for the last word and for the goodbye.
    expect(performance.now() - begun).toBeLessThan(8000);
    expect(new Set((await Promise.all(sends)).map(({ result }) => result))).toEqual(new Set(['lost']));
  });
});
