// Several media processes: a camera is always in the same one, and what happens to another does not touch its readers.
import { describe, expect, it, vi } from 'vitest';
import { startReading } from '../peers/ffmpeg-reader.ts';
import { freePort } from '../peers/gateway.ts';
import { openGstCamera } from '../peers/rtsp-camera.ts';
import { leaseOf, makeLease, openRelay, type Relay } from './site.ts';

/** Two processes, the second ten ports on, and eight cameras behind one address. */
async function openTwo(url: string) {
  const [rtsp, http] = [await freePort(), await freePort()];
  const relay = openRelay({
    processes: 2,
    rtsp: { host: '127.0.0.1', port: rtsp, udpPort: 0 },
    http: { host: '127.0.0.1', port: http },
  });
  const leases = Array.from({ length: 8 }, (_, index) => makeLease(url, { device: `cam-${index}` }));
  for (const lease of leases) await relay.streams.admit(leaseOf(lease));
  return { relay, leases, rtsp, http };
}

function addressOf(relay: Relay, { token }: { readonly token: string }): string {
  return relay.streams.address('stream', token);
}

describe('two media processes', () => {
  it('share the cameras; the one that dies takes no other reader with it, and comes back at its own address', async () => {
    await using camera = await openGstCamera({ codec: 'h264' });
    const { relay, leases, rtsp } = await openTwo(camera.url);
    await using _relay = relay;
    const at = (port: number) => leases.find((lease) => new URL(addressOf(relay, lease)).port === String(port));
    const [one, other] = [at(rtsp), at(rtsp + 10)];
    if (!one || !other) return expect.fail('all cameras are in one process');

    const stays = startReading(addressOf(relay, one), 150);
    const falls = startReading(addressOf(relay, other), 10_000);
    for (const reading of [stays, falls]) await vi.waitFor(() => expect(reading.frames).toBeGreaterThan(5), 15_000);
    const { paths, sessions, media, leases: count } = await relay.streams.status();
    expect([paths.length, sessions.length, media.state, count]).toEqual([2, 2, 'up', 8]);

    const { pid } = await relay.until('media-up', ({ process: which }) => which === 1);
    process.kill(pid, 'SIGKILL');
    expect(await relay.until('media-down')).toMatchObject({ reason: 'SIGKILL', process: 1 });
    expect((await falls.done).frames).toBeLessThan(10_000);
    expect((await relay.streams.status()).media.state).toBe('down');
    expect(await stays.done).toMatchObject({ frames: 150, complaints: '', exitCode: 0 });

    await vi.waitFor(async () => expect((await relay.streams.status()).rtsp.state).toBe('listening'), 5000);
    expect(await startReading(addressOf(relay, other), 30).done).toMatchObject({ frames: 30 });
    expect((await relay.streams.status()).media).toMatchObject({ state: 'up', restarts: 1 });
  });

  it('extend, cut and revoke each grant where it is', async () => {
    const { relay, leases, rtsp, http } = await openTwo('rtsp://127.0.0.1:1/x');
    await using _relay = relay;
    expect(new Set(leases.map((lease) => Number(new URL(addressOf(relay, lease)).port)))).toEqual(new Set([rtsp, rtsp + 10]));
    const stills = leases.map(({ token }) => Number(new URL(relay.streams.localAddress('still', token)).port));
    expect(new Set(stills)).toEqual(new Set([http, http + 10]));
    for (const { grant } of leases) await relay.streams.extend(grant, 1000);
    for (const { grant } of leases.slice(0, 4)) await relay.streams.revoke(grant);
    expect((await relay.streams.status()).leases).toBe(4);
    for (const { grant } of leases.slice(4)) {
      await relay.until('grant-ended', (event) => event.grant === grant && event.reason === 'expired');
    }
    await expect(relay.streams.extend('nobody', 1000)).rejects.toMatchObject({ code: 'streams.unknown-grant' });
    expect(await relay.streams.cut('nobody')).toBe(false);
  });
});
