// Readers that take nothing beside readers that take everything: who stands still is counted and bounded, the others lose nothing.

import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileLoad, startCameras, startReaders } from '../../bench/relay-load.ts';
import { until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';
import { readHttpFlv } from './ways.ts';

const feed = { bytesPerSecond: 500_000, chunkBytes: 6_144, gopMs: 1_000 };
/** So fast that the kernel's buffers are soon full. */
const fastFeed = { bytesPerSecond: 2_000_000, chunkBytes: 32_768, gopMs: 500 };
const [all, stalled] = [100, 10];

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-slow-'));
  compileLoad(folder);
});
afterAll(() => rm(folder, { recursive: true }));

it('of 100 readers of one camera 10 stand still: the other 90 lose nothing, and the memory stays where it was', {
  timeout: 60_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const cameras = stack.use(await startCameras(folder, feed));
  const relay = stack.use(openRelay({ maxReaders: all, readerBuffer: '1MiB' }));
  const lease = makeLease(`rtsp://127.0.0.1:${cameras.port}/1`);
  await relay.streams.admit(leaseOf(lease));
  const url = relay.streams.address('stream', lease.token);
  const urls = Array.from({ length: all }, (_, at) => (at < stalled ? `!${url}` : url));
  const readers = stack.use(await startReaders(folder, urls));
  const before = (await relay.streams.status()).media.rssBytes;
  const behind = async () => (await relay.streams.status()).sessions.filter(({ dropped }) => dropped > 20);
  for (const endMs = performance.now() + 30_000; (await behind()).length < stalled; await sleep(200))
    if (performance.now() > endMs) throw new Error('nobody fell behind');
  const { playing, gone, packets, lost, disordered } = await readers.report();
  expect({ playing, gone, lost, disordered }).toEqual({ playing: all, gone: 0, lost: 0, disordered: 0 });
  expect(packets).toBeGreaterThan(90 * 100);
  const { sessions, media, paths } = await relay.streams.status();
  expect(sessions.filter(({ dropped }) => dropped === 0)).toHaveLength(all - stalled);
  expect(paths).toMatchObject([{ readers: all, lost: 0 }]);
  // What waits is the same pictures for all of them: one buffer, not ten.
  expect((media.rssBytes - before) / 2 ** 20).toBeLessThan(40);
});

it('a reader of FLV that stands still loses pictures, is bounded, and slows nobody', { timeout: 60_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const cameras = stack.use(await startCameras(folder, fastFeed));
  const relay = stack.use(openRelay({ readerBuffer: '512KiB' }));
  const lease = makeLease(`rtsp://127.0.0.1:${cameras.port}/1`, { protocol: 'http-flv' });
  await relay.streams.admit(leaseOf(lease));
  const url = relay.streams.address('stream', lease.token, 'http-flv');
  const good = stack.use(readHttpFlv(url));
  const still = get(url, (response) => response.pause()).on('error', () => {});
  stack.defer(() => void still.destroy());
  await until(() => good.flows, 30_000);
  const before = (await relay.streams.status()).media.rssBytes;
  const dropped = async () => (await relay.streams.status()).sessions.map((session) => session.dropped).toSorted((a, b) => a - b);
  for (const endMs = performance.now() + 30_000; ((await dropped())[1] ?? 0) < 50; await sleep(200))
    if (performance.now() > endMs) throw new Error('nobody fell behind');
  expect((await dropped())[0]).toBe(0);
  expect(((await relay.streams.status()).media.rssBytes - before) / 2 ** 20).toBeLessThan(64);
});
