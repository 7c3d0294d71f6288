// The story of the hub, told on any broker: alarms and commands pass, states are kept, and what happens while the broker is away is there afterwards.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway, secretFile } from '../peers/gateway.ts';
import { readRetained } from '../peers/hub.ts';
import type { Broker, Province } from './site.ts';
import { fallMessage, fallRadar, fallToken } from './site.ts';

/** What is said of the broker. */
export interface HubStory {
  /** What it speaks: 5 is MQTT 5, 4 is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** How it is taken away amid alarms: by a kill only where it has on disk what it acknowledges. */
  readonly end: 'stop' | 'kill';
  open(): Promise<Province<Broker>>;
}

type Message = Readonly<Record<string, unknown>>;

const prefix = 'bongsu/v1/52710/gw-1';
const device = 'fall-1';
const rounds = 50;
/** RabbitMQ takes ten seconds for its first start, and longer on a busy machine. */
const startLimitMs = 120_000;

/** Tells it as tests of the file that asks; they build on one another. */
export function tellHubStory({ protocolVersion, end, open }: HubStory): void {
  const stack = new AsyncDisposableStack();
  let province: Province<Broker>;
  let gateway: GatewayPeer;
  let webhookPort = 0;

  beforeAll(async () => {
    province = stack.use(await open());
    webhookPort = await freePort();
    const { user } = province.broker;
    gateway = stack.use(
      await openGateway(async (folder) => ({
        uplink: {
          ...province.uplink,
          ...(user && { username: user.username, password: await secretFile(folder, 'broker.password', user.password) }),
          willDelay: '0s',
        },
        sensors: { webhook: await fallRadar(folder, webhookPort) },
      })),
    );
  }, startLimitMs);
  afterAll(() => stack.disposeAsync());

  async function push(id: string, status: 'fall confirmed' | 'fall exit'): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${webhookPort}/webhook/radar`, {
      method: 'POST',
      body: fallMessage(id, status),
      headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { alarmId: string }).alarmId;
  }

  const pushFalls = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round += 1) {
      await push(`round-${round}`, 'fall confirmed');
      await push(`round-exit-${round}`, 'fall exit');
    }
  };

  /** Steps of the device so far, the first of each id. */
  const steps = (count: number): Promise<readonly Message[]> =>
    eventually(`${count} steps`, () => {
      const heard = province.hub.alarms({ device, unique: true });
      return heard.length >= count ? heard : undefined;
    });
  const pending = async (): Promise<number> => {
    const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
    return destinations.reduce((sum, { pending: waiting }) => sum + waiting, 0);
  };
  const status = async (): Promise<Message> => ((await gateway.query('status')) as { uplink: Message }).uplink;
  const stateAt = (topic: string, state: string) =>
    province.hub.wait(state, (message) => message.topic === topic && message.body['type'] === `kr.bongsu.state.${state}.v1`);
  const look = (topic: string) => readRetained(province.broker.url, topic, { protocolVersion, ...province.broker.user });

  describe('the session', () => {
    it('speaks the version that the broker does, and its state is found by a hub that comes later', async () => {
      await eventually('the connection', async () => ((await status())['connected'] === true ? true : undefined));
      expect(await status()).toMatchObject({ protocolVersion });
      await stateAt(`${prefix}/state`, 'online');
      expect(await look(`${prefix}/state`)).toMatchObject({ type: 'kr.bongsu.state.online.v1' });
    });

    it('carries raise, update and clear in order, and the hub’s own acknowledgement', async () => {
      const alarm = await push('first', 'fall confirmed');
      await steps(1);
      expect(await province.hub.command('alarm.acknowledge', { alarm, person: 'jb119-042' })).toMatchObject({ result: 'done' });
      await steps(2);
      await push('first-exit', 'fall exit');
      const heard = await steps(3);
      expect(heard.map(({ type, alarmid, replay }) => [String(type).split('.')[3], alarmid, replay])).toEqual([
        ['raised', alarm, false],
        ['updated', alarm, false],
        ['cleared', alarm, false],
      ]);
    });

    it('answers a command once: the same again gets the same outcome, another body is refused', async () => {
      const now = Date.now();
      const command = { id: `once-${now}`, time: new Date(now).toISOString(), expires: new Date(now + 30_000).toISOString() };
      const first = await province.hub.command('gateway.status', command);
      expect(first).toMatchObject({ result: 'done' });
      const again = await province.hub.command('gateway.status', command);
      expect(withoutTime(again)).toEqual(withoutTime(first));
      expect(await province.hub.command('gateway.status', { ...command, more: 1 })).toMatchObject({ reason: 'command.id-reused' });
    });
  });

  describe('a broker that goes amid alarms', () => {
    it('has everything when it is back, each alarm in order, and what is told twice under the same id', async () => {
      const before = province.hub.alarms({ device, unique: true }).length;
      const pushing = pushFalls(rounds);
      await steps(before + 5);
      await province.broker[end]();
      await pushing;
      await province.broker.start();
      const heard = (await steps(before + rounds * 2)).slice(before);
      // A fresh alarm may overtake an older one; the steps of one alarm never do.
      const lives = Map.groupBy(heard, ({ alarmid }) => alarmid);
      expect(lives.size).toBe(rounds);
      for (const life of lives.values()) expect(life.map(({ type }) => String(type).split('.')[3])).toEqual(['raised', 'cleared']);
      const sequences = province.hub.alarms({ device, unique: true }).map(({ sequence }) => Number(sequence));
      expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences.map((_, index) => Math.min(...sequences) + index));
      await eventually('an empty outbox', async () => ((await pending()) === 0 ? true : undefined));
    });
  });

  describe('the retained state', () => {
    it('is the will’s word when the gateway is killed, its own when it is back, and its last when it stops', async () => {
      const topic = `${prefix}/state`;
      await gateway.stop('SIGKILL');
      await stateAt(topic, 'offline');
      expect(await look(topic)).toMatchObject({ type: 'kr.bongsu.state.offline.v1' });
      const told = province.hub.messages.length;
      await gateway.start();
      await eventually('online', () =>
        province.hub.messages
          .slice(told)
          .find((message) => message.topic === topic && message.body['type'] === 'kr.bongsu.state.online.v1'),
      );
      expect(await look(topic)).toMatchObject({ type: 'kr.bongsu.state.online.v1' });
      await gateway.stop();
      await stateAt(topic, 'stopped');
      expect(await look(topic)).toMatchObject({ type: 'kr.bongsu.state.stopped.v1' });
      await gateway.start();
    });
  });

  describe('a hub that confirms itself', () => {
    it('is heard: what it has not confirmed waits, and what it has confirmed is gone', async () => {
      await province.hub.publish('bongsu/v1/hub/state', '{"confirmation":"hub"}', { retain: true });
      // A broker hands out in order: who has answered this has heard the announcement.
      expect(await province.hub.command('gateway.status', {})).toMatchObject({ result: 'done' });
      // A condition may come at any moment, so the hub goes on confirming until nothing is left.
      const settled = () =>
        eventually('an empty outbox', async () => {
          await province.hub.confirm();
          return (await pending()) === 0 ? true : undefined;
        });
      await settled();
      const before = province.hub.alarms({ device, unique: true }).length;
      await push('kept', 'fall confirmed');
      await steps(before + 1);
      expect(await pending()).toBeGreaterThan(0);
      await settled();
      await province.hub.publish('bongsu/v1/hub/state', '', { retain: true });
    });
  });
}

function withoutTime({ time: _, ...rest }: Message): Message {
  return rest;
}
