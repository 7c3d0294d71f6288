// Readers that take nothing beside readers that take everything: who stands still is counted and bounded, the others lose nothing.
import { expect, it } from 'vitest';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

it('stalled readers lose pictures, are bounded, and slow nobody', { timeout: 40_000 }, async () => {
  await using camera = await openQuirkyCamera({ packetBytes: 60_000, rate: 40 });
  await using relay = openRelay({ maxReaders: 20, readerBuffer: '512KiB' });
  const lease = makeLease(camera.url);
  await relay.streams.admit(leaseOf(lease));
  const url = relay.streams.address('stream', lease.token);
  const readers = await Promise.all(Array.from({ length: 12 }, () => openRawReader(url)));
  try {
    for (const reader of readers) expect(await startPlaying(reader, url)).toBe(200);
    const stalled = readers.slice(0, 3);
    const good = readers.slice(3);
    for (const { socket } of stalled) socket.pause();
    const before = (await relay.streams.status()).media.rssBytes;
    const isBehind = async (): Promise<boolean> =>
      (await relay.streams.status()).sessions.filter(({ dropped }) => dropped > 20).length >= 3;
    for (const endMs = performance.now() + 20_000; !(await isBehind()); await new Promise((resolve) => setTimeout(resolve, 200)))
      if (performance.now() > endMs) throw new Error('nobody fell behind');
    await until(() => good.every(({ packets }) => packets.length > 100));
    for (const { packets } of good) {
      const steps = packets.slice(1).map(({ sequence }, at) => (sequence - (packets[at]?.sequence ?? 0)) & 0xffff);
      expect(new Set(steps)).toEqual(new Set([1]));
    }
    const { sessions, media } = await relay.streams.status();
    expect(sessions.filter(({ dropped }) => dropped === 0).length).toBe(good.length);
    expect((media.rssBytes - before) / 2 ** 20).toBeLessThan(120);
    // One that takes again goes on with a key frame.
    const [again] = stalled;
    again?.socket.resume();
    const jumpsOf = () =>
      again?.packets.filter(({ sequence }, at, all) => at > 0 && ((sequence - (all[at - 1]?.sequence ?? 0)) & 0xffff) !== 1) ?? [];
    await until(() => jumpsOf().length > 0);
    const jumps = jumpsOf();
    expect(jumps.every(({ isKey }) => isKey)).toBe(true);
  } finally {
    for (const reader of readers) reader[Symbol.dispose]();
  }
});
