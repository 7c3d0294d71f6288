// The stage of one scenario of the torture `hub`: a gateway with busy senders, some trouble, and the look at what came of it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { deadLetters } from './history.ts';
import { openSenders, type Senders, torturedSensors } from './senders.ts';
import type { Tally, Verdict } from './tally.ts';

/** What a scenario puts on. */
export interface Scene {
  /** The `uplink` section: where the broker is. The rest is the default, unless the scenario says why not. */
  readonly uplink: Readonly<Record<string, unknown>>;
  /** What arrives at the hub. */
  readonly tally: Tally;
  /** Characters of each note of the longer messages; default none. */
  readonly noteLength?: number;
  /** The trouble; ends at the moment the hub can be reached again. */
  trouble(stage: Stage): Promise<void>;
}

/** What the trouble may look at. */
export interface Stage {
  readonly gateway: GatewayPeer;
  readonly senders: Senders;
}

/** What came of a scenario. */
export interface SceneFigures extends Verdict {
  readonly answered: number;
  /** Refused by the hub for good, and kept as dead letters for a person: neither lost nor delivered. */
  readonly keptForPerson: number;
  /** From the hub's return to the first message that arrives, seconds. */
  readonly backSeconds: number;
  /** From the hub's return until all that was answered has arrived, seconds. */
  readonly drainedSeconds: number;
  /** Largest resident memory of the gateway, MiB (VmHWM). */
  readonly rssPeakMiB: number;
}

const devices = 4;
const pauseMs = 40;
/** How long the senders go on after the hub's return. */
const afterwardsMs = 3000;
const backLimitMs = 120_000;
/** Ten minutes' worth at 100 a second: two cores that everything shares are no measure of the gateway. */
const drainLimitMs = 600_000;
/** To ask the gateway takes a process and half a second of a core, which the gateway needs as well. */
const askEveryMs = 2000;

/** Plays a scene and counts. Rejects when the gateway cannot be started or no message arrives before the trouble. */
export async function play(scene: Scene): Promise<SceneFigures> {
  const { tally } = scene;
  const plan = { port: await freePort(), devices, pauseMs, noteLength: scene.noteLength ?? 0 };
  await using gateway = await openGateway(async (folder) => ({ uplink: scene.uplink, sensors: await torturedSensors(folder, plan) }));
  const senders = openSenders(plan);
  await eventually('the first messages', () => tally.received > devices * 2 || undefined, 60_000);
  await scene.trouble({ gateway, senders });
  const returned = Date.now();
  const seen = tally.received;
  while (tally.received === seen && Date.now() - returned < backLimitMs) await sleep(20);
  const back = Date.now() - returned;
  await sleep(afterwardsMs);
  await senders.stop();
  await settle({ gateway, senders }, tally);
  const drained = Date.now() - returned;
  const rssPeakMiB = await peakMemory(gateway.pid);
  await gateway.stop('SIGKILL');
  const kept = deadLetters(join(gateway.folder, 'bongsu.db'));
  const figures = {
    answered: senders.total,
    keptForPerson: kept.size,
    backSeconds: back / 1000,
    drainedSeconds: drained / 1000,
    rssPeakMiB,
  };
  return { ...tally.judge(senders, kept), ...figures };
}

/** Waits until all has arrived, or the outbox has nothing more to send. */
async function settle({ gateway, senders }: Stage, tally: Tally): Promise<void> {
  const deadline = Date.now() + drainLimitMs;
  while (tally.missing(senders).length > 0 && Date.now() < deadline) {
    if ((await pendingOf(gateway)) === 0) break;
    await sleep(askEveryMs);
  }
  await sleep(500);
}

async function pendingOf(gateway: GatewayPeer): Promise<number> {
  const { destinations } = (await gateway.query('outbox', 'status')) as { destinations: { pending: number }[] };
  return destinations.reduce((sum, { pending }) => sum + pending, 0);
}

/** Waits until `count` more messages wait at the gateway than at first. */
export async function backlog({ senders }: Stage, count: number): Promise<void> {
  const before = senders.total;
  await eventually('a backlog', () => senders.total >= before + count || undefined, 60_000);
}

async function peakMemory(pid: number): Promise<number> {
  const kib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return Math.round(kib / 1024);
}
