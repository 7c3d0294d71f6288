// The metrics: none is announced that never has a value, and counters of the rooms arrive as they are.
import { describe, expect, it } from 'vitest';
import { openLog, systemClock, systemRandom } from '#base';
import { conditionKinds } from '#model';
import { openMetrics } from '../../src/control/metrics.ts';
import type { Health } from '../../src/gateway/health.ts';
import { openCollector } from '../../src/gateway/metrics.ts';
import { openFakeClock } from '../fakes/clock.ts';

const noConditions = Object.fromEntries(Object.keys(conditionKinds).map((kind) => [kind, 0])) as Record<
  keyof typeof conditionKinds,
  number
>;
const picture = { device: 'cam-1', channel: 1, quality: 'main' } as const;
const session = { session: 's-1', grant: 'g-1', transport: 'tcp', peer: '10.0.0.9:5000', frames: 1, bytes: 2, seconds: 3 } as const;
const health: Health = {
  status: async () => ({
    version: '1',
    site: '52710',
    gateway: 'gw-1',
    bootId: 'b',
    time: 0,
    startedAt: 0,
    uplink: {
      connected: true,
      route: 'direct',
      address: '',
      attempts: 0,
      routes: [],
      commands: { accepted: 12, refused: 3, outcomesDropped: 1 },
    },
    cameras: { total: 3, online: 2 },
    sensors: { total: 2, silent: 1 },
    alarms: { open: 9 },
    conditions: [],
    outbox: {
      entries: 1,
      sizeBytes: 5,
      destinations: [{ destination: 'hub', pending: 1, pendingByClass: { alarm: 1 }, dead: 6, gaps: [] }],
    },
    store: { state: 'failing', reason: 'hung', since: 0, lastError: '', fsyncMs: 4, queued: 8 },
    grants: { open: 1 },
    streams: { relay: 'up', sources: 1, readers: 1 },
  }),
  tallies: async () => ({
    alarms: { open: 4, openTest: 5, conditions: 2, raised: 30, updated: 20, cleared: 10, duplicates: 7, withheld: 0 },
    conditions: { ...noConditions, 'camera-lost': 2 },
    commands: { accepted: 12, refused: 3, outcomesDropped: 1 },
    events: { breaks: 3, unheardMs: 187_500, understood: 41, unknown: 2 },
    storeFailures: { hung: 2, full: 0, io: 1 },
    pictures: {
      paths: [
        { ...picture, state: 'ready', codec: 'h264', readers: 3, frames: 300, bytes: 9e6, lost: 4, firstFrameMs: 250 },
        { ...picture, device: 'cam-2', state: 'idle', readers: 0, frames: 1, bytes: 1, lost: 0 },
      ],
      sessions: [
        { ...picture, ...session, dropped: 5 },
        { ...picture, ...session, session: 's-2', transport: 'udp', dropped: 2, lossRatio: 0.25, jitterMs: 12 },
      ],
    },
  }),
  counts: async () => ({}),
};
const line = () => ({ limit: 8e6, taken: 4e6 });
const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };

describe('the metrics', () => {
  it('have a value for every name', async () => {
    const metrics = openMetrics(openCollector(health, line, env));
    // Rates are of the time between two scrapes.
    await metrics.text();
    await systemClock.sleep(2);
    const text = await metrics.text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text))).toEqual([]);
  });

  it('say what the rooms count', async () => {
    const lines = (await openMetrics(openCollector(health, line, env)).text()).split('\n');
    for (const line of [
      'bongsu_alarms_open 4',
      'bongsu_alarm_steps_total{step="raised"} 30',
      'bongsu_alarm_steps_total{step="cleared"} 10',
      'bongsu_conditions_open{kind="camera-lost"} 2',
      'bongsu_conditions_open{kind="disk-low"} 0',
      'bongsu_commands_total{result="accepted"} 12',
      'bongsu_commands_total{result="refused"} 3',
      'bongsu_camera_breaks_total 3',
      'bongsu_camera_unheard_seconds_total 187.5',
      'bongsu_camera_messages_total{understood="no"} 2',
      'bongsu_outbox_dead{destination="hub"} 6',
      'bongsu_store_failing 1',
      'bongsu_store_failures_total{reason="hung"} 2',
      'bongsu_store_commit_seconds 0.004',
      'bongsu_store_queued 8',
      'bongsu_relay_state{state="up"} 1',
      'bongsu_relay_state{state="silent"} 0',
      'bongsu_stream_sessions{transport="udp"} 1',
      'bongsu_stream_path_info{device="cam-1",channel="1",quality="main",state="ready",codec="h264"} 1',
      'bongsu_stream_path_readers{device="cam-1",channel="1",quality="main"} 2',
    ])
      expect(lines).toContain(line);
  });

  it('say the rate since the scrape before', async () => {
    const clock = openFakeClock(0);
    let bytes = 1e6;
    const flowing: Health = {
      ...health,
      tallies: async () => {
        const tallies = await health.tallies();
        const path = { ...picture, state: 'ready', readers: 1, frames: 1, bytes, lost: 0 } as const;
        return { ...tallies, pictures: { paths: [path], sessions: [{ ...picture, ...session, bytes: bytes / 2, dropped: 0 }] } };
      },
    };
    const metrics = openMetrics(openCollector(flowing, line, { ...env, clock }));
    expect(await metrics.text()).not.toMatch(/^bongsu_stream_path_bits_per_second\{/m);
    clock.advance(10_000);
    bytes = 6e6;
    const text = await metrics.text();
    expect(text).toContain('bongsu_stream_path_bits_per_second{device="cam-1",channel="1",quality="main"} 4000000');
    expect(text).toContain('bongsu_stream_path_sent_bits_per_second{device="cam-1",channel="1",quality="main"} 2000000');
  });
});
