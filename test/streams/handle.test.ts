// The handle of the relay where its process does not do what it should: it hangs, cannot be configured, or had other masters before.
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openStreams, type StreamEvent } from '#streams';
import { streamsOptions } from '#streams/options';
import { openRawReader } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

/** The status with which a stream that cannot come is answered. */
async function statusOf(url: string): Promise<number> {
  using reader = await openRawReader(url);
  return (await reader.ask('DESCRIBE', url)).status;
}

describe('the handle', () => {
  it('says that a media process which does not answer is silent, and not that all is quiet', async () => {
    await using relay = openRelay();
    const { pid } = await relay.until('media-up');
    await relay.until('listening');
    expect((await relay.streams.status()).media.state).toBe('up');
    process.kill(pid, 'SIGSTOP');
    try {
      expect((await relay.streams.status()).media).toMatchObject({ state: 'silent', pid });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await relay.streams.status()).media.state).toBe('up');
  });

  it('says when a camera failed last, until it plays again', async () => {
    await using relay = openRelay({ openTimeout: '1s' });
    const lease = makeLease('rtsp://127.0.0.1:1/x');
    await relay.streams.admit(leaseOf(lease));
    const before = Date.now();
    expect(await statusOf(relay.streams.address('stream', lease.token))).toBeGreaterThan(400);
    const [path] = (await relay.streams.status()).paths;
    expect(path?.failure).toBeDefined();
    expect(path?.failedAt).toBeGreaterThanOrEqual(before);
    expect(path?.failedAt).toBeLessThanOrEqual(Date.now());
  });

  it('tells that it cannot listen where the process does not take its configuration', async () => {
    const parsed = streamsOptions.parse({ rtsp: { host: '127.0.0.1', port: 0, udpPort: 0 }, http: { host: '127.0.0.1', port: 0 } });
    const told: StreamEvent[] = [];
    const deps = { mediaEntry: new URL('./media-entry.ts', import.meta.url), nodePath: process.execPath };
    const env = systemEnv(openLog('silent'));
    const wrong = { ...parsed, http: { ...parsed.http, port: 65_600 } };
    const streams = openStreams(wrong, { ...deps, onEvent: (event) => void told.push(event) }, env);
    const stop = new AbortController();
    const running = streams.service.run(stop.signal);
    await expect(streams.admit(leaseOf(makeLease('rtsp://127.0.0.1:1/x')))).rejects.toMatchObject({ code: 'streams.cannot-listen' });
    expect((await streams.status()).rtsp).toMatchObject({ state: 'failed', reason: expect.stringContaining('port') });
    expect(told.filter(({ event }) => event === 'cannot-listen')).toHaveLength(2);
    stop.abort();
    await running;
  });

  it('lets an address of before a restart open until its end when it was used, else only while its first minute lasts', async () => {
    await using relay = openRelay({ openWithin: '1s', openTimeout: '1s' });
    const [used, late, early] = [1, 2, 3].map(() => makeLease('rtsp://127.0.0.1:1/x'));
    if (!used || !late || !early) return expect.fail('no leases');
    await relay.streams.admit(leaseOf(used), undefined, { used: true, agoMs: 60_000 });
    await relay.streams.admit(leaseOf(early), undefined, { used: false, agoMs: 300 });
    await relay.streams.admit(leaseOf(late), undefined, { used: false, agoMs: 1500 });
    await relay.until('grant-ended', ({ grant, note }) => grant === late.grant && note === 'never opened');
    await relay.until('grant-ended', ({ grant, note }) => grant === early.grant && note === 'never opened');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(relay.events.filter(({ event }) => event === 'grant-ended')).toHaveLength(2);
    expect(await statusOf(relay.streams.address('stream', used.token))).not.toBe(404);
    expect(relay.events.filter(({ event }) => event === 'grant-used')).toEqual([]);
    const fresh = makeLease('rtsp://127.0.0.1:1/x');
    await relay.streams.admit(leaseOf(fresh));
    await statusOf(relay.streams.address('stream', fresh.token));
    expect(await relay.until('grant-used')).toEqual({ event: 'grant-used', grant: fresh.grant });
  });
});
