// One connection to a camera: requests one at a time, answers in order, interleaved packets in between.
import type { Env, Login } from '#base';
import type { SourceFailure } from '../faults.ts';
import { encodeRequest, type FramerLimits, header, openFramer, openRtspLogin, type RtspMessage, type RtspResponse } from '../rtsp/index.ts';
import type { CameraAddress } from './address.ts';
import { type OpenLine, openCameraLine } from './line.ts';
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
  /** Called with each message of the camera. */
  readonly onMessage?: (() => void) | undefined;
  /** Default: over the network. */
  readonly openLine?: OpenLine | undefined;
}

/** What a request brings: an answer, or the reason why the connection is of no more use. */
export type Reply = { readonly ok: true; readonly response: RtspResponse } | { readonly ok: false; readonly failure: SourceFailure };

export interface CameraConnection extends Disposable {
  /** Sends one request and waits for its answer; logs in when it is asked to. Never called twice at once (cameras do not bear pipelining). */
  request(method: string, url: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /**
   * Keeps the session alive. Nobody waits for the answer, so that a camera that gives none is not hurt; one that wants a new proof gets it, and one that
   * has forgotten the session (454) ends the connection.
   */
  beat(method: string, url: string, headers?: Readonly<Record<string, string>>): void;
  /** Sends a request whose answer nobody waits for: TEARDOWN. */
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
  const credentials = openRtspLogin(options, env.random);
  let waiting: { sequence: number; resolve(response: RtspResponse): void } | undefined;
  let beating: { sequence: number; answered(response: RtspResponse): void } | undefined;
  let sequence = 0;

  const onMessage = (message: RtspMessage): void => {
    options.onMessage?.();
    if (message.kind !== 'response') return;
    const answered = header(message, 'cseq');
    const isOf = (asked: { readonly sequence: number } | undefined): boolean =>
      asked !== undefined && (answered === undefined || Number(answered) === asked.sequence);
    if (isOf(waiting)) {
      waiting?.resolve(message);
      waiting = undefined;
    } else if (isOf(beating)) {
      const beat = beating;
      beating = undefined;
      beat?.answered(message);
    }
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
  const { address, readBuffer, onRead, openLine = openCameraLine } = options;
  const line = openLine(
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

  /** Its login was refused: more of them would lock the account. */
  let isUnwelcome = false;
  const beat = (method: string, url: string, headers: Readonly<Record<string, string>>, isRepeat = false): void => {
    if (!line.writable || isUnwelcome) return;
    write(method, url, headers);
    beating = {
      sequence,
      answered(response) {
        if (response.status === 454) end({ reason: 'lost', detail: 'session' });
        if (response.status !== 401) return;
        isUnwelcome = isRepeat || credentials.challenged(response) !== 'ask-again';
        beat(method, url, headers, true);
      },
    };
  };

  return {
    closed,
    beat: (method, url, headers = {}) => beat(method, url, headers),
    get peer() {
      return line.peer;
    },
    async request(method, url, headers = {}) {
      const first = await ask(method, url, headers);
      if (!first.ok || first.response.status !== 401) return first;
      const verdict = credentials.challenged(first.response);
      if (verdict === 'refused') return { ok: false, failure: { reason: 'login-refused', detail: '' } };
      if (verdict === 'basic-only') return { ok: false, failure: { reason: 'login-refused', detail: '', hint: 'basic-only' } };
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
