// A broker as it is installed, with nothing on disk, is killed while it alone has what it acknowledged: a hub that confirms by itself loses nothing.
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { type HubPeer, openHub } from '../peers/hub.ts';
import { openMosquitto } from '../peers/mosquitto.ts';
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

it('sends again what the broker forgot, under the same ids', async () => {
  await using broker = await openMosquitto();
  const port = await freePort();
  const announce = (hub: HubPeer) => hub.publish('bongsu/v1/hub/state', '{"confirmation":"hub"}', { retain: true });
  const first = await openHub(broker.url);
  await announce(first);
  await using gateway = await openGateway(async (folder) => ({
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
  const fall = async (name: string): Promise<void> => {
    await push(name, 'fall confirmed');
    await push(`${name}-exit`, 'fall exit');
  };

  // An alarm's end waits at the gateway until the hub has confirmed its onset. The hub reads some onsets and goes; its session stays at the broker.
  for (let number = 0; number < read; number += 1) await fall(`read-${number}`);
  await eventually('what the hub reads', () => first.alarms({ unique: true }).length === read || undefined);
  await first[Symbol.asyncDispose]();
  for (let number = 0; number < unread; number += 1) await fall(`unread-${number}`);
  await eventually('the broker’s word for all of it', () => acknowledged(broker.log()) === read + unread || undefined);
  await broker.kill();
  await broker.start();

  await using second = await openHub(broker.url);
  await announce(second);
  await eventually('all of it, and an empty outbox', async () => {
    await second.confirm();
    const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
    return destinations.every(({ pending }) => pending === 0) || undefined;
  });
  const heard = second.alarms({ unique: true });
  expect(heard).toHaveLength(2 * (read + unread));
  const lives = Map.groupBy(heard, ({ alarmid }) => String(alarmid));
  expect(new Set(lives.keys())).toEqual(answered);
  for (const life of lives.values()) expect(life.map(({ type }) => String(type).split('.')[3])).toEqual(['raised', 'cleared']);
  // What the hub had read came again, and it knows that by the ids.
  const known = new Set(first.alarms().map(({ id }) => id));
  expect(heard.filter(({ id }) => known.has(id))).toHaveLength(read);
});
