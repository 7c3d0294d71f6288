// The session against brokers that are old, busy, rude or broken.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { packetSize } from '../../src/uplink/publish-packet.ts';
import { encodeEntry, openTopics } from '../../src/uplink/wire/index.ts';
import { connack, openRawBroker, puback, type RawPacket, suback } from './raw-broker.ts';
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

/** Answers like a broker of MQTT 5, `publish` deciding about alarms. */
function polite(publish: (packet: RawPacket) => Buffer | 'close' | undefined) {
  return (packet: RawPacket): Buffer | 'close' | undefined => {
    if (packet.type === 1) return connack.v5;
    if (packet.type === 8) return suback(packet.id);
    if (packet.type === 12) return Buffer.from([0xd0, 0]);
    if (packet.type !== 3) return undefined;
    return packet.body.includes('/alarm/') ? publish(packet) : puback(packet.id, 0);
  };
}

async function openAedes() {
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => broker.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      server.close();
    },
  };
}

describe('an old broker', () => {
  it('is spoken to in 3.1.1 when it refuses 5: alarms go up, commands come down', async () => {
    await using broker = await openAedes();
    await using hub = await openObserver(broker.url, { protocolVersion: 4 });
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(site.uplink.status()).toMatchObject({ connected: true, protocolVersion: '3.1.1' });
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    await hub.wait(`${base}/alarm/smoke/smoke-1`);
    await hub.wait(`${base}/state`);
    await hub.publish(`${base}/command/gateway.status`, commandText('old-1'));
    const outcome = await hub.wait(`${base}/outcome/gateway.status`);
    expect(JSON.parse(outcome.payload)).toMatchObject({ id: 'old-1', result: 'done' });
  });

  it('is remembered: the next connection begins with 3.1.1', async () => {
    const levels: number[] = [];
    await using broker = await openRawBroker((packet) => {
      if (packet.type !== 1) return packet.type === 3 ? 'close' : undefined;
      levels.push(packet.level);
      return connack.v4(packet.level === 5 ? 1 : 0);
    });
    await using _site = openSite(store, { url: broker.url });
    await until(() => levels.length >= 4, 'four attempts');
    expect(levels.slice(0, 4)).toEqual([5, 4, 4, 4]);
  });

  it('may also close without a word', async () => {
    const levels: number[] = [];
    await using broker = await openRawBroker((packet) => {
      if (packet.type !== 1) return undefined;
      levels.push(packet.level);
      return packet.level === 5 ? 'close' : connack.v4(0);
    });
    await using site = openSite(store, { url: broker.url });
    await until(() => site.session(), 'a session');
    expect(levels).toEqual([5, 4]);
  });

  it('is named when it refuses both, and 5 is tried again', async () => {
    const levels: number[] = [];
    await using broker = await openRawBroker((packet) => {
      levels.push(packet.level);
      return 'close';
    });
    await using site = openSite(store, { url: broker.url });
    await until(() => levels.length >= 4, 'four attempts');
    expect(levels.slice(0, 4)).toEqual([5, 4, 5, 4]);
    expect(site.uplink.status()).toMatchObject({ connected: false, lastError: { code: 'uplink.closed-early' } });
  });
});

describe.concurrent('a busy broker', () => {
  it.each([0x97, 0x80])('that says %i is asked again, later', async (code) => {
    let asked = 0;
    await using broker = await openRawBroker(
      polite((packet) => {
        asked += 1;
        return puback(packet.id, asked === 1 ? code : 0);
      }),
    );
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(asked).toBe(2);
  });

  it.each([0x97, 0x80, 0x91])('that says %i gets no more of the lane after 64 refusals, and all of the graver ones', async (code) => {
    const answer = polite((packet) => puback(packet.id, packet.body.includes('/alarm/tamper/') ? code : 0));
    await using broker = await openRawBroker((packet) => answer(packet));
    await using site = openSite(store, { url: broker.url, window: 8 });
    const session = await until(() => site.session(), 'a session');
    await until(() => session.room.entries === 135, 'the whole window');
    expect(session.room.lanes).toBeUndefined();
    const refused = Array.from({ length: 64 }, () => session.send(alarmEntry({ kind: 'tamper' }, 2), { replay: false }));
    await until(() => session.room.lanes === 2, 'the lane to be full');
    await until(() => session.room.entries === 135, 'the slots to be given back');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    await site.stop();
    expect(new Set((await Promise.all(refused)).map(({ result }) => result))).toEqual(new Set(['lost']));
  });

  it.each([0x83, 0x87, 0x90, 0x99])('that says %i is asked twice more, and not again', async (code) => {
    let asked = 0;
    await using broker = await openRawBroker(
      polite((packet) => {
        asked += 1;
        return puback(packet.id, code);
      }),
    );
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'set-aside', reasonCode: code });
    expect(asked).toBe(3);
  });

  it('that answers pings and confirms nothing is given up', async () => {
    await using broker = await openRawBroker(polite(() => undefined));
    await using site = openSite(store, { url: broker.url, ackTimeout: '5s' });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'lost' });
    expect(site.uplink.status().lastError?.code).toBe('uplink.ack-timeout');
  });

  it('that refuses the subscription gets alarms all the same', async () => {
    const answer = polite((packet) => puback(packet.id, 0));
    await using broker = await openRawBroker((packet) => (packet.type === 8 ? suback(packet.id, 0x87) : answer(packet)));
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    await until(() => site.uplink.status().lastError?.code === 'uplink.commands-refused', 'the reason');
    expect(site.uplink.status().connected).toBe(true);
  });
});

describe('packetSize', () => {
  it('is never less than what goes over the line, and at most 16 bytes more', async () => {
    let onLine = 0;
    await using broker = await openRawBroker(
      polite((packet) => {
        onLine = packet.body.length + 3;
        return puback(packet.id, 0);
      }),
    );
    await using site = openSite(store, { url: broker.url });
    const session = await until(() => site.session(), 'a session');
    const entry = alarmEntry({ detail: { text: '연기 감지'.repeat(30) } });
    await session.send(entry, { replay: false });
    const encoded = encodeEntry(entry, openTopics({ site: '52710', gateway: 'gw-1', bootId: 'boot-1' }), { replay: false });
    const size = 'message' in encoded ? packetSize(encoded.message, 5) : 0;
    expect(size - onLine).toBeGreaterThanOrEqual(0);
    expect(size - onLine).toBeLessThanOrEqual(16);
  });
});

describe.concurrent('a broken broker', () => {
  it('that says another client took the session is understood', async () => {
    const answer = polite(() => Buffer.from([0xe0, 2, 0x8e, 0]));
    await using broker = await openRawBroker((packet) => answer(packet));
    await using site = openSite(store, { url: broker.url, ackTimeout: '5s' });
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'lost' });
    expect(site.uplink.status().lastError?.code).toBe('uplink.taken-over');
  });

  it('that sends a giant packet is cut off before it is gathered, and not asked for commands next time', async () => {
    const subscribed: number[] = [];
    const answer = polite((packet) => puback(packet.id, 0));
    // A PUBLISH that announces 64 MiB.
    const giant = Buffer.from([0x32, 0x80, 0x80, 0x80, 0x20, 0, 1, 0x61]);
    await using broker = await openRawBroker((packet, connection) => {
      if (packet.type !== 8) return answer(packet);
      subscribed.push(connection);
      return connection === 1 ? giant : suback(packet.id);
    });
    await using site = openSite(store, { url: broker.url });
    await until(() => site.uplink.status().lastError?.code === 'uplink.packet-too-large', 'the cut');
    const session = await until(() => site.session(), 'the next session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(subscribed).toEqual([1]);
    expect(site.uplink.status()).toMatchObject({ connected: true, lastError: { code: 'uplink.packet-too-large' } });
  });

  it.each([
    ['Receive Maximum', [0x21, 0, 0]],
    ['Maximum Packet Size', [0x27, 0, 0, 0, 0]],
  ])('that welcomes with a %s of 0 is no broker to stay with', async (_, property) => {
    const welcome = Buffer.from([0x20, 3 + property.length, 0, 0, property.length, ...property]);
    const answer = polite((packet) => puback(packet.id, 0));
    await using broker = await openRawBroker((packet, connection) => (packet.type === 1 && connection < 3 ? welcome : answer(packet)));
    await using site = openSite(store, { url: broker.url });
    const error = await until(() => site.uplink.status().lastError, 'an error');
    expect(error).toMatchObject({ code: 'uplink.protocol-broken' });
    expect(site.uplink.status().connected).toBe(false);
    const session = await until(() => site.session(), 'a session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
  });

  it('that sends with QoS 2, which nobody asked for, is cut off, and heard no more until the next connection', async () => {
    const subscribed: number[] = [];
    const answer = polite((packet) => puback(packet.id, 0));
    const exactlyOnce = Buffer.from([0x34, 6, 0, 1, 0x61, 0, 1, 0]);
    await using broker = await openRawBroker((packet, connection) => {
      if (packet.type !== 8) return answer(packet);
      subscribed.push(connection);
      return connection === 1 ? exactlyOnce : suback(packet.id);
    });
    await using site = openSite(store, { url: broker.url });
    await until(() => site.uplink.status().lastError?.code === 'uplink.qos-refused', 'the cut');
    const session = await until(() => site.session(), 'the next session');
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'confirmed' });
    expect(subscribed).toEqual([1]);
    expect(site.uplink.status()).toMatchObject({ connected: true, lastError: { code: 'uplink.qos-refused' } });
  });

  it.each([1, 2, 3])('that goes while it is asked for subscription %i is connected to again', async (last) => {
    let asked = 0;
    const answer = polite((packet) => puback(packet.id, 0));
    await using broker = await openRawBroker((packet) => {
      if (packet.type !== 8) return answer(packet);
      asked += 1;
      return asked === last ? 'close' : suback(packet.id);
    });
    await using site = openSite(store, { url: broker.url }, { onConfirm: async () => {} });
    await until(() => broker.connections === 2 && site.session(), 'the next session');
    expect(asked).toBeGreaterThanOrEqual(last);
  });

  it.each([
    ['garbage', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a second welcome', Buffer.concat([connack.v5, connack.v5])],
    ['a packet of a reserved type', Buffer.from([0x00, 0])],
  ])('that answers %s ends nothing but the connection', async (_, bytes) => {
    await using broker = await openRawBroker((packet) => (packet.type === 1 ? bytes : undefined));
    await using site = openSite(store, { url: broker.url, connectTimeout: '2s' });
    await until(() => broker.connections >= 2 && site.uplink.status().lastError !== undefined, 'another attempt, and what ended the first');
  });
});
