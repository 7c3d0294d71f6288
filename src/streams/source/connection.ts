// One connection to a camera: requests one at a time, answers in order, interleaved packets in between.
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import type { SourceFailure } from '../faults.ts';
import { encodeRequest, type FramerLimits, header, openFramer, type RtspMessage, type RtspResponse } from '../rtsp/index.ts';
import type { CameraAddress } from './address.ts';
import { openCameraLine } from './line.ts';
import { openSlabs, type Slab } from './slabs.ts';

export interface CameraConnectionOptions {
  readonly address: CameraAddress;
  /** Undefined: the camera is open to everyone. */
  readonly login: Login | undefined;
  /** Whether the login may be said in clear. */
  readonly basicAllowed: boolean;
  /** Answer to one request, milliseconds. */
  readonly replyTimeoutMs: number;
  /** The buffer that all cameras' sockets read into, one after the other. */
  readonly readBuffer: Uint8Array;
  /** Called with each read. */
  readonly onRead?: (() => void) | undefined;
}

/** What a request brings: an answer, or the reason why the connection is of no more use. */
export type Reply = { readonly ok: true; readonly response: RtspResponse } | { readonly ok: false; readonly failure: SourceFailure };

export interface CameraConnection extends Disposable {
  /** Sends one request and waits for its answer; logs in when it is asked to. Never called twice at once (cameras do not bear pipelining). */
  request(method: string, url: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Sends a request whose answer nobody waits for: keep-alive, TEARDOWN. */
  send(method: string, url: string, headers?: Readonly<Record<string, string>>): void;
  /** IP address of the camera; undefined until it is connected. */
  readonly peer: string | undefined;
  /** Resolves when the connection is gone, with the reason. */
  readonly closed: Promise<SourceFailure>;
}

/** Packets may be 64 KiB; a slab holds several frames. */
const limits: FramerLimits = {
  slabBytes: 128 * 1024,
  maxHeadBytes: 16 * 1024,
  maxBodyBytes: 64 * 1024,
  maxFrameBytes: 65_535,
  maxLostBytes: 128 * 1024,
};
/** Slabs that are kept for the next use: about a group of pictures. */
const spareSlabs = 5;
const userAgent = 'Bongsu';

/** Takes packets as they lie in a slab; may be called before PLAY is answered. */
export type PacketSink = (slab: Slab, start: number, end: number) => void;

/** Connects and speaks; failures come as values. */
export function openCameraConnection(options: CameraConnectionOptions, onPacket: PacketSink, env: Env): CameraConnection {
  const { promise: closed, resolve: close } = Promise.withResolvers<SourceFailure>();
  const credentials = openCredentials(options, env);
  let waiting: { sequence: number; resolve(response: RtspResponse): void } | undefined;
  let sequence = 0;

  const onMessage = (message: RtspMessage): void => {
    if (message.kind !== 'response' || !waiting) return;
    const answered = header(message, 'cseq');
    if (answered !== undefined && Number(answered) !== waiting.sequence) return;
    waiting.resolve(message);
    waiting = undefined;
  };
  const slabs = openSlabs(limits.slabBytes, spareSlabs);
  let slab: Slab | undefined;
  const framer = openFramer(limits, {
    packet: (_bytes, start, end) => slab && onPacket(slab, start, end),
    message: onMessage,
    roll() {
      slab?.release();
      slab = slabs.take();
      return slab.bytes;
    },
  });
  let connected = false;
  const { address, readBuffer, onRead } = options;
  const line = openCameraLine(
    address,
    { readBuffer, onRead, cookie: env.random.bytes(12).toString('hex') },
    {
      bytes(bytes) {
        const problem = framer.feed(bytes);
        if (problem) end({ reason: 'malformed', detail: problem });
      },
      connected() {
        connected = true;
      },
      failed: (detail) => end({ reason: connected ? 'lost' : 'unreachable', detail }),
      closed: () => end({ reason: 'lost', detail: '' }),
    },
  );
  const end = (failure: SourceFailure): void => {
    close(failure);
    line.destroy();
  };

  const write = (method: string, url: string, headers: Readonly<Record<string, string>>): void => {
    sequence += 1;
    const login = credentials.header(method, url);
    const all = { CSeq: String(sequence), 'User-Agent': userAgent, ...headers, ...(login === undefined ? {} : { Authorization: login }) };
    line.write(encodeRequest(method, url, all));
  };
  const ask = async (method: string, url: string, headers: Readonly<Record<string, string>>): Promise<Reply> => {
    const { promise, resolve } = Promise.withResolvers<RtspResponse>();
    write(method, url, headers);
    waiting = { sequence, resolve };
    using _timeout = env.clock.after(options.replyTimeoutMs, () => end({ reason: connected ? 'timeout' : 'unreachable', detail: method }));
    return await Promise.race([
      promise.then((response): Reply => ({ ok: true, response })),
      closed.then((failure): Reply => ({ ok: false, failure })),
    ]);
  };

  return {
    closed,
    get peer() {
      return line.peer;
    },
    async request(method, url, headers = {}) {
      const first = await ask(method, url, headers);
      if (!first.ok || first.response.status !== 401) return first;
      const refused = credentials.challenged(first.response);
      if (refused) return { ok: false, failure: refused };
      const second = await ask(method, url, headers);
      if (second.ok && second.response.status === 401) return { ok: false, failure: { reason: 'login-refused', detail: '' } };
      return second;
    },
    send: (method, url, headers = {}) => {
      if (line.writable) write(method, url, headers);
    },
    [Symbol.dispose]: () => end({ reason: 'lost', detail: '' }),
  };
}

interface Credentials {
  /** The Authorization header, once the camera has asked for one. */
  header(method: string, url: string): string | undefined;
  /** Takes the challenge of a 401; a failure when there is nothing (else) to answer it with. */
  challenged(response: RtspResponse): SourceFailure | undefined;
}

function openCredentials({ login, basicAllowed }: CameraConnectionOptions, env: Env): Credentials {
  let challenge: Challenge | undefined;
  let count = 0;
  return {
    header(method, url) {
      if (!login || !challenge) return undefined;
      count += 1;
      return authorize(challenge, login, { method, uri: url, count, cnonce: env.random.bytes(8).toString('hex') });
    },
    challenged(response) {
      const offered = chooseChallenge(response.headers.get('www-authenticate') ?? []);
      const renewed =
        offered?.scheme === 'digest' && (offered.stale || challenge?.scheme !== 'digest' || challenge.nonce !== offered.nonce);
      const isFirst = challenge === undefined;
      challenge = undefined;
      if (!login || !offered || !(isFirst || renewed)) return { reason: 'login-refused', detail: '' };
      if (offered.scheme === 'basic' && !basicAllowed) return { reason: 'login-refused', detail: '', hint: 'basic-only' };
      challenge = offered;
      count = 0;
      return undefined;
    },
  };
}
