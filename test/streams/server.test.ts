// The RTSP server and its sessions, asked by a reader that says exactly what a test wants.
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, makeToken, openRelay } from './site.ts';

describe('the server', () => {
  it('answers each request as it should', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ maxReaders: 1 });
    const lease = makeLease(camera.url);
    const other = makeLease(camera.url);
    for (const each of [lease, other]) await relay.streams.admit(leaseOf(each));
    const url = relay.streams.address('stream', lease.token);
    const interleaved = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };
    using reader = await openRawReader(url);
    const status = async (method: string, target: string, headers = {}): Promise<number> =>
      (await reader.ask(method, target, headers)).status;
    expect(await status('OPTIONS', '*')).toBe(200);
    expect(await status('ANNOUNCE', url)).toBe(501);
    expect(await status('DESCRIBE', url, { Require: 'www.onvif.org/ver20/backchannel' })).toBe(551);
    expect(await status('PLAY', url)).toBe(454);
    expect(await status('SETUP', url, { Transport: 'RTP/AVP;multicast;port=5000-5001' })).toBe(461);
    expect(await status('SETUP', url, { Transport: 'RTP/AVP;unicast;client_port=80-81' })).toBe(461);
    expect(await status('PAUSE', url)).toBe(454);
    const { text } = await reader.ask('DESCRIBE', url);
    expect(text).toContain(`Content-Base: ${url}/`);
    expect(text).not.toMatch(/audio|live|quirky|track1/);
    expect(await status('SETUP', `${url}/trackID=0`, interleaved)).toBe(200);
    expect(await status('PLAY', url, { Session: 'wrong' })).toBe(454);
    expect(await status('PLAY', `${url}/`)).toBe(200);
    expect(await status('SETUP', `${url}/trackID=0`, interleaved)).toBe(455);
    expect(await status('GET_PARAMETER', url)).toBe(200);
    await until(() => reader.packets.length > 30);
    expect(await status('PAUSE', url)).toBe(200);
    const paused = reader.packets.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(reader.packets).toHaveLength(paused);
    expect(await status('PLAY', url)).toBe(200);
    await until(() => reader.packets.length > paused + 10);
    expect(reader.packets[paused]?.isKey).toBe(true);

    using second = await openRawReader(url);
    expect(await startPlaying(second, url)).toBe(453);
    expect((await reader.ask('DESCRIBE', relay.streams.address('stream', other.token))).status).toBe(404);
    await reader.closed;
    expect(await relay.until('session-closed')).toMatchObject({ reason: 'reader' });
    using third = await openRawReader(url);
    expect(await startPlaying(third, url, '8-9')).toBe(200);
    await until(() => third.packets.length > 10);
    expect(new Set(third.packets.map(({ channel }) => channel))).toEqual(new Set([8]));
    expect(third.packets[0]?.isKey).toBe(true);
    expect((await third.ask('TEARDOWN', url)).status).toBe(200);
    await third.closed;
  });

  it('does not say that it plays what its camera no longer sends, and keeps no place for it', async () => {
    const camera = await openQuirkyCamera();
    await using relay = openRelay({ maxReaders: 1, openTimeout: '1s', frameTimeout: '1s' });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect((await reader.ask('DESCRIBE', url)).status).toBe(200);
    expect((await reader.ask('SETUP', `${url}/trackID=0`, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' })).status).toBe(200);
    await camera[Symbol.asyncDispose]();
    await vi.waitFor(async () => expect((await relay.streams.status()).paths).toMatchObject([{ state: 'idle' }]), 10_000);
    expect((await reader.ask('PLAY', url)).status).toBe(503);
    await reader.closed;
    using next = await openRawReader(url);
    expect((await next.ask('DESCRIBE', url)).status).toBe(503);
    expect(relay.events.some(({ event }) => event === 'session-opened')).toBe(false);
  });

  it('delays wrong tokens, and shuts out an address that goes on guessing', async () => {
    await using relay = openRelay();
    await relay.streams.admit(leaseOf(makeLease('rtsp://127.0.0.1:1/x')));
    const guess = async (): Promise<{ status: number; ms: number }> => {
      const url = relay.streams.address('stream', makeToken().token);
      using reader = await openRawReader(url);
      const startedAt = performance.now();
      const { status } = await reader.ask('DESCRIBE', url);
      return { status, ms: performance.now() - startedAt };
    };
    const guesses = await Promise.all(Array.from({ length: 20 }, guess));
    expect(guesses.every(({ status, ms }) => status === 404 && ms >= 290)).toBe(true);
    expect((await guess()).status).toBe(0);
  });

  it('closes on garbage, on endless heads and on what comes too much', async () => {
    await using relay = openRelay();
    await relay.streams.admit(leaseOf(makeLease('rtsp://127.0.0.1:1/x')));
    const url = relay.streams.address('stream', 'x');
    for (const bytes of [
      Buffer.from('\x16\x03\x01hello'),
      Buffer.from(`OPTIONS * RTSP/1.0\r\nX: ${'y'.repeat(9_000)}`),
      Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n'),
    ]) {
      using reader = await openRawReader(url);
      reader.socket.write(bytes);
      await reader.closed;
    }
    expect((await relay.streams.status()).media.restarts).toBe(0);
  });

  it('drops an address that nobody opened in time', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ openWithin: '1s' });
    const [used, unused] = [makeLease(camera.url), makeLease(camera.url)];
    for (const lease of [used, unused]) await relay.streams.admit(leaseOf(lease));
    {
      using reader = await openRawReader(relay.streams.address('stream', used.token));
      expect(await startPlaying(reader, relay.streams.address('stream', used.token))).toBe(200);
    }
    expect(await relay.until('grant-ended')).toMatchObject({ grant: unused.grant, reason: 'expired', note: 'never opened' });
    using late = await openRawReader(relay.streams.address('stream', unused.token));
    expect(await startPlaying(late, relay.streams.address('stream', unused.token))).toBe(404);
    using again = await openRawReader(relay.streams.address('stream', used.token));
    expect(await startPlaying(again, relay.streams.address('stream', used.token))).toBe(200);
    expect(relay.events.filter(({ event }) => event === 'grant-ended')).toHaveLength(1);
  });

  it('tells why a camera does not come, and does not try a refused login again', async () => {
    await using camera = await openQuirkyCamera({ digest: 'MD5', login: { user: 'a', password: 'right' } });
    await using relay = openRelay();
    const lease = makeLease(camera.url, { source: { url: camera.url, user: 'a', password: 'wrong' } });
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    for (const _ of [1, 2, 3]) {
      using reader = await openRawReader(url);
      expect(await startPlaying(reader, url)).toBe(503);
    }
    expect(camera.connections).toBe(1);
    const failed = await relay.until('source-failed');
    expect(failed).toMatchObject({ device: 'cam-1', channel: 1, quality: 'main', reason: 'login-refused' });
    expect(failed.text.ko).toMatch(/비밀번호/);
    const { paths } = await relay.streams.status();
    expect(paths).toMatchObject([{ state: 'idle', readers: 0 }]);
    expect(paths[0]?.failure?.en).toMatch(/user name or password/);
  });

  it('holds readers while a camera comes back', async () => {
    await using camera = await openQuirkyCamera({ frames: 60 });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => camera.connections >= 2 && reader.packets.length > 80, 15_000);
    expect(relay.events.map(({ event }) => event)).not.toContain('session-closed');
  });

  it('drops pictures of a slow reader up to a key frame, and none of a good one', async () => {
    await using camera = await openQuirkyCamera({ packetBytes: 60_000, rate: 100 });
    await using relay = openRelay({ readerBuffer: '512KiB' });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using slow = await openRawReader(url);
    using good = await openRawReader(url);
    expect(await startPlaying(slow, url)).toBe(200);
    expect(await startPlaying(good, url)).toBe(200);
    slow.socket.pause();
    await until(() => good.packets.length > 400, 20_000);
    const { sessions, media } = await relay.streams.status();
    expect(sessions.filter(({ dropped }) => dropped > 0)).toHaveLength(1);
    expect(sessions).toHaveLength(2);
    expect(media.rssBytes).toBeLessThan(400 * 2 ** 20);
    const seen = slow.packets.length;
    slow.socket.resume();
    await until(() => slow.packets.length > seen + 150, 20_000);

    const steps = (packets: typeof slow.packets) =>
      packets.slice(1).map(({ frame, isKey }, index) => ({ step: frame - (packets[index]?.frame ?? 0), isKey }));
    expect(steps(good.packets).filter(({ step }) => step !== 1)).toEqual([]);
    const gaps = steps(slow.packets).filter(({ step }) => step !== 1);
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.every(({ isKey }) => isKey)).toBe(true);
  });

  it('says when its port is taken, and takes it when it is free again', async () => {
    const squatter = createServer();
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    await using relay = openRelay({ rtsp: { host: '127.0.0.1', port } });
    expect(await relay.until('cannot-listen')).toMatchObject({ listener: 'rtsp', address: `127.0.0.1:${port}`, reason: 'EADDRINUSE' });
    const lease = leaseOf(makeLease('rtsp://127.0.0.1:1/x'));
    await expect(relay.streams.admit(lease)).rejects.toMatchObject({ code: 'streams.cannot-listen' });
    expect((await relay.streams.status()).rtsp).toMatchObject({ state: 'failed', reason: 'EADDRINUSE' });
    await new Promise((resolve) => squatter.close(resolve));
    const end = performance.now() + 8_000;
    while ((await relay.streams.status()).rtsp.state !== 'listening' && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await relay.streams.admit(lease);
  });
});
