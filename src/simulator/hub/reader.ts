// The hub's own RTSP reader: opens an address over interleaved TCP, counts frames and lost packets, and notices when it is cut off.
import type { Env, Login } from '#base';
import { readSections } from '../rtsp/index.ts';
import { openRtspClient, type RtspClient } from './rtsp-client.ts';

/** What the reader has seen so far. */
export interface ReaderStatus {
  /** Whole video frames (RTP marker). */
  readonly frames: number;
  readonly packets: number;
  /** Holes in the RTP sequence numbers. */
  readonly lostPackets: number;
  readonly bytes: number;
  /** From the call of `openReader` to the first whole frame; undefined before it. */
  readonly firstFrameMs: number | undefined;
  /** Encoding of the video in the session description: `H264`, `H265`. */
  readonly encoding: string;
  readonly videoTracks: number;
  readonly audioTracks: number;
  readonly end: ReaderEnd | undefined;
}

/** How it ended. `cut`: by the other side or the line; `closed`: by our own disposal. */
export interface ReaderEnd {
  readonly reason: 'cut' | 'closed';
  /** Since the call of `openReader`. */
  readonly afterMs: number;
  /** Wall milliseconds. */
  readonly at: number;
}

/** Reads until it is cut or disposed. */
export interface StreamReader extends AsyncDisposable {
  readonly status: ReaderStatus;
  /** Resolves when the reading ends, however. */
  readonly ended: Promise<ReaderEnd>;
  /** True when `count` frames have come within `timeoutMs`, false when not or when it ended before. */
  frames(count: number, timeoutMs: number): Promise<boolean>;
}

/** What to read with. */
export interface ReaderOptions {
  readonly login?: Login;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** `all`: audio too, where there is any. Default `video`. */
  readonly tracks?: 'video' | 'all';
}

const keepAliveMs = 20_000;

/** Opens and plays `url` (`rtsp://`). Throws `simulator.reader-failed` with the server's status; the address is not in the error, it may hold a token. */
export async function openReader(url: string, options: ReaderOptions, env: Env): Promise<StreamReader> {
  const startMs = env.clock.monotonicMs();
  const count = { frames: 0, packets: 0, lostPackets: 0, bytes: 0 };
  let firstFrameMs: number | undefined;
  const sequences = new Map<number, number>();
  const watchers = new Set<() => void>();
  const videoChannels = new Set<number>();
  const onFrame = (channel: number, packet: Buffer): void => {
    count.bytes += packet.length;
    if (channel % 2 !== 0 || packet.length < 12) return;
    count.packets += 1;
    const sequence = packet.readUInt16BE(2);
    const expected = sequences.get(channel);
    if (expected !== undefined) count.lostPackets += (sequence - expected) & 0xffff;
    sequences.set(channel, (sequence + 1) & 0xffff);
    if (!videoChannels.has(channel) || ((packet[1] ?? 0) & 0x80) === 0) return;
    count.frames += 1;
    firstFrameMs ??= env.clock.monotonicMs() - startMs;
    for (const watcher of watchers) watcher();
  };
  const client = await openRtspClient(url, { login: options.login, timeoutMs: options.timeoutMs ?? 10_000, onFrame }, env);
  const session = await play(client, options.tracks ?? 'video', videoChannels).catch((error: unknown) => {
    client.close();
    throw error;
  });
  const { sections } = session;
  const of = (media: string): number => sections.filter((section) => section.media === media).length;
  let closed = false;
  let end: ReaderEnd | undefined;
  const alive = keepAlive(client, session.id, env);
  const ended = client.closed.then(() => {
    alive[Symbol.dispose]();
    end = { reason: closed ? 'closed' : 'cut', afterMs: env.clock.monotonicMs() - startMs, at: env.clock.now() };
    for (const watcher of watchers) watcher();
    return end;
  });
  return {
    ended,
    get status() {
      const encoding = sections.find((section) => section.media === 'video')?.encoding ?? '';
      return { ...count, firstFrameMs, encoding, videoTracks: of('video'), audioTracks: of('audio'), end };
    },
    frames: (wanted, timeoutMs) =>
      new Promise((resolve) => {
        const settle = (enough: boolean): void => {
          timer[Symbol.dispose]();
          watchers.delete(look);
          resolve(enough);
        };
        const look = (): void => {
          if (count.frames >= wanted || end) settle(count.frames >= wanted);
        };
        const timer = env.clock.after(timeoutMs, () => settle(false));
        watchers.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      closed = true;
      client.send('TEARDOWN', client.base, [['Session', session.id]]);
      client.close();
      await ended;
    },
  };
}

async function play(client: RtspClient, tracks: 'video' | 'all', videoChannels: Set<number>) {
  const described = await client.ask('DESCRIBE', client.base, [['Accept', 'application/sdp']]);
  const sections = readSections(described.body.toString('utf8'));
  const base = described.headers.get('content-base')?.[0] ?? client.base;
  let id = '';
  let channel = 0;
  for (const section of sections) {
    if (section.media !== 'video' && tracks === 'video') continue;
    const control = /^rtsps?:/i.test(section.control) ? section.control : `${base.replace(/\/$/, '')}/${section.control}`;
    if (section.media === 'video') videoChannels.add(channel);
    const transport = `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
    const session: [string, string][] = id === '' ? [] : [['Session', id]];
    const answer = await client.ask('SETUP', control, [['Transport', transport], ...session]);
    id = answer.headers.get('session')?.[0]?.split(';', 1)[0] ?? id;
    channel += 2;
  }
  await client.ask('PLAY', base, [
    ['Session', id],
    ['Range', 'npt=0-'],
  ]);
  return { id, sections };
}

function keepAlive(client: RtspClient, session: string, env: Env): Disposable {
  let timer: Disposable;
  const again = (): void => {
    client.send('OPTIONS', client.base, [['Session', session]]);
    timer = env.clock.after(keepAliveMs, again);
  };
  timer = env.clock.after(keepAliveMs, again);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
