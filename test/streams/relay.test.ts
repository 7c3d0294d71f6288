// The relay on real parts: GStreamer as the camera, ffmpeg and ffprobe as readers, the media process as it runs in the product.
import { describe, expect, it, vi } from 'vitest';
import { probeTracks, startReading } from '../peers/ffmpeg-reader.ts';
import { openGstCamera } from '../peers/rtsp-camera.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const user = 'relay-user';
const password = 'Tr1cky "pass"&%@:/';

describe('the relay', () => {
  it.each(['h264', 'h265'] as const)('passes %s pictures without error and no sound, from a camera that wants Digest', async (codec) => {
    await using camera = await openGstCamera({ codec, user, password });
    await using relay = openRelay();
    const lease = makeLease(camera.url, { source: { url: camera.url, user, password } });
    await relay.streams.admit(leaseOf(lease));
    expect(camera.opened).toBe(0);

    const url = relay.streams.address('stream', lease.token);
    expect(await probeTracks(url)).toEqual([codec === 'h264' ? 'video h264' : 'video hevc']);
    const decoded = await startReading(url, 75).done;
    expect(decoded).toMatchObject({ frames: 75, complaints: '', exitCode: 0 });
    expect(new Set(camera.setUp)).toEqual(new Set(['video']));

    await camera.untilClients(0, 5_000);
    const closed = await relay.until('session-closed', (event) => (event.frames ?? 0) >= 50);
    expect(closed).toMatchObject({ grant: lease.grant, reason: 'reader' });
    expect(closed.seconds).toBeGreaterThan(1);
    await relay.until('source-closed');
    expect(JSON.stringify(relay.events)).not.toContain('Tr1cky');
  });

  it('opens one connection to the camera for all readers, also with Basic', async () => {
    await using camera = await openGstCamera({ codec: 'h264', user, password: 'plain', auth: 'basic' });
    await using relay = openRelay({ allowBasic: true });
    const source = { url: camera.url, user, password: 'plain' };
    const leases = [makeLease(camera.url, { source }), makeLease(camera.url, { source })];
    for (const lease of leases) await relay.streams.admit(leaseOf(lease));
    const readings = leases.flatMap(({ token }) => [1, 2].map(() => startReading(relay.streams.address('stream', token), 60)));
    for (const reading of readings) expect(await reading.done).toMatchObject({ frames: 60, complaints: '' });
    expect(camera.opened).toBe(1);
  });

  it('tells its readers apart by their figures, and cuts one of them alone', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const [gone, stays] = [1, 2].map(() => startReading(relay.streams.address('stream', lease.token), 60));
    for (const reading of [gone, stays]) await vi.waitFor(() => expect(reading?.frames).toBeGreaterThan(5), 10_000);
    const { paths, sessions } = await relay.streams.status();
    expect(paths).toMatchObject([{ codec: 'h264', size: { width: expect.any(Number) }, lost: 0, firstFrameMs: expect.any(Number) }]);
    expect(sessions).toMatchObject([{ firstFrameMs: expect.any(Number) }, { firstFrameMs: expect.any(Number) }]);
    const [first] = sessions;
    expect([await relay.streams.cut(first?.session ?? ''), await relay.streams.cut(first?.session ?? '')]).toEqual([true, false]);
    expect(await relay.until('session-closed')).toMatchObject({ session: first?.session, reason: 'revoked' });
    const ends = await Promise.all([gone?.done, stays?.done]);
    expect(ends.filter((end) => end?.frames === 60)).toHaveLength(1);
  });

  it('cuts at the end of the lease, within a second', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay();
    const lease = makeLease(camera.url, { remainingMs: 4_000 });
    const admittedAt = performance.now();
    await relay.streams.admit(leaseOf(lease));
    const reading = startReading(relay.streams.address('stream', lease.token), 10_000);
    await relay.until('session-opened');
    const decoded = await reading.done;
    const lastedMs = performance.now() - admittedAt;
    expect(decoded.frames).toBeGreaterThan(20);
    expect(lastedMs).toBeGreaterThan(3_900);
    expect(lastedMs).toBeLessThan(5_000);
    expect(await relay.until('session-closed')).toMatchObject({ reason: 'expired' });
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'expired' });
    await expect(probeTracks(relay.streams.address('stream', lease.token))).rejects.toThrow(/404/);
  });

  it('cuts at revocation, and an extension moves the end', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay();
    const lease = makeLease(camera.url, { remainingMs: 3_000 });
    await relay.streams.admit(leaseOf(lease));
    const reading = startReading(relay.streams.address('stream', lease.token), 10_000);
    await relay.until('session-opened');
    await relay.streams.extend(lease.grant, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(relay.events.filter((event) => event.event === 'session-closed')).toEqual([]);
    const { sessions } = await relay.streams.status();
    expect(sessions).toMatchObject([{ grant: lease.grant, device: 'cam-1', dropped: 0 }]);

    const revokedAt = performance.now();
    await relay.streams.revoke(lease.grant);
    await reading.done;
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
    expect(await relay.until('session-closed')).toMatchObject({ reason: 'revoked' });
    await expect(relay.streams.extend(lease.grant, 1_000)).rejects.toMatchObject({ code: 'streams.unknown-grant' });
  });

  it('serves the same address again within 5 s after the media process was killed', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const address = relay.streams.address('stream', lease.token);
    const reading = startReading(address, 10_000);
    await relay.until('session-opened');

    const { media } = await relay.streams.status();
    process.kill(media.pid ?? 0, 'SIGKILL');
    const killedAt = performance.now();
    await reading.done;
    expect(await relay.until('session-closed')).toMatchObject({ grant: lease.grant, reason: 'crash' });
    expect(await relay.until('media-down')).toMatchObject({ reason: 'SIGKILL' });
    let frames = 0;
    while (frames === 0 && performance.now() - killedAt < 10_000) frames = (await startReading(address, 1).done).frames;
    expect(performance.now() - killedAt).toBeLessThan(5_000);
    expect(relay.streams.address('stream', lease.token)).toBe(address);
    expect((await relay.streams.status()).media).toMatchObject({ state: 'up', restarts: 1 });
  });

  it('ends with its parent', async () => {
    const relay = openRelay();
    await relay.streams.admit(leaseOf(makeLease('rtsp://127.0.0.1:1/none')));
    const { media } = await relay.streams.status();
    await relay[Symbol.asyncDispose]();
    expect(() => process.kill(media.pid ?? 0, 0)).toThrow(/ESRCH/);
  });
});
