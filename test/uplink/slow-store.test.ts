// A disk that is slow, not dead: neither the hub's confirmations nor its commands hold up what else comes over the line.
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#store';
import { openConfirmed } from '../../src/uplink/confirmed.ts';
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

function confirmPacket(id: number, sequence: number): Buffer {
  const topic = Buffer.from(`${base}/confirm`);
  const payload = Buffer.from(`{"confirmed":{"alarm":[[${sequence},${sequence}]]}}`);
  const body = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([id >> 8, id & 0xff, 0]), payload]);
  return Buffer.concat([Buffer.from([0x32, body.length]), body]);
}

/** The store, with one of its procedures as slow as `waitMs` says. */
function slowed(name: string, waitMs: () => number): Store {
  return {
    ...store,
    procedures: (room, options) => {
      const calls = store.procedures<Record<string, (argument: unknown) => unknown>>(room, options);
      return new Proxy(calls, {
        get: (target, called) => async (argument: unknown) => {
          if (called === name) await sleep(waitMs());
          return await Reflect.apply(Reflect.get(target, called), undefined, [argument]);
        },
      }) as never;
    },
  };
}

describe('on a slow disk', () => {
  it('a stream of confirmations delays no PUBACK, and all of it is committed', async () => {
    let id = 0;
    await using broker = await openRawBroker((packet) => {
      if (packet.type === 1) return connack.v5;
      if (packet.type === 8) return suback(packet.id);
      if (packet.type === 12) return Buffer.from([0xd0, 0]);
      if (packet.type === 4) return id < 200 ? confirmPacket(++id, 2 * id) : undefined;
      if (packet.type !== 3) return undefined;
      const more = packet.body.includes('/state') ? Array.from({ length: 16 }, () => confirmPacket(++id, 2 * id)) : [];
      return Buffer.concat([...more, puback(packet.id, 0)]);
    });
    const committed: number[] = [];
    const onConfirm = async (_: string, ranges: readonly (readonly [number, number])[]): Promise<void> => {
      await sleep(300);
      committed.push(...ranges.map(([from]) => from));
    };
    await using site = openSite(store, { url: broker.url, confirmation: 'hub' }, { onConfirm });
    const session = await until(() => site.session(), 'a session');
    const startedAt = Date.now();
    expect(await session.send(alarmEntry(), { replay: false })).toEqual({ result: 'sent' });
    expect(Date.now() - startedAt).toBeLessThan(1000);
    await until(() => committed.length === 200, 'all commits');
    expect(committed.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 200 }, (_, index) => 2 * (index + 1)));
    expect(broker.connections).toBe(1);
  });

  it('a command that is not written down within a second is refused, forgotten, and taken when it comes again', async () => {
    await using broker = await openMosquitto();
    await using hub = await openObserver(broker.url);
    let waitMs = 2500;
    const run: string[] = [];
    await using site = openSite(
      slowed('accept', () => waitMs),
      { url: broker.url },
      {
        async onCommand({ id }) {
          run.push(id);
          return { id, result: 'done' };
        },
      },
    );
    const session = await until(() => site.session(), 'a session');
    await until(() => broker.log().includes('/command/#'), 'the subscription');
    const ask = (id: string, text: string) => hub.publish(`${base}/command/gateway.status`, text).then(() => id);
    const answers = () =>
      hub.seen
        .filter(({ topic }) => topic.includes('/outcome/'))
        .map(({ payload }) => JSON.parse(payload) as { id: string; reason?: string });
    const text = commandText('slow-1');
    const startedAt = Date.now();
    for (const id of ['slow-1', 'slow-2', 'slow-3']) await ask(id, id === 'slow-1' ? text : commandText(id));
    await session.send(alarmEntry(), { replay: false });
    expect(Date.now() - startedAt).toBeLessThan(1500);
    await until(() => answers().length === 3, 'three refusals');
    expect(answers().map(({ reason }) => reason)).toEqual(Array.from({ length: 3 }, () => 'command.not-stored'));
    await ask('slow-1', text);
    await until(() => answers().length === 4, 'another');
    expect(answers()[3]).toMatchObject({ id: 'slow-1', reason: 'command.not-stored' });
    waitMs = 0;
    await sleep(2500);
    expect(run).toEqual([]);
    await ask('slow-1', text);
    await until(() => run.length === 1, 'the command');
    expect(run).toEqual(['slow-1']);
  });
});

describe('openConfirmed', () => {
  it('keeps what it is told, joined, and no more than 1,024 ranges of a class', () => {
    const confirmed = openConfirmed();
    expect(
      confirmed.add({
        class: 'alarm',
        ranges: [
          [5, 9],
          [1, 2],
        ],
      }),
    ).toBe(true);
    confirmed.add({
      class: 'alarm',
      ranges: [
        [3, 4],
        [20, 20],
      ],
    });
    confirmed.add({ class: 'grant', ranges: [[1, 1]] });
    expect(confirmed.take()).toEqual([
      {
        class: 'alarm',
        ranges: [
          [1, 9],
          [20, 20],
        ],
      },
      { class: 'grant', ranges: [[1, 1]] },
    ]);
    expect(confirmed.take()).toEqual([]);
    for (let at = 0; at < 1024; at += 1) confirmed.add({ class: 'alarm', ranges: [[3 * at + 1, 3 * at + 1]] });
    expect(confirmed.add({ class: 'alarm', ranges: [[9000, 9000]] })).toBe(false);
    expect(confirmed.add({ class: 'alarm', ranges: [[1, 2]] })).toBe(true);
    expect(confirmed.take().map(({ ranges }) => ranges.length)).toEqual([1000, 24]);
  });

  it('says of no number what was not said', () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(5)).map(([from, more]): [number, number] => [from, from + more]);
    const numbersOf = (ranges: readonly (readonly [number, number])[]): Set<number> =>
      new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index)));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
        const confirmed = openConfirmed();
        for (const one of ranges) confirmed.add({ class: 'alarm', ranges: [one] });
        expect(numbersOf(confirmed.take().flatMap((each) => each.ranges))).toEqual(numbersOf(ranges));
      }),
    );
  });
});
