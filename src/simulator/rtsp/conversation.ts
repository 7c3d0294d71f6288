// One RTSP connection of a virtual camera: requests in order, one stream at most, ended by silence, a slow reader or the camera itself.
import type { Socket } from 'node:net';
import type { Env } from '#base';
import type { Track } from './clip.ts';
import { type Taken, takeRtsp, writeRtsp } from './message.ts';
import { openPlayer, type PlayedTrack, type Player } from './player.ts';
import { describeClip } from './sdp.ts';
import type { FindStream, RtspStream } from './stream.ts';

/** Said to the client; a client that says nothing for a quarter longer is cut (RFC 2326 §12.37). */
const timeoutSeconds = 60;
const maxUnsentBytes = 2 * 2 ** 20;
const maxInputBytes = 128 * 1024;
const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN';

type Request = Extract<Taken, { kind: 'message' }>;
type Header = readonly [string, string];

interface Reply {
  readonly status: string;
  readonly headers?: readonly Header[];
  readonly body?: string;
  readonly next?: 'play' | 'stop' | 'close';
}

interface Talk {
  readonly socket: Socket;
  readonly session: string;
  readonly env: Env;
  stream: RtspStream | undefined;
  base: string;
  tracks: PlayedTrack[];
  player: Player | undefined;
  place: Disposable | undefined;
}

/** Serves `socket` until either side ends it. Never throws; a request that is no RTSP is answered 400 and ends the connection. */
export function converse(socket: Socket, find: FindStream, env: Env): void {
  const session = env.random.bytes(8).toString('hex');
  const talk: Talk = { socket, session, env, stream: undefined, base: '', tracks: [], player: undefined, place: undefined };
  let waiting: Buffer = Buffer.alloc(0);
  let heardMs = env.clock.monotonicMs();
  const watchdog = (): Disposable =>
    env.clock.after(timeoutSeconds * 1000, () => {
      if (env.clock.monotonicMs() - heardMs > timeoutSeconds * 1250) socket.destroy();
      else watch = watchdog();
    });
  let watch = watchdog();
  socket.on('error', () => {});
  socket.on('close', () => {
    watch[Symbol.dispose]();
    stop(talk);
  });
  socket.on('data', (bytes) => {
    heardMs = env.clock.monotonicMs();
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    waiting = takeAll(talk, waiting, find);
    if (waiting.length > maxInputBytes) socket.destroy();
  });
}

function takeAll(talk: Talk, bytes: Buffer, find: FindStream): Buffer {
  let rest = bytes;
  for (;;) {
    const taken = takeRtsp(rest);
    if (taken.kind === 'more') return rest;
    if (taken.kind === 'bad') {
      talk.socket.end(writeRtsp('RTSP/1.0 400 Bad Request', []));
      return Buffer.alloc(0);
    }
    if (taken.kind === 'message') handle(talk, taken, find);
    rest = rest.subarray(taken.size);
  }
}

function handle(talk: Talk, request: Request, find: FindStream): void {
  const [method = '', url = '', version = ''] = request.start.split(' ');
  const sequence = request.headers.get('cseq')?.[0] ?? '';
  const readable = version.startsWith('RTSP/1.') && /^\d{1,10}$/.test(sequence);
  const stream = talk.stream ?? findStream(url, find);
  if (stream?.fault === 'silent') return;
  const reply = readable ? answer(talk, { method, url, request, stream }) : { status: '400 Bad Request', next: 'close' as const };
  const session: Header[] = talk.tracks.length > 0 ? [['Session', `${talk.session};timeout=${timeoutSeconds}`]] : [];
  const headers: Header[] = [['CSeq', sequence || '0'], ['Server', 'Bongsu simulator'], ...session, ...(reply.headers ?? [])];
  if (talk.socket.writable) talk.socket.write(writeRtsp(`RTSP/1.0 ${reply.status}`, headers, reply.body));
  if (reply.next === 'play') play(talk);
  if (reply.next === 'stop') stop(talk);
  if (reply.next === 'close') talk.socket.end();
}

/** The stream of `rtsp://host:port/cam-1/main/track1?anything`. */
function findStream(url: string, find: FindStream): RtspStream | undefined {
  const path = /^rtsps?:\/\/[^/]+\/([^?#]*)/i.exec(url)?.[1] ?? '';
  return find(path.replace(/\/(?:track\d+)?$/, ''));
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly request: Request;
  readonly stream: RtspStream | undefined;
}

function answer(talk: Talk, asked: Asked): Reply {
  if (asked.method === 'OPTIONS') return { status: '200 OK', headers: [['Public', methods]] };
  if (!asked.stream) return { status: '404 Not Found' };
  const refusal = authorise(asked, asked.stream);
  if (refusal) return refusal;
  switch (asked.method) {
    case 'DESCRIBE':
      return describe(talk, asked.url, asked.stream);
    case 'SETUP':
      return setUp(talk, asked, asked.stream);
    case 'PLAY':
      return talk.tracks.length > 0 ? startPlaying(talk, asked.stream) : { status: '455 Method Not Valid in This State' };
    case 'PAUSE':
      return { status: '200 OK', next: 'stop' };
    case 'GET_PARAMETER':
    case 'SET_PARAMETER':
      return { status: '200 OK' };
    case 'TEARDOWN':
      return { status: '200 OK', next: 'close' };
    default:
      return { status: '501 Not Implemented', headers: [['Allow', methods]] };
  }
}

function authorise(asked: Asked, stream: RtspStream): Reply | undefined {
  const verdict = stream.gate?.check(asked.method, asked.request.headers.get('authorization')?.[0]) ?? 'granted';
  if (verdict === 'granted' && stream.fault !== 'unauthorised') return undefined;
  const challenges = stream.gate?.challenge(verdict === 'stale') ?? ['Digest realm="none", nonce="0", algorithm=MD5, qop="auth"'];
  return { status: '401 Unauthorized', headers: challenges.map((challenge): Header => ['WWW-Authenticate', challenge]) };
}

function describe(talk: Talk, url: string, stream: RtspStream): Reply {
  const host = talk.socket.localAddress ?? '0.0.0.0';
  const base = url.endsWith('/') ? url : `${url}/`;
  const body = describeClip(stream.clip, host, Math.floor(talk.env.clock.now() / 1000));
  return {
    status: '200 OK',
    headers: [
      ['Content-Base', base],
      ['Content-Type', 'application/sdp'],
      ['Cache-Control', 'no-cache'],
    ],
    body,
  };
}

function setUp(talk: Talk, asked: Asked, stream: RtspStream): Reply {
  const index = Number(/\/track(\d+)(?:[?#].*)?$/.exec(asked.url)?.[1] ?? 0) - 1;
  const track: Track | undefined = stream.clip.tracks[index];
  if (!track) return { status: '404 Not Found' };
  const transport = asked.request.headers.get('transport')?.[0] ?? '';
  const offer = transport.split(',').find((one) => /RTP\/AVP\/TCP/i.test(one));
  if (!offer || talk.player) return { status: offer ? '455 Method Not Valid in This State' : '461 Unsupported Transport' };
  const channel = Number(/interleaved=(\d{1,3})/i.exec(offer)?.[1] ?? index * 2);
  const taken = talk.tracks.some((one) => one.index !== index && Math.abs(one.channel - channel) < 2);
  if (channel > 254 || taken) return { status: '461 Unsupported Transport' };
  talk.stream = stream;
  talk.base = asked.url.replace(/\/track\d+.*$/, '');
  talk.tracks = [...talk.tracks.filter((one) => one.index !== index), { track, index, channel }];
  return { status: '200 OK', headers: [['Transport', `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`]] };
}

function startPlaying(talk: Talk, stream: RtspStream): Reply {
  if (talk.player) return { status: '200 OK', headers: [['Range', 'npt=now-']] };
  const { socket } = talk;
  const sink = {
    get flowing() {
      return stream.fault !== 'silent';
    },
    write: (block: Buffer) => {
      if (socket.writableLength > maxUnsentBytes) socket.destroy();
      else if (socket.writable) socket.write(block);
    },
  };
  talk.player = openPlayer(stream.clip, talk.tracks, sink, talk.env);
  const info = talk.player.starts.map((one) => `url=${talk.base}/track${one.index + 1};seq=${one.sequence};rtptime=${one.time}`);
  return {
    status: '200 OK',
    headers: [
      ['Range', 'npt=now-'],
      ['RTP-Info', info.join(',')],
    ],
    next: 'play',
  };
}

function play(talk: Talk): void {
  talk.place ??= talk.stream?.playing(() => talk.socket.destroy());
}

function stop(talk: Talk): void {
  talk.player?.[Symbol.dispose]();
  talk.player = undefined;
  talk.place?.[Symbol.dispose]();
  talk.place = undefined;
}
