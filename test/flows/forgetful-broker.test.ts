// A broker that does not keep what it acknowledges, killed with nothing on disk or over its own limit: a hub that confirms by itself loses nothing.
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { type HubPeer, openHub } from '../peers/hub.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { fallMessage, fallRadar, fallToken } from './site.ts';

const read = 10;
const unread = 100;

/** Alarms of the gateway that this broker has acknowledged, and that a session waits for (reason code 0). */
function acknowledged(log: string): number {
  const taken = new Set([...log.matchAll(/Sending PUBACK to bongsu-52710-gw-1 \(m(\d+), rc0\)/g)].map(([, id]) => id));
  return [...log.matchAll(/Received PUBLISH from bongsu-52710-gw-1 \(d0, q1, r0, m(\d+), '[^']+\/alarm\//g)].filter(([, id]) =>
    taken.has(id),
  ).length;
}

const announce = (hub: HubPeer): Promise<void> => hub.publish('bongsu/v1/hub/state', '{"confirmation":"hub"}', { retain: true });

/** A gateway on the broker, whose hub has announced that it confirms. */
async function openScene(broker: Mosquitto) {
  const port = await freePort();
  const gateway = await openGateway(async (folder) => ({
    uplink: { url: broker.url, retryMin: '100ms', retryMax: '1s', resendAfter: '5s' },
    sensors: { webhook: await fallRadar(folder, port) },
  }));
  const answered = new Set<string>();
  const push = async (id: string, status: 'fall confirmed' | 'fall exit'): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
      method: 'POST',
      body: fallMessage(id, status),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    answered.add(((await response.json()) as { alarmId: string }).alarmId);
  };
  return {
    async falls(count: number, name: string): Promise<void> {
      for (let number = 0; number < count; number += 1) {
        await push(`${name}-${number}`, 'fall confirmed');
        await push(`${name}-exit-${number}`, 'fall exit');
      }
    },
    /** The hub confirms what it hears until nothing waits; then it has every alarm, whole. */
    async delivered(hub: HubPeer): Promise<void> {
      const settled = async (): Promise<true | undefined> => {
        await hub.confirm();
        const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
        return destinations.every(({ pending }) => pending === 0) || undefined;
      };
      await eventually('all of it, and an empty outbox', settled, 60_000);
      const lives = Map.groupBy(hub.alarms({ unique: true }), ({ alarmid }) => String(alarmid));
      expect(new Set(lives.keys())).toEqual(answered);
      for (const life of lives.values()) expect(life.map(({ type }) => String(type).split('.')[3])).toEqual(['raised', 'cleared']);
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

it('is killed while it alone has them: they are sent again, under the same ids', async () => {
  await using broker = await openMosquitto();
  const first = await openHub(broker.url);
  await announce(first);
  await using scene = await openScene(broker);
  // An alarm's end waits at the gateway until the hub has confirmed its onset. The hub reads some onsets and goes; its session stays at the broker.
  await scene.falls(read, 'read');
  await eventually('what the hub reads', () => first.alarms({ unique: true }).length === read || undefined);
  await first[Symbol.asyncDispose]();
  await scene.falls(unread, 'unread');
  await eventually('the broker’s word for all of it', () => acknowledged(broker.log()) === read + unread || undefined);
  await broker.kill();
  await broker.start();

  await using second = await openHub(broker.url);
  await announce(second);
  await scene.delivered(second);
  // What the hub had read came again, and it knows that by the ids.
  const known = new Set(first.alarms().map(({ id }) => id));
  expect(second.alarms({ unique: true }).filter(({ id }) => known.has(id))).toHaveLength(read);
});

it('drops what is more than it will keep for a hub that is away: that is sent again', async () => {
  await using broker = await openMosquitto({ config: ['max_queued_messages 60'] });
  const clientId = 'hub-that-comes-back';
  const first = await openHub(broker.url, { clientId });
  await announce(first);
  await using scene = await openScene(broker);
  await scene.falls(1, 'first');
  await eventually('the first', () => first.alarms().length === 1 || undefined);
  await first[Symbol.asyncDispose]();
  await scene.falls(unread, 'more');
  await eventually(
    'the broker’s own word that it drops',
    () => /Outgoing messages are being dropped for client hub-that/.test(broker.log()) || undefined,
  );
  await using second = await openHub(broker.url, { clientId });
  await scene.delivered(second);
});
