// The bandwidth story with fake rooms: how wide the line is on which route, what a stream is taken for, and who goes when it becomes narrower.
import { expect, it } from 'vitest';
import type { Preempted } from '#access';
import { openLog, systemRandom } from '#base';
import type { Config } from '#config';
import { streamsOptions } from '#streams/options';
import { uplinkOptions } from '#uplink/options';
import { type BandwidthDeps, openBandwidth } from '../../src/gateway/bandwidth.ts';
import { openFakeClock } from '../fakes/clock.ts';

const picture = { device: 'cam-1', channel: 1, quality: 'main' } as const;
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function openStory(uplink: object) {
  const clock = openFakeClock(1_700_000_000_000);
  const state = {
    uplink: { connected: true, route: 'direct' },
    surplus: [] as Preempted[],
    bytes: 0,
    readers: 0,
    kbps: 0,
    fails: false,
  };
  const cut: string[] = [];
  const path = () => ({ ...picture, state: 'ready', readers: 1, frames: 0, bytes: state.bytes });
  const deps = {
    access: { surplus: async () => (state.fails ? Promise.reject(new Error('the store is closed')) : state.surplus) },
    cameras: {
      profile: (id: string) => {
        if (id !== 'cam-1') throw new Error('no such camera');
        return { channels: [{ channel: { number: 1 }, profiles: { main: { kbps: state.kbps }, sub: { kbps: 512 } } }] };
      },
    },
    streams: { status: async () => ({ paths: [path()], sessions: Array.from({ length: state.readers }, () => ({ grant: 'g1' })) }) },
    uplink: () => state.uplink,
    preempt: async (preempted: readonly Preempted[], why: string) => {
      for (const { grant } of preempted) cut.push(`${grant}: ${why}`);
    },
  } as unknown as BandwidthDeps;
  const config = { uplink: uplinkOptions.parse(uplink), streams: streamsOptions.parse({}) } as unknown as Config;
  const { line, service } = openBandwidth(config, () => deps, { clock, random: systemRandom, log: openLog('silent') });
  const stop = new AbortController();
  const running = service.run(stop.signal);
  const watch = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await settle();
      clock.advance(5_000);
      await settle();
    }
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { state, line, cut, watch, end };
}

const routes = [
  { name: 'vpn', url: 'mqtt://10.8.0.1', bandwidth: '2Mbit' },
  { name: 'fibre', url: 'mqtt://10.9.0.1' },
];

it('is as wide as the route on which the session stands, less the share of the alarms', async () => {
  const { state, line, end } = openStory({ url: 'mqtt://hub', bandwidth: '10Mbit', alarmShare: 30, routes });
  expect(line.limit()).toBeCloseTo(7e6);
  state.uplink = { connected: true, route: 'vpn' };
  expect(line.limit()).toBeCloseTo(1.4e6);
  state.uplink = { connected: false, route: 'direct' };
  expect(line.limit()).toBeCloseTo(1.4e6);
  state.uplink = { connected: true, route: 'fibre' };
  expect(line.limit()).toBeUndefined();
  await end();
});

it('takes a stream for what was measured, else for what its camera says, else for the estimate', async () => {
  const { state, line, watch, end } = openStory({ url: 'mqtt://hub', bandwidth: '10Mbit' });
  expect(line.rateOf(picture)).toBe(4e6);
  expect(line.rateOf({ ...picture, device: 'cam-rtsp', quality: 'sub' })).toBe(1e6);
  expect(line.rateOf({ ...picture, quality: 'sub' })).toBe(512_000);
  state.kbps = 6000;
  expect(line.rateOf(picture)).toBe(6e6);
  expect(line.readersOf('g1')).toBe(0);
  state.readers = 3;
  await watch(1);
  state.bytes = 1_250_000;
  await watch(1);
  expect(line.rateOf(picture)).toBeCloseTo(2e6 * 1.05);
  expect([line.readersOf('g1'), line.readersOf('g2')]).toEqual([3, 0]);
  await end();
});

it('cuts who does not fit any more when that has lasted, and goes on when the store is away', async () => {
  const { state, cut, watch, end } = openStory({ url: 'mqtt://hub', bandwidth: '10Mbit' });
  state.surplus = [{ grant: 'g1', offer: undefined }];
  await watch(2);
  state.surplus = [];
  await watch(1);
  state.fails = true;
  await watch(1);
  state.fails = false;
  state.surplus = [{ grant: 'g2', offer: undefined }];
  await watch(2);
  expect(cut).toEqual([]);
  await watch(1);
  expect(cut).toEqual(['g2: the line is too narrow for it now']);
  await end();
});
