// How long a critical alarm waits for its commit: alone, beside ordinary traffic and beside a flood.
import { setTimeout as sleep } from 'node:timers/promises';
import { pace, percentile, steadyMs } from './measure.ts';
import { freshReport, type Site } from './site.ts';

/** Reports of minor alarms a second that go beside. */
export const besidePerSecond = 1000;

/** Milliseconds from each of a row of critical alarms to its commit, some 300 a second. */
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

/** Commits with `perSecond` other reports a second beside them, milliseconds. */
async function timesBeside(site: Site, perSecond: number, ms: number): Promise<readonly number[]> {
  const [times] = await Promise.all([commitTimes(site, ms), pace(perSecond, ms, () => site.alarms.report(freshReport('hydrant-parking')))]);
  return times;
}

/** Commits alone and with `besidePerSecond` others, milliseconds. */
export async function measureCommits(site: Site, timeScale: number) {
  // The first calls compile the way.
  await commitTimes(site, 500 * timeScale);
  const idle = await commitTimes(site, 3000 * timeScale);
  const beside = await timesBeside(site, besidePerSecond, 5000 * timeScale);
  return {
    commitIdleP50Ms: percentile(idle, 0.5),
    commitIdleP99Ms: percentile(idle, 0.99),
    alarmCommitP50Ms: percentile(beside, 0.5),
    alarmCommitP99Ms: percentile(beside, 0.99),
  };
}

/** Commits with so many others beside them that these alone change 50,000 rows a second. */
export async function measureBusyCommits(site: Site, rowsPerReport: number, timeScale: number) {
  const perSecond = Math.round(50_000 / rowsPerReport);
  const busy = await timesBeside(site, perSecond, 5000 * timeScale);
  return { alarmCommitBusyP50Ms: percentile(busy, 0.5), alarmCommitBusyP99Ms: percentile(busy, 0.99) };
}
