// What may wait: the gate before the line, the ceiling that live alarms ignore, compressed batches of readings.
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Entry, Reading } from '#model';
import type { Store } from '#store';
import { openDrain } from '../../src/uplink/drain.ts';
import { encodeEntry, openTopics } from '../../src/uplink/wire/index.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
import { connack, openRawBroker, puback, suback } from './raw-broker.ts';
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

const { signal } = new AbortController();
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('openDrain', () => {
  it('lets so many bytes onto the line, in order, and a larger message alone', async () => {
    const drain = openDrain({ inFlightBytes: 100, bytesPerSecond: 1e9 }, openFakeClock(0));
    const passed: number[] = [];
    const enter = (bytes: number) => void drain.enter(bytes, signal).then(() => passed.push(bytes));
    for (const bytes of [60, 40, 250, 10]) enter(bytes);
    await turn();
    expect([passed, drain.waiting]).toEqual([[60, 40], 2]);
    drain.leave(60);
    await turn();
    expect(passed).toEqual([60, 40]);
    drain.leave(40);
    await turn();
    expect(passed).toEqual([60, 40, 250]);
    drain.leave(250);
    await turn();
    expect([passed, drain.waiting]).toEqual([[60, 40, 250, 10], 0]);
  });

  it('keeps the mean rate under its ceiling, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 40 }), async (sizes) => {
        const clock = openFakeClock(0);
        const drain = openDrain({ inFlightBytes: 1e9, bytesPerSecond: 1000 }, clock);
        let bytes = 0;
        for (const size of sizes) void drain.enter(size, signal).then(() => (bytes += size));
        await turn();
        const total = sizes.reduce((sum, size) => sum + size, 0);
        for (let second = 0; bytes < total; second += 1) {
          // One second's worth may be saved, and one message of debt be made.
          if (bytes > 1000 * (second + 1) + 3000) return false;
          if (second > total / 1000 + 1) return false;
          clock.advance(1000);
          await turn();
        }
        return true;
      }),
      { numRuns: 30 },
    );
  });

  it('forgets a waiter that gives up', async () => {
    const drain = openDrain({ inFlightBytes: 10, bytesPerSecond: 1e9 }, openFakeClock(0));
    await drain.enter(10, signal);
    const stop = new AbortController();
    const waiting = drain.enter(10, stop.signal);
    expect(drain.waiting).toBe(1);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(drain.waiting).toBe(0);
  });
});

const time = Date.UTC(2026, 10, 20, 4);
const readingEntry = (count: number): Entry => {
  const readings = Array.from({ length: count }, (_, index): Reading => {
    const value = 400 + (index % 7);
    return { device: 'hydrant-1', channel: 'main', kind: 'pressure', value, unit: 'kPa', quality: 'good', time: time + index * 1000 };
  });
  return { ...alarmEntry(), lane: 7, body: { class: 'reading', value: readings } };
};

describe('readings', () => {
  it.each([
    ['gzip', (packed: Buffer) => gunzipSync(packed), '1f8b'],
    ['zstd', (packed: Buffer) => zstdDecompressSync(packed), '28b52ffd'],
  ] as const)('travel in batches, the large ones as %s', async (compression, unpack, magic) => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url, compression });
    const session = await until(() => site.session(), 'a session');
    for (const count of [2, 500]) expect(await session.send(readingEntry(count), { replay: false })).toEqual({ result: 'confirmed' });
    const [small, large] = await until(() => {
      const found = hub.seen.filter(({ topic }) => topic === `${base}/reading/pressure`);
      return found.length === 2 && found;
    }, 'both batches');
    expect(small?.packet.properties).toMatchObject({ contentType: 'application/cloudevents+json', payloadFormatIndicator: true });
    expect(JSON.parse(small?.payload ?? '')).toMatchObject({
      type: 'kr.bongsu.reading.batch.v1',
      subject: 'pressure',
      time: '2026-11-20T04:00:00.000Z',
      expirytime: '2026-11-27T04:00:01.000Z',
      data: [
        { device: 'hydrant-1', channel: 'main', value: 400, unit: 'kPa', quality: 'good', time: '2026-11-20T04:00:00.000Z' },
        { value: 401 },
      ],
    });
    const packed = large?.packet.payload as Buffer;
    expect(large?.packet.properties).toMatchObject({ contentType: `application/cloudevents+json; encoding=${compression}` });
    expect(large?.packet.properties?.payloadFormatIndicator ?? false).toBe(false);
    expect(packed.subarray(0, magic.length / 2).toString('hex')).toBe(magic);
    const event = JSON.parse(unpack(packed).toString()) as { data: unknown[] };
    expect(event.data).toHaveLength(500);
    expect(JSON.stringify(event).length / packed.length).toBeGreaterThan(4.8);
  });

  it('that were taken before the clock was set have no end by which they would be over', () => {
    const entry = readingEntry(2);
    const value = (entry.body.value as readonly Reading[]).map((reading) => ({ ...reading, time: 60_000 }));
    const topics = openTopics({ site: '52710', gateway: 'gw-1', bootId: 'boot-1' });
    const encoded = encodeEntry({ ...entry, body: { class: 'reading', value } }, topics, { replay: true });
    const event = 'message' in encoded ? (JSON.parse(String(encoded.message.payload)) as object) : undefined;
    expect(event).toMatchObject({ time: '1970-01-01T00:01:00.000Z' });
    expect(event).not.toHaveProperty('expirytime');
  });

  it('with a time that is none are set aside', async () => {
    await using broker = await openMosquitto();
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    for (const wrong of [-1, Number.NaN, 1e16]) {
      const entry = readingEntry(2);
      const value = (entry.body.value as readonly Reading[]).map((reading, index) => (index === 1 ? { ...reading, time: wrong } : reading));
      expect(await session.send({ ...entry, body: { class: 'reading', value } }, { replay: false })).toEqual({
        result: 'set-aside',
        reasonCode: 0x99,
      });
    }
  });
});

describe('uplink.drainLimit', () => {
  it('holds up the backlog and readings, never live alarms and steps of grants', async () => {
    await using broker = await openMosquitto();
    await using _hub = await openObserver(broker.url);
    await using site = openSite(store, { url: broker.url, drainLimit: '64KiB' });
    const session = await until(() => site.session(), 'a session');
    // The first answer tells who confirms, and may wait for that.
    await session.send(alarmEntry(), { replay: false });
    // Some 180 KiB: a second's worth leaves at once.
    const startedAt = Date.now();
    const backlog = Array.from({ length: 300 }, () => session.send(alarmEntry({}, 5), { replay: true }));
    await until(() => session.room.lanes === 3, 'the gate to close');
    expect(session.room.entries).toBeGreaterThan(0);
    for (const lane of [0, 1, 2]) {
      const sentAt = Date.now();
      expect(await session.send(alarmEntry({}, lane), { replay: false })).toEqual({ result: 'confirmed' });
      expect(Date.now() - sentAt).toBeLessThan(200);
    }
    expect(new Set((await Promise.all(backlog)).map(({ result }) => result))).toEqual(new Set(['confirmed']));
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThan(1200);
    expect(tookMs).toBeLessThan(9000);
    expect(session.room.lanes).toBeUndefined();
  });

  it('or not, no more than 256 KiB of batches is taken ahead, whatever the window', async () => {
    await using broker = await openRawBroker((packet) =>
      packet.type === 1 ? connack.v5 : packet.type === 8 ? suback(packet.id) : undefined,
    );
    await using site = openSite(store, { url: broker.url, window: 512 });
    const session = await until(() => site.session(), 'a session');
    let taken = 0;
    const held: Promise<unknown>[] = [];
    for (; session.room.lanes === undefined; taken += 1) held.push(session.send(readingEntry(450), { replay: true }));
    expect(session.room).toMatchObject({ lanes: 3, bytes: 2 ** 18 });
    expect(taken).toBeGreaterThan(2);
    expect(taken).toBeLessThan(10);
    await site.stop();
    await Promise.all(held);
  });

  it('or not, no more than 128 KiB of it lie before an alarm on the line', async () => {
    let bytes = 0;
    await using broker = await openRawBroker((packet) => {
      if (packet.type === 1) return connack.v5;
      if (packet.type === 8) return suback(packet.id);
      if (packet.type !== 3) return undefined;
      if (packet.body.includes('/reading/')) {
        bytes += packet.body.length;
        return undefined;
      }
      return puback(packet.id, 0);
    });
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const held = Array.from({ length: 140 }, () => session.send(readingEntry(400), { replay: true }));
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(bytes).toBeGreaterThan(60_000);
    expect(bytes).toBeLessThan(131_072);
    expect(session.room).toMatchObject({ lanes: 3 });
    await site.stop();
    expect(new Set((await Promise.all(held)).map(({ result }) => result))).toEqual(new Set(['lost']));
  });
});
