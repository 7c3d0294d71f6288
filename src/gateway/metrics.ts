// The metrics' story: the gateway's status as samples, at each scrape.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LineUse } from '#access';
import type { Env } from '#base';
import type { MetricSample } from '#control';
import type { Health } from './health.ts';
import { openPictureSamples, type PictureSamples } from './picture-metrics.ts';

/** The loop is woken so often to be measured, milliseconds: each millisecond took 1.5 % of a core of a gateway that does nothing. */
const loopEveryMs = 20;
const loop = monitorEventLoopDelay({ resolution: loopEveryMs });
loop.enable();

/** Opens the collector; each call of it counts everything that can be counted now. Rates are of the time between two calls. */
export function openCollector(health: Health, line: () => LineUse, env: Env): () => Promise<readonly MetricSample[]> {
  const pictures = openPictureSamples(env.clock);
  return () => collect(health, line(), pictures, env);
}

async function collect(health: Health, line: LineUse, pictures: PictureSamples, env: Env): Promise<readonly MetricSample[]> {
  const [status, tallies] = await Promise.all([health.status(), health.tallies()]);
  const { alarms, conditions, commands, events, storeFailures } = tallies;
  const { version, site, gateway } = status;
  // What is recorded is the time from one waking to the next.
  const loopDelay = Math.max(0, loop.percentile(99) / 1e9 - loopEveryMs / 1000);
  loop.reset();
  return [
    { name: 'bongsu_info', value: 1, labels: { version, site, gateway } },
    { name: 'bongsu_up_seconds', value: (env.clock.now() - status.startedAt) / 1000 },
    { name: 'bongsu_uplink_connected', value: status.uplink.connected ? 1 : 0 },
    { name: 'bongsu_cameras', value: status.cameras.online, labels: { state: 'online' } },
    { name: 'bongsu_cameras', value: status.cameras.total - status.cameras.online, labels: { state: 'not-online' } },
    { name: 'bongsu_camera_breaks_total', value: events.breaks },
    { name: 'bongsu_camera_unheard_seconds_total', value: events.unheardMs / 1000 },
    { name: 'bongsu_camera_messages_total', value: events.understood, labels: { understood: 'yes' } },
    { name: 'bongsu_camera_messages_total', value: events.unknown, labels: { understood: 'no' } },
    { name: 'bongsu_sensors', value: status.sensors.silent, labels: { state: 'silent' } },
    { name: 'bongsu_sensors', value: status.sensors.total - status.sensors.silent, labels: { state: 'heard' } },
    { name: 'bongsu_alarms_open', value: alarms.open },
    ...(['raised', 'updated', 'cleared'] as const).map(
      (step): MetricSample => ({ name: 'bongsu_alarm_steps_total', value: alarms[step], labels: { step } }),
    ),
    ...Object.entries(conditions).map(([kind, value]): MetricSample => ({ name: 'bongsu_conditions_open', value, labels: { kind } })),
    { name: 'bongsu_commands_total', value: commands.accepted, labels: { result: 'accepted' } },
    { name: 'bongsu_commands_total', value: commands.refused, labels: { result: 'refused' } },
    ...status.outbox.destinations.flatMap(({ destination, pendingByClass, oldestRecordedTime, dead }): MetricSample[] => [
      ...Object.entries(pendingByClass).map(
        ([name, value]): MetricSample => ({ name: 'bongsu_outbox_pending', value, labels: { destination, class: name } }),
      ),
      {
        name: 'bongsu_outbox_oldest_seconds',
        value: oldestRecordedTime === undefined ? 0 : (env.clock.now() - oldestRecordedTime) / 1000,
        labels: { destination },
      },
      { name: 'bongsu_outbox_dead', value: dead, labels: { destination } },
    ]),
    { name: 'bongsu_outbox_bytes', value: status.outbox.sizeBytes },
    { name: 'bongsu_store_failing', value: status.store.state === 'failing' ? 1 : 0 },
    ...Object.entries(storeFailures).map(
      ([reason, value]): MetricSample => ({ name: 'bongsu_store_failures_total', value, labels: { reason } }),
    ),
    { name: 'bongsu_store_commit_seconds', value: status.store.fsyncMs / 1000 },
    { name: 'bongsu_store_queued', value: status.store.queued },
    { name: 'bongsu_grants_open', value: status.grants.open },
    { name: 'bongsu_stream_readers', value: status.streams.readers },
    { name: 'bongsu_stream_sources', value: status.streams.sources },
    ...(line.limit === undefined ? [] : [{ name: 'bongsu_line_bits_per_second' as const, value: line.limit, labels: { part: 'limit' } }]),
    { name: 'bongsu_line_bits_per_second', value: line.taken, labels: { part: 'taken' } },
    { name: 'bongsu_memory_bytes', value: process.memoryUsage.rss() },
    { name: 'bongsu_loop_delay_seconds', value: loopDelay },
    ...(['up', 'silent', 'down'] as const).map(
      (state): MetricSample => ({ name: 'bongsu_relay_state', value: status.streams.relay === state ? 1 : 0, labels: { state } }),
    ),
    ...pictures(tallies.pictures),
  ];
}
