// The outbox's bench: how fast what comes in becomes durable, how fast what waits reaches a real Mosquitto, and how long an alarm takes to the hub's socket.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import { openEar } from './backlog-hub.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { besidePerSecond, measureBusyCommits, measureCommits } from './commits.ts';
import { diskFigures, diskMeanings } from './disk.ts';
import { measureReadings, measureReports } from './ingest.ts';
import { round, steadyMs } from './measure.ts';
import { openHubSession, openSite, pendingOf, type Site } from './site.ts';
import { measureSlowDisk } from './slow-disk.ts';
import { brokerConfig, measureWire } from './wire.ts';

const meanings = {
  ...diskMeanings,
  ingestPerSecond:
    'readings durably recorded (5,000 sensors, five kinds, 20,000 in flight): gathered into batches of up to 500, group commits, synchronous=FULL',
  reportsPerSecond: 'reports of alarms durably raised: 4,000 in flight, group commits of up to 1,000, synchronous=FULL',
  rowsPerReport: 'rows that each of them left in the tables, counted; counters are moved beside',
  reportRowsPerSecond: 'reportsPerSecond × rowsPerReport',
  reportsRatio: 'reportsPerSecond / plainSqlitePerSecond',
  commitIdleP50Ms: 'report() of a critical alarm to its commit, one at a time, nothing else to do',
  commitIdleP99Ms: 'the same',
  alarmCommitP50Ms: `the same, with ${besidePerSecond} minor alarms/s beside it`,
  alarmCommitP99Ms: 'the same',
  alarmCommitBusyP50Ms: 'the same, with so many minor alarms beside it that these leave 50,000 rows/s',
  alarmCommitBusyP99Ms: 'the same',
  drainPerSecond: 'waiting entries sent singly (QoS 1, window 64), confirmed by Mosquitto on loopback and durably removed',
  reportToWireP50Ms:
    '200 alarms/s: report() to the bytes at a subscriber’s socket (own thread, QoS 0), through commit, outbox, uplink and Mosquitto',
  reportToWireP99Ms: 'the same',
  loopDelayP99Ms: 'delay of the main loop meanwhile, 1 ms histogram, less its idle baseline',
  loopDelayIdleP99Ms: 'that baseline: the session open, nothing to send',
  slowDisk: 'the same figures in a process whose every flush is held up by 10 ms',
} as const;

type Figure = keyof typeof meanings;

export const outboxBench: Bench<Figure> = {
  figures: meanings,
  async run(options) {
    const { folder, timeScale, tell } = options;
    tell('the disk');
    const disk = diskFigures(options);
    await using site = await openSite(folder, 'ingest');
    tell('commits');
    const commits = await measureCommits(site, timeScale);
    tell('ingest of alarms');
    const reports = await measureReports(site, join(folder, 'ingest.db'), timeScale);
    tell('drain');
    const drain = await measureDrain(site, options);
    tell('commits beside a flood');
    const busy = await measureBusyCommits(site, reports.rowsPerReport, timeScale);
    tell('ingest of readings');
    const readings = await measureReadings(site, timeScale);
    tell('report to wire');
    const wire = await measureWire(folder, timeScale);
    tell('the same on a slow disk');
    return {
      ...disk,
      ...readings,
      ...reports,
      reportRowsPerSecond: Math.round(reports.reportsPerSecond * reports.rowsPerReport),
      reportsRatio: round(reports.reportsPerSecond / disk.plainSqlitePerSecond, 2),
      ...commits,
      ...busy,
      ...drain,
      ...wire,
      slowDisk: await measureSlowDisk(folder, timeScale),
    };
  },
};

/** Delivers what the site's outbox holds until nothing is left, or for 10 s. */
async function measureDrain(site: Site, { timeScale }: BenchOptions): Promise<{ readonly drainPerSecond: number }> {
  await using broker = await openMosquitto({ config: brokerConfig, quiet: true });
  const ear = await openEar(broker.port);
  const before = await pendingOf(site.outbox);
  await using session = openHubSession(site, broker.url);
  await session.open;
  const startMs = steadyMs();
  let left = before;
  while (left > 0 && steadyMs() - startMs < 10_000 * timeScale) {
    await sleep(50);
    left = await pendingOf(site.outbox);
  }
  ear.destroy();
  return { drainPerSecond: Math.round(((before - left) / (steadyMs() - startMs)) * 1000) };
}
