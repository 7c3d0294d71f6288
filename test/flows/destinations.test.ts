// The story of a second destination: a webhook receiver beside the hub gets every alarm once, and its troubles are its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { openWebhookReceiver, type WebhookReceiver, webhookSecret } from '../peers/webhook-receiver.ts';
import { fallMessage, fallRadar, fallToken, openProvince, type Province } from './site.ts';

const stack = new AsyncDisposableStack();
let province: Province;
let receiver: WebhookReceiver;
let gateway: GatewayPeer;
let port = 0;

beforeAll(async () => {
  province = stack.use(await openProvince());
  receiver = stack.use(await openWebhookReceiver());
  port = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      sensors: { webhook: await fallRadar(folder, port) },
      destinations: [
        {
          name: 'platform',
          kind: 'webhook',
          url: receiver.url,
          secret: await secretFile(folder, 'platform.secret', webhookSecret),
          timeout: '2s',
          retryMin: '100ms',
          retryMax: '1s',
        },
      ],
    })),
  );
});
afterAll(() => stack.disposeAsync());

let pushed = 0;

/** Lets the radar tell of the next fall, or of its end, and gives how long the hub waited for it, milliseconds. */
async function push(): Promise<number> {
  const status = pushed % 2 === 0 ? 'fall confirmed' : 'fall exit';
  pushed += 1;
  const begun = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
    method: 'POST',
    body: fallMessage(`fall-${pushed}`, status),
    headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
  });
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  await eventually(`transition ${pushed} at the hub`, () => province.hub.alarms().length >= pushed || undefined);
  return performance.now() - begun;
}

interface DestinationState {
  readonly destination: string;
  readonly pending: number;
  readonly dead: number;
}

async function states(): Promise<readonly DestinationState[]> {
  return ((await gateway.query('outbox', 'status')) as { destinations: readonly DestinationState[] }).destinations;
}

/** Waits until neither waits for anything. */
async function settled(): Promise<readonly DestinationState[]> {
  return eventually('an empty outbox', async () => {
    const now = await states();
    return now.every(({ pending }) => pending === 0) ? now : undefined;
  });
}

const idsAtHub = (): readonly unknown[] => province.hub.alarms().map(({ id }) => id);
const idsTaken = (): readonly unknown[] => receiver.taken().map(({ event }) => event['id']);

function expectAllOnce(): void {
  expect(idsTaken()).toHaveLength(idsAtHub().length);
  expect(new Set(idsTaken())).toEqual(new Set(idsAtHub()));
}

describe('a webhook destination beside the hub', () => {
  it('gets every alarm once, signed, in order, and nothing else', async () => {
    for (let count = 0; count < 10; count += 1) await push();
    expect(await settled()).toMatchObject([{ destination: 'hub' }, { destination: 'platform' }]);
    expect(idsAtHub()).toHaveLength(10);
    expect(idsTaken()).toEqual(idsAtHub());
    expect(receiver.posted.every(({ isGenuine, contentType }) => isGenuine && contentType === 'application/cloudevents+json')).toBe(true);
    // Conditions and inventory went to the hub.
    expect(province.hub.messages.some(({ topic }) => topic.includes('/inventory/'))).toBe(true);
    expect(receiver.posted.every(({ event }) => event['class'] === 'alarm')).toBe(true);
  });

  it('delays the hub by nothing while it hangs and while it is dead, and gets all of it later', async () => {
    const delays: number[] = [];
    const pushFor = async (ms: number): Promise<void> => {
      for (const end = performance.now() + ms; performance.now() < end; await sleep(200)) delays.push(await push());
    };
    receiver.reply = () => 'hang';
    await pushFor(10_000);
    await receiver.stop();
    await pushFor(10_000);
    expect(delays.length).toBeGreaterThan(30);
    expect(Math.max(...delays)).toBeLessThan(1000);
    expect(idsTaken()).toHaveLength(10);
    expect((await states())[1]).toMatchObject({ destination: 'platform', pending: delays.length });

    receiver.reply = () => 204;
    await receiver.start();
    await settled();
    expectAllOnce();
    const late = receiver.taken().slice(10);
    expect(late.every(({ event, isGenuine }) => isGenuine && event['replay'] === true)).toBe(true);
    // The steps of one alarm never overtake each other.
    const types = Map.groupBy(receiver.taken(), ({ event }) => event['alarmid']);
    for (const steps of types.values()) {
      const told = steps.map(({ event }) => String(event['type']).split('.')[3]);
      expect(told).toEqual(['raised', 'cleared'].slice(0, told.length));
    }
  });

  it('that refuses an alarm for good gets it as a dead letter, which nobody else waits for', async () => {
    await settled();
    if (pushed % 2 === 1) await push();
    await settled();
    receiver.reply = ({ type }) => (String(type).includes('raised') ? 400 : 204);
    expect(await push()).toBeLessThan(1000);
    expect(await push()).toBeLessThan(1000);
    expect(await settled()).toMatchObject([
      { destination: 'hub', dead: 0 },
      { destination: 'platform', dead: 1 },
    ]);
    expect(await gateway.query('outbox', 'dead', 'list')).toMatchObject({
      letters: [{ destination: 'platform', code: 400, text: 'HTTP status 400' }],
    });
    expect(idsAtHub()).toHaveLength(pushed);

    receiver.reply = () => 204;
    await gateway.cli(['outbox', 'dead', 'retry', 'all']);
    expect(await settled()).toMatchObject([{ dead: 0 }, { dead: 0 }]);
    expectAllOnce();
  });
});
