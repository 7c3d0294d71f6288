// The RTSP client against cameras with bad habits.
import { describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import type { StreamSource } from '#model';
import { failureText } from '../../src/streams/faults.ts';
import { describeTrack, type Track } from '../../src/streams/rtsp/index.ts';
import { type Piece, runSource } from '../../src/streams/source/index.ts';
import { type Habits, openQuirkyCamera } from './quirky-camera.ts';

const env = systemEnv(openLog('silent'));
const readBuffer = Buffer.alloc(64 * 1024);

interface Watched {
  readonly pieces: readonly Piece[];
  readonly track: Track | undefined;
  readonly failure: Awaited<ReturnType<typeof runSource>>;
  readonly asked: readonly string[];
  readonly authorizations: readonly string[];
}

/** Watches until so many frames came, or until the source ends by itself. */
async function watch(habits: Habits, frames: number, login: Omit<StreamSource, 'url'> = { user: '', password: '' }): Promise<Watched> {
  await using camera = await openQuirkyCamera(habits);
  const pieces: Piece[] = [];
  let track: Track | undefined;
  const stop = new AbortController();
  const sink = {
    ready: (found: Track) => {
      track = found;
    },
    piece: (piece: Piece) => {
      piece.slab.hold();
      pieces.push(piece);
      if (pieces.reduce((sum, { frames: count }) => sum + count, 0) >= frames) stop.abort();
    },
  };
  const options = { source: { url: camera.url, ...login }, replyTimeoutMs: 1_000, frameTimeoutMs: 500, readBuffer };
  const failure = await runSource(options, sink, env, stop.signal);
  // A goodbye is on its way to a camera that played and did not go by itself.
  for (let waits = 0; waits < 50 && pieces.length > 0 && !camera.asked.at(-1)?.startsWith('TEARDOWN'); waits += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return { pieces, track, failure, asked: camera.asked, authorizations: camera.authorizations };
}

/** Timestamps of the RTP packets, and the channels of all packets. */
function packetsOf(pieces: readonly Piece[]): { times: number[]; channels: Set<number> } {
  const times: number[] = [];
  const channels = new Set<number>();
  for (const { bytes } of pieces) {
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
      channels.add(bytes[at + 1] ?? -1);
      if (bytes[at + 1] === 0) times.push(bytes.readUInt32BE(at + 8) / 1_800);
    }
  }
  return { times, channels };
}

const noControl = 'v=0\r\ns=-\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n';

describe('the source', () => {
  it.each<[string, Habits]>([
    ['nothing odd', {}],
    ['no Content-Base', { contentBase: false }],
    ['no control', { sdp: noControl }],
    ['lower-case headers without spaces', { lowerCase: true }],
    ['answers without CSeq', { noSequence: true }],
    ['other channels than asked', { channels: [6, 7] }],
    ['the first packets in one segment with the answer to PLAY', { early: 'with' }],
    ['packets before the answer to PLAY', { early: 'before' }],
    ['no session at all', { session: '' }],
    ['a session without timeout', { session: 'abc' }],
    ['packets of 60,000 bytes', { packetBytes: 60_000 }],
    ['garbage between frames', { garbage: 300 }],
  ])('plays in spite of: %s', async (_name, habits) => {
    const { pieces, failure, asked } = await watch(habits, 30);
    expect(failure).toBeUndefined();
    const { times, channels } = packetsOf(pieces);
    const start = habits.early ? 0 : 3;
    expect(times.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, index) => index + start));
    expect(channels).toEqual(new Set([0, 1]));
    expect(asked.filter((line) => line.startsWith('SETUP'))).toHaveLength(1);
    expect(asked.at(-1)).toMatch(/^TEARDOWN/);
  });

  it('is sent over UDP by a camera that refuses to send over the connection', async () => {
    const { pieces, failure, asked } = await watch({ udp: 'plain' }, 30);
    expect(failure).toBeUndefined();
    const { times, channels } = packetsOf(pieces);
    expect(times.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(channels).toEqual(new Set([0, 1]));
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'TEARDOWN']);
  });

  it('passes over what comes too late over UDP', async () => {
    const { times } = packetsOf((await watch({ udp: 'disorder' }, 12)).pieces);
    expect(times.slice(0, 9)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9]);
  });

  it('keeps a session alive whose nonce expires while it plays, without CSeq too', async () => {
    const login = { user: 'u', password: 'p' };
    const habits: Habits = { digest: 'SHA-256', login, staleAfterPlay: 1_500, session: 's;timeout=2', rate: 20 };
    const [plain, bare] = await Promise.all([watch(habits, 70, login), watch({ ...habits, noSequence: true }, 70, login)]);
    expect([plain.failure, bare.failure]).toEqual([undefined, undefined]);
    const beats = plain.asked.filter((asked) => asked.startsWith('OPTIONS')).length;
    // The first, twice for its challenge; then one refused and sent once more, and one or two that were taken at once.
    expect(beats).toBeGreaterThanOrEqual(5);
    expect(beats).toBeLessThanOrEqual(9);
  });

  it('opens a camera anew that has forgotten its session, and does not guess at its login', async () => {
    const login = { user: 'u', password: 'p' };
    const habits: Habits = { session: 's;timeout=2', forgets: 454, frames: 200 };
    expect((await watch(habits, 10_000)).failure).toMatchObject({ reason: 'lost', detail: 'session' });
    const refusing: Habits = { session: 's;timeout=2', forgets: 401 };
    const { failure, authorizations } = await watch(refusing, 130, login);
    expect(failure).toBeUndefined();
    // One at a keep-alive, and the goodbye.
    expect(authorizations.length).toBeLessThanOrEqual(2);
  });

  it.each(['stranger', 'silent'] as const)('hears nobody but the camera over UDP: %s', async (udp) => {
    expect(await watch({ udp }, 30)).toMatchObject({ pieces: [], failure: { reason: 'silent' } });
  });

  it('passes sender reports without the camera’s name, and no sound on the video’s channel', async () => {
    const { pieces } = await watch({}, 30);
    const all = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');
    expect(all).not.toMatch(/SOUND|camera@10/);
    expect(pieces.filter(({ isKey }) => isKey).length).toBeGreaterThanOrEqual(2);
  });

  it.each(['MD5', 'SHA-256'] as const)('logs in with Digest %s', async (digest) => {
    const login = { user: 'ä"user', password: 'p:w' };
    const { failure, track } = await watch({ digest, login }, 3, login);
    expect(failure).toBeUndefined();
    expect(track && describeTrack(track)).toContain('H264');
  });

  it('tries a wrong password once', async () => {
    const { failure, asked } = await watch({ digest: 'MD5', login: { user: 'a', password: 'right' } }, 3, { user: 'a', password: 'wrong' });
    expect(failure).toEqual({ reason: 'login-refused', detail: '' });
    expect(asked).toHaveLength(2);
  });

  it('says no password in clear to who asks for Basic, unless it is allowed', async () => {
    const login = { user: 'admin', password: 'secret' };
    const refused = await watch({ basic: true }, 3, login);
    expect(refused.authorizations).toEqual([]);
    expect(refused.failure).toEqual({ reason: 'login-refused', detail: '', hint: 'basic-only' });
    const { en, ko } = failureText({ reason: 'login-refused', detail: '', hint: 'basic-only' });
    expect([en, ko]).toEqual([expect.stringMatching(/Basic.*allowBasic/), expect.stringMatching(/Basic.*allowBasic/)]);
    const allowed = await watch({ basic: true }, 3, { ...login, basicAllowed: true });
    expect(allowed.failure).toBeUndefined();
    expect(allowed.authorizations[0]).toBe(`Basic ${Buffer.from('admin:secret').toString('base64')}`);
  });

  it.each<[string, Habits, string]>([
    ['it sends no picture', { silent: true }, 'silent'],
    ['it closes', { frames: 5 }, 'lost'],
    ['there is no such stream', { refuse: ['DESCRIBE', 404] }, 'refused'],
    ['it is full', { refuse: ['SETUP', 453] }, 'busy'],
    ['it has sound alone', { sdp: 'v=0\r\nm=audio 0 RTP/AVP 0\r\n' }, 'no-video'],
    ['it offers MPEG-TS', { sdp: 'v=0\r\nm=video 0 RTP/AVP 33\r\na=rtpmap:33 MP2T/90000\r\n' }, 'no-video'],
    ['it sends 200,000 bytes of garbage', { garbage: 200_000 }, 'malformed'],
    ['the answer has no end', { sdp: 'x'.repeat(70_000) }, 'malformed'],
  ])('says why when %s', async (_name, habits, reason) => {
    expect((await watch(habits, 1_000)).failure).toMatchObject({ reason });
  });

  it('says that nobody is there, and refuses other addresses', async () => {
    const sink = { ready: () => {}, piece: () => {} };
    const options = (url: string) => ({ source: { url, user: '', password: '' }, replyTimeoutMs: 500, frameTimeoutMs: 500, readBuffer });
    const { signal } = new AbortController();
    expect(await runSource(options('rtsp://127.0.0.1:1/x'), sink, env, signal)).toEqual({ reason: 'unreachable', detail: 'ECONNREFUSED' });
    for (const url of ['ftp://127.0.0.1/x', 'rtsp://', 'rtsp://h:99999/', 'rtsp://h/a b']) {
      expect(await runSource(options(url), sink, env, signal)).toMatchObject({ reason: 'refused' });
    }
  });
});

describe('a camera that means no good', () => {
  it('is read no further when it sends more pictures than any camera', async () => {
    const { failure } = await watch({ rate: 50, burst: 30 }, 100_000);
    expect(failure).toMatchObject({ reason: 'malformed', words: 'too-fast', detail: expect.stringMatching(/frames in a second/) });
    expect(failure && failureText(failure).en).toMatch(/^the camera sends more packets or pictures than any camera has to/);
  });

  it('is silent when the end of its picture never comes, but not when it only marks none', async () => {
    expect((await watch({ marker: 'endless' }, 100)).failure).toMatchObject({ reason: 'silent' });
    const { failure, pieces } = await watch({ marker: 'never' }, 60);
    expect(failure).toBeUndefined();
    expect(pieces.length).toBeGreaterThan(50);
  });
});
