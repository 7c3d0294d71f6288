// Delivery over a real session: what a broker refuses or leaves unanswered of lesser entries never holds up a graver one.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import type { Entry, EntryBody } from '#model';
import { openOutbox } from '#outbox';
import type { Store } from '#store';
import { deliver } from '../../src/gateway/delivery.ts';
import { alarmBody, auditBody } from '../outbox/bodies.ts';
import { openDirectStore } from '../outbox/direct-store.ts';
import { openTestOutbox } from '../outbox/thread.ts';
import { connack, openRawBroker, puback, suback } from '../uplink/raw-broker.ts';
import { openSite, openStoreBench, type StoreBench, until } from '../uplink/site.ts';

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

/** An outbox with `heads` of the audit chain in it, and a broker that answers these with `code`, or not at all, and takes all else. */
async function openScene(heads: number, code: number | 'silence', options: object = {}, ofAlarms = () => 0) {
  const thread = openTestOutbox(['hub']);
  for (let row = 1; row <= heads; row += 1) thread.append(auditBody(row));
  const outbox = openOutbox({ store: openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics) });
  const published: string[] = [];
  const broker = await openRawBroker((packet) => {
    if (packet.type === 1) return connack.v5;
    if (packet.type === 8) return suback(packet.id);
    if (packet.type === 12) return Buffer.from([0xd0, 0]);
    if (packet.type !== 3) return undefined;
    const topic = packet.body.toString('utf8', 2, 2 + packet.body.readUInt16BE(0));
    published.push(topic);
    if (!topic.endsWith('/audit')) return puback(packet.id, topic.includes('/alarm/') ? ofAlarms() : 0);
    return code === 'silence' ? undefined : puback(packet.id, code);
  });
  const onSession = (session: Parameters<typeof deliver>[0]): Promise<void> => deliver(session, { outbox, destination: 'hub' }, env);
  const site = openSite(uplinkStore, { url: broker.url, ...options }, { onSession });
  const count = (part: string): number => published.filter((topic) => topic.includes(part)).length;
  return {
    outbox,
    audits: () => count('/audit'),
    alarms: () => count('/alarm/'),
    async append(body: EntryBody) {
      thread.append(body);
      // What the commit of an append announces.
      await outbox.release('hub', []);
    },
    pending: async () => (await outbox.stats()).destinations[0]?.pending,
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

describe('delivery', () => {
  it('takes a refusal of everything for a passing one: no alarm becomes a dead letter', async () => {
    let code = 0x87;
    await using scene = await openScene(0, 0, {}, () => code);
    for (let index = 0; index < 300; index += 1) await scene.append(alarmBody(`grave-${index}`));
    await until(() => scene.alarms() >= 300, 'a refusal of each');
    await sleep(2500);
    expect((await scene.outbox.stats()).destinations[0]).toMatchObject({ pending: 300, dead: 0 });
    code = 0;
    await expect.poll(scene.pending, { timeout: 20_000 }).toBe(0);
    expect((await scene.outbox.stats()).destinations[0]).toMatchObject({ dead: 0 });
  });

  it.each([0x97, 0x80, 0x91])('lets alarms pass while the broker answers audit heads %i', async (code) => {
    await using scene = await openScene(400, code);
    await until(() => scene.audits() >= 64, 'a window full of refusals');
    await scene.append(alarmBody('grave'));
    await until(() => scene.alarms() === 1, 'the critical alarm');
    await scene.append(alarmBody('lesser', 'minor'));
    await until(() => scene.alarms() === 2, 'the minor alarm');
    await expect.poll(scene.pending).toBe(400);
    expect(scene.audits()).toBeLessThan(400);
  });

  it('keeps slots for critical alarms, and for what must go before them, while nothing else is confirmed', async () => {
    await using scene = await openScene(50, 'silence', { window: 8 });
    await until(() => scene.audits() === 7, 'all other slots taken');
    await scene.append(alarmBody('a', 'minor'));
    await scene.append(alarmBody('other', 'minor'));
    await scene.append(alarmBody('a'));
    await until(() => scene.alarms() === 2, 'both steps of the alarm that became critical');
    await scene.append(alarmBody('b'));
    await until(() => scene.alarms() === 3, 'the next critical alarm');
    expect(scene.audits()).toBe(7);
  });

  it('sends again what was sent, also when the hub has taken its announcement back', async () => {
    const thread = openTestOutbox(['hub']);
    const outbox = openOutbox({ store: openDirectStore(thread.db, { outbox: thread.procedures }, thread.world.topics) });
    const stop = new AbortController();
    let confirmation = 'hub';
    const sent: string[] = [];
    const session = {
      signal: stop.signal,
      room: { entries: 64, lanes: undefined },
      get confirmation() {
        return confirmation;
      },
      resendAfterMs: 200,
      watch: () => ({ [Symbol.dispose]() {} }),
      async send({ body }: Entry) {
        sent.push(body.class === 'alarm' ? body.value.step : '');
        return { result: confirmation === 'hub' ? 'sent' : 'confirmed' };
      },
    };
    thread.append(alarmBody('fire'));
    thread.append(alarmBody('fire', 'critical', { step: 'updated' }));
    const delivering = deliver(session as never, { outbox, destination: 'hub' }, env);
    await until(() => sent.length === 1, 'the first step');
    confirmation = 'broker';
    await until(() => sent.length === 3, 'the first step again, and the next');
    expect(sent).toEqual(['raised', 'raised', 'updated']);
    await expect.poll(async () => (await outbox.stats()).destinations[0]).toMatchObject({ pending: 0, claimed: 0 });
    stop.abort(new Error('over'));
    await delivering;
  });

  it('is not held up by any number of entries that the hub will never take', async () => {
    await using scene = await openScene(5000, 0x87);
    await until(() => scene.audits() >= 64, 'refusals');
    await scene.append(alarmBody('grave'));
    await until(() => scene.alarms() === 1, 'the critical alarm');
    await expect.poll(scene.pending, { timeout: 20_000 }).toBe(0);
    expect((await scene.outbox.stats()).destinations[0]).toMatchObject({ dead: 5000 });
  });
});
