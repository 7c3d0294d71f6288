// RTSP RECORD: ANNOUNCE, SETUP and RECORD to a server of the hub, then pictures in the same connection (RFC 2326 §10.3, §10.11).
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import type { PushFailure } from '../faults.ts';
import type { ReaderLine } from '../path/index.ts';
import {
  describeTrack,
  encodeRequest,
  type FramerLimits,
  header,
  openFramer,
  parseSession,
  type RtspResponse,
  type VideoTrack,
} from '../rtsp/index.ts';
import { type OutwardOptions, openOutward } from './outward.ts';

export interface RecorderOptions extends OutwardOptions {
  readonly login: Login | undefined;
  readonly track: VideoTrack;
}

export interface Recorder extends Disposable {
  readonly line: ReaderLine;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<PushFailure>;
}

export type Recording = { readonly ok: true; readonly recorder: Recorder } | { readonly ok: false; readonly failure: PushFailure };

const limits: FramerLimits = {
  slabBytes: 24 * 1024,
  maxHeadBytes: 8 * 1024,
  maxBodyBytes: 4 * 1024,
  maxFrameBytes: 4 * 1024,
  maxLostBytes: 0,
};

/** Connects and records; pictures may be written when it resolves. Never rejects. */
export async function openRecorder(options: RecorderOptions, env: Env): Promise<Recording> {
  const outward = await openOutward(options, env);
  if (!outward.ok) return outward;
  const { socket } = outward;
  const { promise: closed, resolve: close } = Promise.withResolvers<PushFailure>();
  const { url, scheme } = options.address;
  let sequence = 0;
  let session = '';
  let timeoutS = 60;
  let challenge: Challenge | undefined;
  let uses = 0;
  let waiting: ((response: RtspResponse) => void) | undefined;

  const end = (failure: PushFailure): void => {
    close(failure);
    socket.destroy();
  };
  const framer = openFramer(limits, {
    packet: () => {},
    message: (message) => {
      if (message.kind === 'response') waiting?.(message);
    },
  });
  socket.setNoDelay(true);
  socket.on('data', (bytes: Buffer) => {
    if (framer.feed(bytes)) end({ reason: 'refused', detail: 'not RTSP' });
  });
  socket.on('error', () => {});
  socket.once('close', () => close({ reason: 'lost', detail: '' }));

  const send = (method: string, target: string, headers: Readonly<Record<string, string>>, body = ''): void => {
    sequence += 1;
    uses += 1;
    const cnonce = env.random.bytes(8).toString('hex');
    const proof = challenge && options.login && authorize(challenge, options.login, { method, uri: target, count: uses, cnonce });
    const length = body === '' ? {} : { 'Content-Type': 'application/sdp', 'Content-Length': String(Buffer.byteLength(body)) };
    const all = {
      CSeq: String(sequence),
      'User-Agent': 'Bongsu',
      ...(session === '' ? {} : { Session: session }),
      ...headers,
      ...length,
      ...(proof === undefined ? {} : { Authorization: proof }),
    };
    socket.write(encodeRequest(method, target, all) + body);
  };
  const ask = async (
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<PushFailure | RtspResponse> => {
    const { promise, resolve } = Promise.withResolvers<RtspResponse>();
    waiting = resolve;
    send(method, target, headers, body);
    using _timer = env.clock.after(options.timeoutMs, () => end({ reason: 'refused', detail: `${method} timeout` }));
    return await Promise.race([promise, closed]);
  };
  /** The failure, or undefined when it was answered well. */
  const step = async (
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<PushFailure | undefined> => {
    let answer = await ask(method, target, headers, body);
    if ('status' in answer && answer.status === 401 && options.login && !challenge) {
      challenge = choose(answer, scheme === 'rtsps');
      if (challenge) answer = await ask(method, target, headers, body);
    }
    if (!('status' in answer)) return answer;
    if (answer.status === 401) return { reason: 'login-refused', detail: method };
    if (answer.status !== 200) return { reason: 'refused', detail: `${method} ${answer.status}` };
    const named = header(answer, 'session');
    if (named !== undefined) ({ id: session, timeoutS } = parseSession(named));
    return undefined;
  };

  const track = `${url.replace(/\/$/, '')}/trackID=0`;
  const failure =
    (await step('ANNOUNCE', url, {}, describeTrack(options.track).replace('a=recvonly\r\n', ''))) ??
    (await step('SETUP', track, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record' })) ??
    (await step('RECORD', url, { Range: 'npt=0.000-' }));
  if (failure) {
    end(failure);
    return { ok: false, failure };
  }
  const beat = (): void => {
    alive = env.clock.after((timeoutS * 1000) / 2, () => {
      send('OPTIONS', url, {});
      beat();
    });
  };
  let alive: Disposable | undefined;
  beat();
  const line: ReaderLine = {
    write: (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    },
    get waitingBytes() {
      return socket.writableLength;
    },
  };
  return {
    ok: true,
    recorder: {
      line,
      closed,
      [Symbol.dispose]() {
        alive?.[Symbol.dispose]();
        if (!socket.destroyed && socket.writableLength === 0) send('TEARDOWN', url, {});
        socket.destroySoon();
        env.clock.after(200, () => end({ reason: 'lost', detail: '' }));
      },
    },
  };
}

/** In clear only what TLS hides. */
function choose(answer: RtspResponse, isHidden: boolean): Challenge | undefined {
  const offered = chooseChallenge(answer.headers.get('www-authenticate') ?? []);
  return offered?.scheme === 'basic' && !isHidden ? undefined : offered;
}
