// The gateway's own look at a camera: what it sees, what it says when nothing comes, and that it leaves nothing open.
import { describe, expect, it } from 'vitest';
import type { LookAsk } from '#model';
import { type Habits, openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const nobody = { user: '', password: '' };
const askOf = (url: string, depth: LookAsk['depth'], login = nobody): LookAsk => ({
  device: 'cam-1',
  channel: 1,
  quality: 'main',
  source: { url, ...login },
  depth,
});

/** A look once the media process is up. */
async function lookOnce(relay: ReturnType<typeof openRelay>, ask: LookAsk, timeoutMs = 2000) {
  await relay.until('media-up');
  return relay.streams.look(ask, timeoutMs);
}

describe('a look', () => {
  it('sees the description, and sets nothing up for it', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay();
    expect(await lookOnce(relay, askOf(camera.url, 'answer'))).toEqual({ result: 'seen', codec: 'h264', tookMs: expect.any(Number) });
    expect(camera.asked.map((line) => line.split(' ')[0])).toEqual(['OPTIONS', 'DESCRIBE']);
  });

  it('sees the first frame, and says goodbye', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay();
    expect(await lookOnce(relay, askOf(camera.url, 'picture'))).toMatchObject({ result: 'seen', codec: 'h264' });
    await expect.poll(() => camera.asked.at(-1)).toMatch(/^TEARDOWN/);
    expect((await relay.streams.status()).paths).toEqual([]);
  });

  it('asks the camera nothing while its pictures come for a reader, nor while it is kept open after him', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ closeAfter: '10s' });
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(200);
    expect(await lookOnce(relay, askOf(camera.url, 'picture'))).toEqual({ result: 'seen', codec: 'h264', tookMs: 0 });
    reader[Symbol.dispose]();
    await expect.poll(async () => (await relay.streams.status()).paths).toMatchObject([{ state: 'closing' }]);
    expect(await lookOnce(relay, askOf(camera.url, 'picture'))).toEqual({ result: 'seen', codec: 'h264', tookMs: 0 });
    expect(camera.connections).toBe(1);
  });

  it('says nothing while the media process is down', async () => {
    await using relay = openRelay({}, new URL('./no-such-entry.ts', import.meta.url));
    expect(await relay.streams.look(askOf('rtsp://127.0.0.1:1/live', 'answer'), 500)).toBeUndefined();
  });

  const right = { user: 'gate', password: 'right' };
  const wrong = { user: 'gate', password: 'wrong' };
  it.each<readonly [string, Habits, LookAsk['depth'], object]>([
    ['no picture after PLAY', { silent: true }, 'picture', { reason: 'silent' }],
    ['no video', { sdp: 'v=0\r\ns=-\r\nm=audio 0 RTP/AVP 0\r\n' }, 'answer', { reason: 'no-video' }],
    ['a refused DESCRIBE', { refuse: ['DESCRIBE', 404] }, 'answer', { reason: 'refused' }],
    ['a busy camera', { refuse: ['SETUP', 453] }, 'picture', { reason: 'busy' }],
    ['a wrong password', { digest: 'MD5', login: right }, 'answer', { reason: 'login-refused' }],
    ['a password in clear', { basic: true }, 'answer', { reason: 'login-refused', basicOnly: true }],
  ])('says why: %s', async (_name, habits, depth, expected) => {
    await using camera = await openQuirkyCamera(habits);
    await using relay = openRelay();
    const look = await lookOnce(relay, askOf(camera.url, depth, wrong));
    expect(look).toMatchObject({ result: 'failed', ...expected, text: { ko: expect.stringMatching(/\p{Script=Hangul}/u) } });
    expect(camera.authorizations.length).toBeLessThanOrEqual(1);
  });

  it('says why: nobody there', async () => {
    await using relay = openRelay();
    expect(await lookOnce(relay, askOf('rtsp://127.0.0.1:9/live', 'picture'))).toMatchObject({ result: 'failed', reason: 'unreachable' });
  });
});
