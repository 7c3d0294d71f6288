// The metrics: none is announced that never has a value, and counters of the rooms arrive as they are.
import { describe, expect, it } from 'vitest';
import { openLog, systemClock, systemRandom } from '#base';
import { conditionKinds } from '#model';
import { openMetrics } from '../../src/control/metrics.ts';
import type { Health } from '../../src/gateway/health.ts';
import { collectMetrics } from '../../src/gateway/metrics.ts';

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
    streams: { running: true, sources: 1, readers: 1 },
  }),
  tallies: async () => ({
    alarms: { open: 4, openTest: 5, conditions: 2, raised: 30, updated: 20, cleared: 10, duplicates: 7, withheld: 0 },
    conditions: { ...noConditions, 'camera-lost': 2 },
    commands: { accepted: 12, refused: 3, outcomesDropped: 1 },
    events: { breaks: 3, unheardMs: 187_500, understood: 41, unknown: 2 },
    storeFailures: { hung: 2, full: 0, io: 1 },
    pictures: {
      paths: [
        { ...picture, state: 'ready', readers: 2, frames: 300, bytes: 9e6, lost: 4, firstFrameMs: 250 },
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
const env = { clock: systemClock, random: systemRandom, log: openLog('silent') };

describe('the metrics', () => {
  it('have a value for every name', async () => {
    const text = await openMetrics(() => collectMetrics(health, { limit: 8e6, taken: 4e6 }, env)).text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text))).toEqual([]);
  });

  it('say what the rooms count', async () => {
    const lines = (await openMetrics(() => collectMetrics(health, { limit: 8e6, taken: 4e6 }, env)).text()).split('\n');
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
    ])
      expect(lines).toContain(line);
  });
});
