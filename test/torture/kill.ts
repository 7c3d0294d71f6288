// kill -9 of the gateway at random moments of taking in, draining and forgetting: what was answered arrives, once and in order.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { growHistory, historyLeft } from './history.ts';
import { type HubEnd, openHubEnd } from './hub-end.ts';
import { openSenders, type Senders, torturedSensors } from './senders.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const devices = 8;
const pauseMs = 40;
const defaultRounds = 20;
/** The smallest limit there is; the old alarms leave it some room for what is critical and new. */
const storeLimit = '64MiB';
const historyBytes = 60 * 2 ** 20;
const settleMs = 90_000;

interface Stage {
  readonly gateway: GatewayPeer;
  readonly broker: Mosquitto;
  readonly senders: Senders;
  readonly hub: HubEnd;
}

/** How long and how much. */
interface KillOptions extends Pick<TortureOptions, 'rounds' | 'tell'> {
  /** Answered alarms over all rounds, at least; the kills are spread over them. Default: as many as come. */
  readonly alarms?: number;
}

/**
 * The torture `kill`. In two of five rounds the broker is away, so that a backlog waits and is drained when it comes back; in the second half the
 * store is at its limit, so that each append makes it forget. Besides the verdict it tells how much was forgotten.
 */
export async function killTorture({ rounds = defaultRounds, alarms = 0, tell }: KillOptions): Promise<Ordeal> {
  const plan = { port: await freePort(), devices, pauseMs };
  await using broker = await openMosquitto({ persistence: true, quiet: true, config: ['max_queued_messages 0'] });
  await using hub = await openHubEnd(broker.url);
  await using gateway = await openGateway(async (folder) => ({
    uplink: { url: broker.url, retryMin: '100ms', retryMax: '1s' },
    store: { limit: storeLimit },
    sensors: await torturedSensors(folder, plan),
  }));
  const senders = openSenders(plan);
  const stage: Stage = { gateway, broker, senders, hub };
  const grown = await strike(stage, { rounds, alarms, tell });
  await senders.stop();
  await broker.start();
  await settle(stage);
  await gateway.stop('SIGKILL');
  const { delivered, ...verdict } = hub.tally.judge(senders);
  const forgotten = grown - historyLeft(join(gateway.folder, 'bongsu.db'));
  const isClean = Object.values(verdict).every((count) => count === 0);
  return { figures: { rounds, answered: senders.total, ...verdict, delivered, forgotten }, stood: isClean };
}

interface Strike {
  readonly rounds: number;
  readonly alarms: number;
  readonly tell: (text: string) => void;
}

/** All rounds; gives how many old alarms the store was filled with. Leaves the broker stopped and the gateway up. */
async function strike({ gateway, broker, senders, hub }: Stage, { rounds, alarms, tell }: Strike): Promise<number> {
  const store = join(gateway.folder, 'bongsu.db');
  // One round in five does not wait for pushes.
  const share = Math.max(devices, Math.ceil(alarms / Math.max(1, Math.floor(rounds * 0.8))));
  let grown = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (round % 5 === 2) await broker.stop();
    // In one round of five the blow may fall while the gateway still starts, in the others when it is at work.
    const seen = senders.total;
    if (round % 5 !== 3) await eventually('pushes between two kills', () => senders.total > seen + share || undefined, 60_000);
    // The broker comes back while the gateway is up, so that some kills fall into the drain of the backlog.
    if (round % 5 === 4) await broker.start();
    await sleep(Math.random() * 400);
    await gateway.stop('SIGKILL');
    if (round === Math.floor(rounds / 2)) {
      growHistory(store, historyBytes);
      grown = historyLeft(store);
    }
    await gateway.start({ ready: round === rounds - 1 });
    tell(`round ${round + 1}: ${senders.total} answered, ${hub.tally.received} delivered`);
  }
  await broker.stop();
  return grown;
}

/** Waits until all has arrived, or nothing more is to come. */
async function settle({ gateway, senders, hub }: Stage): Promise<void> {
  const deadline = Date.now() + settleMs;
  while (hub.tally.missing(senders).length > 0 && Date.now() < deadline) await sleep(250);
  // What else the gateway has to say, a second name for a known message for example, is heard too.
  await eventually('an empty outbox', async () => (await pendingOf(gateway)) === 0 || undefined, 30_000).catch(() => {});
  await sleep(500);
}

async function pendingOf(gateway: GatewayPeer): Promise<number> {
  const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
  return destinations.reduce((sum, { pending }) => sum + pending, 0);
}
