// A broker that closes the connection at what it does not allow: one such entry costs itself its way, and a line that breaks costs nobody anything.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openOutbox } from '#outbox';
import type { Store } from '#store';
import { deliver } from '../../src/gateway/delivery.ts';
import { type Known, knownOf } from '../../src/uplink/doubt.ts';
import { openSuspects } from '../../src/uplink/suspects.ts';
import { openWindow } from '../../src/uplink/window.ts';
import { alarmBody } from '../outbox/bodies.ts';
import { openDirectStore } from '../outbox/direct-store.ts';
import { openTestOutbox } from '../outbox/thread.ts';
import { connack, openRawBroker, type RawPacket, suback } from './raw-broker.ts';
import { alarmEntry, openSite, openStoreBench, type StoreBench } from './site.ts';

const env = systemEnv(openLog('silent'));
let bench: StoreBench;
let uplinkStore: Store;
beforeAll(async () => {
  bench = await openStoreBench();
  uplinkStore = await bench.open('boot-1');
});
afterAll(async () => {
  await uplinkStore[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const ack = ({ id }: RawPacket): Buffer => Buffer.from([0x40, 2, id >> 8, id & 0xff]);

/** A broker of 3.1.1 that closes, or one of MQTT 5 that says DISCONNECT, where `closes` says so, and an outbox with alarms of these kinds. */
async function openScene(
  kinds: readonly string[],
  closes: (topic: string, connection: number) => boolean,
  how: 'close' | Buffer = 'close',
) {
  const thread = openTestOutbox(['hub']);
  for (const [index, kind] of kinds.entries()) thread.append(alarmBody(`a-${index}`, 'critical', { kind: kind as 'gas' }));
  const outbox = openOutbox({ store: openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics) });
  const taken = new Set<string>();
  const broker = await openRawBroker((packet, connection) => {
    if (packet.type === 1) return how === 'close' ? connack.v4(packet.level === 5 ? 1 : 0) : connack.v5;
    if (packet.type === 8 && how !== 'close') return suback(packet.id);
    if (packet.type === 8) return Buffer.from([0x90, 3, packet.id >> 8, packet.id & 0xff, 1]);
    if (packet.type === 12) return Buffer.from([0xd0, 0]);
    if (packet.type !== 3) return undefined;
    const topic = packet.body.toString('utf8', 2, 2 + packet.body.readUInt16BE(0));
    if (closes(topic, connection)) return how;
    if (topic.includes('/alarm/')) taken.add(/"id":"([^"]+)/.exec(packet.body.toString())?.[1] ?? '');
    return ack(packet);
  });
  const onSession = (session: Parameters<typeof deliver>[0]): Promise<void> => deliver(session, { outbox, destination: 'hub' }, env);
  const site = openSite(uplinkStore, { url: broker.url, retryMin: '100ms', retryMax: '1s' }, { onSession });
  return {
    outbox,
    broker,
    alarms: () => taken.size,
    state: async () => {
      const { pending, dead } = (await outbox.stats()).destinations[0] ?? {};
      return { pending, dead };
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

describe.concurrent('a broker that closes the connection', () => {
  it.for([
    ['without a word', 'close'],
    ['with the reason 0x87', Buffer.from([0xe0, 2, 0x87, 0])],
  ] as const)('%s, at one kind of message, costs this message and no other', async ([, how], { expect }) => {
    const kinds = ['gas', ...Array.from({ length: 50 }, () => 'smoke')];
    await using scene = await openScene(kinds, (topic) => topic.includes('/alarm/gas/'), how);
    await expect.poll(scene.state, { timeout: 28_000 }).toEqual({ pending: 0, dead: 1 });
    expect(scene.alarms()).toBe(50);
    expect(await scene.outbox.dead({ limit: 3 })).toMatchObject([{ code: 0x80, text: 'the broker closes the connection when it gets it' }]);
  });

  it('or rather is left by the gateway, makes no dead letter', async ({ expect }) => {
    const exactlyOnce = Buffer.from([0x34, 6, 0, 1, 0x61, 0, 1, 0]);
    const kinds = ['gas', ...Array.from({ length: 5 }, () => 'smoke')];
    await using scene = await openScene(kinds, (topic, connection) => connection < 16 && topic.includes('/alarm/gas/'), exactlyOnce);
    await expect.poll(scene.state, { timeout: 28_000 }).toEqual({ pending: 0, dead: 0 });
  });

  it('again and again, at whatever comes first, makes no dead letter', async ({ expect }) => {
    await using scene = await openScene(['gas', 'smoke', 'fire'], (topic, connection) => connection < 8 && topic.includes('/alarm/'));
    await expect.poll(scene.state, { timeout: 28_000 }).toEqual({ pending: 0, dead: 0 });
    expect(scene.broker.connections).toBeGreaterThan(6);
  });
});

const alone = (suspects: ReturnType<typeof openSuspects>, entry: Known): boolean =>
  suspects.closedAt(entry, { isAlone: true, works: true });

describe('openSuspects', () => {
  const [gas, other, smoke] = [knownOf(alarmEntry({ kind: 'gas' })), knownOf(alarmEntry({ kind: 'gas' })), knownOf(alarmEntry())];

  it('suspects at the second closing, and finds guilty at the second one alone', () => {
    const suspects = openSuspects();
    const told = [false, false, true, true].map((isAlone) => [suspects.has(gas), suspects.closedAt(gas, { isAlone, works: true })]);
    expect(told).toEqual([
      [false, false],
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect([suspects.has(other), suspects.has(smoke)]).toEqual([true, false]);
    expect([alone(suspects, other), alone(suspects, other)]).toEqual([false, true]);
  });

  it('is slower to find guilty what is all that there is to send', () => {
    const suspects = openSuspects();
    expect([1, 2, 3, 4, 5, 6].map(() => suspects.closedAt(gas, { isAlone: true, works: false }))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('acquits what is answered, and its like', () => {
    const suspects = openSuspects();
    for (const isAlone of [false, false, true]) suspects.closedAt(gas, { isAlone, works: true });
    suspects.answered(gas);
    expect([suspects.has(gas), alone(suspects, gas)]).toEqual([false, false]);
    alone(suspects, gas);
    suspects.answered(other);
    expect(suspects.has(other)).toBe(false);
  });
});

describe('a place alone', () => {
  it('waits until the line is empty, and keeps it so', async () => {
    const window = openWindow(4);
    const { signal } = new AbortController();
    await window.take('critical', signal);
    const order: string[] = [];
    const alone = window.takeAlone(signal).then(() => order.push('alone'));
    const late = window.take('critical', signal).then(() => order.push('late'));
    await sleep(1);
    expect([order, window.free('critical'), window.isIdle]).toEqual([[], 0, false]);
    window.release();
    await alone;
    await sleep(1);
    expect(order).toEqual(['alone']);
    window.release();
    await late;
    window.release();
    expect([window.isIdle, window.free('critical')]).toEqual([true, 4]);
    await window.take('critical', signal);
    const stop = new AbortController();
    const given = window.takeAlone(stop.signal);
    stop.abort(new Error('over'));
    await expect(given).rejects.toThrow('over');
    expect(window.free('critical')).toBe(3);
  });
});
