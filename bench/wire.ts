// How long an alarm takes from the driver's report to a subscriber's socket, and what the main loop feels of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { openMosquitto } from '../test/peers/mosquitto.ts';
import { loopDelayP99, pace, percentile, round, steadyMs } from './measure.ts';
import { freshReport, openHubSession, openSite } from './site.ts';
import { openTap } from './tap.ts';

/** Nagle's algorithm off on the broker's side too, else it holds small messages back until the last is acknowledged. */
export const brokerConfig = ['set_tcp_nodelay true', 'max_inflight_messages 128'];

/** 200 alarms a second through commit, outbox, uplink and a Mosquitto on loopback. */
export async function measureWire(folder: string, timeScale: number) {
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
