// The stages of the backlog's bench, each with brokers and a gateway of its own: alarms past the backlog, a drain, and the peer's drain.
import { setTimeout as sleep } from 'node:timers/promises';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import { bridgeable, openBridge } from './backlog-bridge.ts';
import { type Daemon, startDaemon } from './backlog-daemon.ts';
import { hubConfig, openHubCounter, rateOf } from './backlog-hub.ts';
import type { BenchOptions } from './bench.ts';
import { openDelayLine } from './delay-line.ts';
import { pace, percentile, round, steadyMs } from './measure.ts';
import { openTap } from './tap.ts';

/** Unanswered messages at most: of the gateway, of the hub, of the bridge. */
export const window = 128;
const oneWayMs = 15;
const alarmsPerSecond = 25;
/** The connection and the first claims are no part of what is measured. */
const settleMs = 2000;
/** A drain that goes on for longer is cut off; its rate is that of the time. */
const drainLimitMs = 90_000;
const lookEveryMs = 500;
/** The hub tells its count late. */
const lastLookMs = 5000;
/** A bridge full of messages takes its time to come back to its hub. */
const bridgeStartMs = 60_000;
const bridgeLimitMs = 45_000;

/** What each start of the gateway adds. */
export interface RunLog {
  readonly readyMs: number[];
  readonly rssMiB: number[];
  /** Entries that waited at the start. */
  readonly waiting: number[];
}

export function openRunLog(): RunLog {
  return { readyMs: [], rssMiB: [], waiting: [] };
}

async function start({ folder, tell }: BenchOptions, store: string, hubPort: number, log: RunLog): Promise<Daemon> {
  const daemon = await startDaemon({ folder, store, hubPort, window, hears: store === 'alarms' });
  const waiting = `${daemon.waiting.toLocaleString('en')} entries wait`;
  tell(`  ready after ${Math.round(daemon.readyMs)} ms with ${Math.round(daemon.peakRssMiB())} MiB, ${waiting}`);
  log.readyMs.push(daemon.readyMs);
  log.waiting.push(daemon.waiting);
  return daemon;
}

async function end(daemon: Daemon, { tell }: BenchOptions, log: RunLog): Promise<void> {
  const rssMiB = daemon.peakRssMiB();
  tell(`  largest memory of the gateway ${Math.round(rssMiB)} MiB`);
  log.rssMiB.push(rssMiB);
  await daemon.kill();
}

/** How long alarms took past the backlog, and what the backlog did meanwhile. */
export interface AlarmTimes {
  readonly roundTripMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly drainPerSecond: number;
}

/** Raises alarms while the store `alarms` drains over a line of 30 ms. Undefined: the Receive Maximum that Mosquitto has by itself. */
export async function measureAlarms(options: BenchOptions, receiveMaximum: number | undefined, log: RunLog): Promise<AlarmTimes> {
  const { tell, timeScale } = options;
  tell(`alarms past the backlog over a line of ${2 * oneWayMs} ms, Receive Maximum ${receiveMaximum ?? 'as Mosquitto has it'}`);
  await using broker = await openMosquitto({ config: hubConfig(receiveMaximum), quiet: true });
  await using line = await openDelayLine({ port: broker.port, delayMs: oneWayMs });
  const roundTripMs = await line.roundTripMs();
  await using counter = await openHubCounter(broker.url);
  await using tap = await openTap(broker.port, { topic: 'bongsu/v1/+/+/alarm/fall/+', key: 'message' });
  await using daemon = await start(options, 'alarms', line.port, log);
  await sleep(settleMs);
  const before = counter.samples.length;
  const raised = await raiseAlarms(daemon, 20_000 * timeScale);
  const samples = counter.samples.slice(before);
  const arrivals = await tap.arrivals(raised.length);
  const times = raised.map(({ message, startMs }) => (arrivals.get(message) ?? Number.NaN) - startMs);
  if (times.some(Number.isNaN)) throw new Error(`${times.filter(Number.isNaN).length} of ${times.length} alarms did not arrive`);
  if ((await daemon.pending()) === 0) throw new Error('the backlog was gone before the last alarm: there must be more rows');
  const figures = { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), drainPerSecond: Math.round(rateOf(samples)) };
  tell(`  ${times.length} alarms: p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms, beside ${figures.drainPerSecond} messages/s`);
  await end(daemon, options, log);
  return { roundTripMs, ...figures };
}

/** So many alarms a second, at moments that fall together with nothing. */
async function raiseAlarms(daemon: Daemon, ms: number): Promise<readonly { readonly message: string; readonly startMs: number }[]> {
  let raised = 0;
  return await pace(alarmsPerSecond, ms, async () => {
    raised += 1;
    const message = `${daemon.readyMs}-${raised}`;
    const severity = raised % 2 === 0 ? 'critical' : 'major';
    await sleep(Math.random() * (1000 / alarmsPerSecond));
    const startMs = steadyMs();
    await daemon.raise({ message, severity });
    return { message, startMs };
  });
}

/** What a drain came to. */
export interface Drained {
  readonly perSecond: number;
  /** Messages that the hub counted, and entries that still waited when it ended. */
  readonly arrived: number;
  readonly left: number;
  readonly payloadBytes: number;
}

/** Drains a store over loopback until nothing waits. Rejects when the outbox is empty and the hub does not have everything. */
export async function measureDrain(options: BenchOptions, store: string, log: RunLog): Promise<Drained> {
  const { tell } = options;
  tell(`drain of the ${store} over loopback`);
  await using broker = await openMosquitto({ config: hubConfig(window), quiet: true });
  await using counter = await openHubCounter(broker.url);
  await using daemon = await start(options, store, broker.port, log);
  const endMs = steadyMs() + drainLimitMs;
  let left = daemon.waiting;
  while (left > 0 && steadyMs() < endMs) {
    await sleep(lookEveryMs);
    left = await daemon.pending();
  }
  if (left === 0) await counter.reach(daemon.waiting, lastLookMs);
  const arrived = counter.messages;
  if (left === 0 && arrived < daemon.waiting) throw new Error(`the hub has ${arrived} of ${daemon.waiting} messages`);
  const perSecond = rateOf(counter.samples);
  const payloadBytes = Math.round(counter.meanPayloadBytes);
  tell(`  ${arrived.toLocaleString('en')} messages of ${payloadBytes} bytes, ${Math.round(perSecond)}/s, ${left} left`);
  await end(daemon, options, log);
  return { perSecond, arrived, left, payloadBytes };
}

/** Fills a bridge while its hub is away, and lets it drain. `messages`: fewer where memory forbids. */
export async function measureBridge({ folder, tell }: BenchOptions, messages: number, payloadBytes: number) {
  const count = bridgeable(messages);
  tell(`a Mosquitto bridge with ${count.toLocaleString('en')} messages of ${payloadBytes} bytes`);
  await using hub = await openMosquitto({ config: hubConfig(window), quiet: true });
  await hub.stop();
  await using bridge = await openBridge({ folder: `${folder}/bridge`, hubPort: hub.port, window, messages: count, payloadBytes });
  tell(`  full, ${Math.round(bridge.peakRssMiB())} MiB; drain`);
  await hub.start();
  await using counter = await openHubCounter(hub.url);
  await counter.reach(1, bridgeStartMs);
  await counter.reach(count, bridgeLimitMs);
  const perSecond = rateOf(counter.samples);
  tell(`  ${counter.messages.toLocaleString('en')} messages, ${Math.round(perSecond)}/s`);
  return {
    mosquittoBridgePerSecond: Math.round(perSecond),
    mosquittoBridgeMessages: count,
    mosquittoRssMiB: round(bridge.peakRssMiB(), 1),
  };
}
