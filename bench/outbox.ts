// The outbox's bench: how fast a report becomes durable, how fast what waits reaches a real Mosquitto, and how long an alarm takes to the hub's socket.
import { setTimeout as sleep } from 'node:timers/promises';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { flood, loopDelayP99, pace, percentile, round, steadyMs } from './measure.ts';
import { freshReport, openHubSession, openSite, pendingOf, type Site } from './site.ts';
import { openTap } from './tap.ts';

const meanings = {
  ...diskMeanings,
  ingestPerSecond: 'reports durably raised: 4,000 in flight, group commits of up to 1,000, synchronous=FULL',
  ingestRowsPerSecond:
    'the same in rows: a report leaves 5 (alarm, transition, occurrence key, outbox entry, ready mark), and moves 3 counters',
  ingestRatio: 'ingestPerSecond / plainSqlitePerSecond',
  commitIdleP50Ms: 'report() to its commit, one at a time, nothing else to do',
  commitIdleP99Ms: 'the same',
  alarmCommitP50Ms: 'report() to its commit, with 1,000 other reports/s beside it',
  alarmCommitP99Ms: 'the same',
  drainPerSecond: 'waiting entries sent singly (QoS 1, window 64), confirmed by Mosquitto on loopback and durably removed',
  reportToWireP50Ms:
    '200 alarms/s: report() to the bytes at a subscriber’s socket (own thread, QoS 0), through commit, outbox, uplink and Mosquitto',
  reportToWireP99Ms: 'the same',
  loopDelayP99Ms: 'delay of the main loop meanwhile, 1 ms histogram, less its idle baseline',
  loopDelayIdleP99Ms: 'that baseline: the session open, nothing to send',
} as const;

type Figure = keyof typeof meanings;
type Figures<Name extends Figure> = Readonly<Record<Name, number>>;

export const outboxBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    options.tell('the disk');
    const disk = diskFigures(options);
    await using site = await openSite(options.folder, 'ingest');
    options.tell('commits');
    const commits = await measureCommits(site, options);
    options.tell('ingest');
    const ingested = await flood(4000, 4000 * options.timeScale, () => site.alarms.report(freshReport()));
    const ingest = {
      ingestPerSecond: Math.round(ingested),
      ingestRowsPerSecond: Math.round(ingested * 5),
      ingestRatio: round(ingested / disk.plainSqlitePerSecond, 2),
    };
    options.tell('drain');
    const drain = await measureDrain(site, options);
    options.tell('report to wire');
    return { ...disk, ...ingest, ...commits, ...drain, ...(await measureWire(options)) };
  },
};

/** Milliseconds from each of a row of reports to its commit, some 300 a second. */
async function commitTimes({ alarms }: Site, ms: number): Promise<readonly number[]> {
  const times: number[] = [];
  const endMs = steadyMs() + ms;
  while (steadyMs() < endMs) {
    const startMs = steadyMs();
    await alarms.report(freshReport());
    times.push(steadyMs() - startMs);
    await sleep(2);
  }
  return times;
}

async function measureCommits(
  site: Site,
  { timeScale }: BenchOptions,
): Promise<Figures<'commitIdleP50Ms' | 'commitIdleP99Ms' | 'alarmCommitP50Ms' | 'alarmCommitP99Ms'>> {
  // The first calls compile the way.
  await commitTimes(site, 500 * timeScale);
  const idle = await commitTimes(site, 3000 * timeScale);
  const ms = 5000 * timeScale;
  const [beside] = await Promise.all([commitTimes(site, ms), pace(1000, ms, () => site.alarms.report(freshReport()))]);
  return {
    commitIdleP50Ms: percentile(idle, 0.5),
    commitIdleP99Ms: percentile(idle, 0.99),
    alarmCommitP50Ms: percentile(beside, 0.5),
    alarmCommitP99Ms: percentile(beside, 0.99),
  };
}

// Nagle's algorithm off on the broker's side too, else it holds small messages back until the last is acknowledged.
const brokerConfig = ['set_tcp_nodelay true', 'max_inflight_messages 128'];

/** Delivers what the site's outbox holds until nothing is left, or for 10 s. */
async function measureDrain(site: Site, { timeScale }: BenchOptions): Promise<Figures<'drainPerSecond'>> {
  await using broker = await openMosquitto({ config: brokerConfig, quiet: true });
  const before = await pendingOf(site.outbox);
  await using session = openHubSession(site, broker.url);
  await session.open;
  const startMs = steadyMs();
  let left = before;
  while (left > 0 && steadyMs() - startMs < 10_000 * timeScale) {
    await sleep(50);
    left = await pendingOf(site.outbox);
  }
  return { drainPerSecond: Math.round(((before - left) / (steadyMs() - startMs)) * 1000) };
}

async function measureWire({
  folder,
  timeScale,
}: BenchOptions): Promise<Figures<'reportToWireP50Ms' | 'reportToWireP99Ms' | 'loopDelayP99Ms' | 'loopDelayIdleP99Ms'>> {
  await using site = await openSite(folder, 'wire');
  await using broker = await openMosquitto({ config: brokerConfig, quiet: true });
  await using tap = await openTap(broker.port);
  await using session = openHubSession(site, broker.url);
  await session.open;
  const report = async (): Promise<{ alarmId: string | undefined; startMs: number }> => {
    const startMs = steadyMs();
    const { alarmId } = await site.alarms.report(freshReport());
    return { alarmId, startMs };
  };
  const warm = await pace(200, 1000 * timeScale, report);
  const idleDelay = await loopDelayP99(() => sleep(3000 * timeScale));
  const reported: Awaited<ReturnType<typeof report>>[] = [];
  const delay = await loopDelayP99(async () => reported.push(...(await pace(200, 8000 * timeScale, report))));
  const arrivals = await tap.arrivals(warm.length + reported.length);
  const times = reported.map(({ alarmId, startMs }) => (arrivals.get(alarmId ?? '') ?? Number.NaN) - startMs);
  if (times.some(Number.isNaN)) throw new Error(`${times.filter(Number.isNaN).length} of ${times.length} alarms did not arrive`);
  return {
    reportToWireP50Ms: percentile(times, 0.5),
    reportToWireP99Ms: percentile(times, 0.99),
    loopDelayP99Ms: round(Math.max(0, delay - idleDelay), 3),
    loopDelayIdleP99Ms: round(idleDelay, 3),
  };
}
