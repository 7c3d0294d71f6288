// A camera that goes and comes back while readers stay, and readers that come while it plays: what they see is one stream.
import { describe, expect, it } from 'vitest';
import { type Habits, openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const withSets = (sets: string): string =>
  `v=0\r\ns=-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=${sets}\r\n`;

describe('readers', () => {
  it('see one stream where the camera breaks off every twenty frames', async () => {
    await using camera = await openQuirkyCamera({ frames: 20 });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => camera.connections >= 3 && reader.packets.length > 50, 25_000);
    const seen = reader.packets;
    const steps = seen.slice(1).map(({ sequence }, at) => (sequence - (seen[at]?.sequence ?? 0)) & 0xffff);
    // This camera sends seven frames before its first key frame, which are passed over after a break; nothing else is missing.
    expect(new Set(steps)).toEqual(new Set([1, 8]));
    expect(seen.every(({ frame }, at) => at === 0 || frame > (seen[at - 1]?.frame ?? 0))).toBe(true);
    expect(new Set(seen.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(relay.events.filter(({ event }) => event === 'session-closed')).toEqual([]);
  });

  it('are sent away when the camera comes back with other parameter sets', async () => {
    const habits: { -readonly [Name in keyof Habits]: Habits[Name] } = { frames: 20, sdp: withSets('AAAA') };
    await using camera = await openQuirkyCamera(habits);
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    habits.sdp = withSets('BBBB');
    expect(await relay.until('session-closed')).toMatchObject({ grant: lease.grant, reason: 'source' });
    await reader.closed;
  });

  it('that come later begin with the key frame before, at once', async () => {
    await using camera = await openQuirkyCamera({ rate: 5 });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using first = await openRawReader(url);
    expect(await startPlaying(first, url)).toBe(200);
    await until(() => first.packets.length >= 5);
    using second = await openRawReader(url);
    expect(await startPlaying(second, url)).toBe(200);
    await until(() => second.packets.length > 0, 1_000);
    expect(second.packets[0]).toMatchObject({ isKey: true, sequence: first.packets[0]?.sequence });
    expect(second.packets.length).toBeGreaterThanOrEqual(5);
  });
});
