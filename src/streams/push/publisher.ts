// The dialogue of a publisher with an RTSP server: one request at a time, logged in when it is asked to (RFC 2326 §4, RFC 7616).
import type { Env, Login } from '#base';
import type { PushFailure } from '../faults.ts';
import { encodeRequest, type FramerLimits, header, openFramer, openRtspLogin, parseSession, type RtspResponse } from '../rtsp/index.ts';
import type { OutwardLine } from './outward.ts';

export interface PublisherOptions {
  readonly login: Login | undefined;
  /** Whether nobody else can hear what is said. */
  readonly isHidden: boolean;
  /** Each answer, milliseconds. */
  readonly timeoutMs: number;
}

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Publisher {
  /** Of the session, once the server has named one. */
  readonly timeoutS: number;
  /** Undefined when it was answered with 200. */
  step(request: Request): Promise<PushFailure | undefined>;
  /** Keeps the session alive: nobody waits for the answer, but a server that wants a new proof gets one. */
  beat(request: Request): void;
  /** Sends what nobody waits for. */
  send(request: Request): void;
  /** Closes the connection at once. */
  end(failure: PushFailure): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<PushFailure>;
}

const limits: FramerLimits = {
  slabBytes: 24 * 1024,
  maxHeadBytes: 8 * 1024,
  maxBodyBytes: 4 * 1024,
  maxFrameBytes: 4 * 1024,
  maxLostBytes: 0,
};

/** Opens the dialogue on a connection that stands. */
export function openPublisher({ socket, cut }: OutwardLine, options: PublisherOptions, env: Env): Publisher {
  const { promise: closed, resolve: close } = Promise.withResolvers<PushFailure>();
  // In clear only what TLS hides.
  const proofs = openRtspLogin({ login: options.login, basicAllowed: options.isHidden }, env.random);
  let sequence = 0;
  let session = '';
  let timeoutS = 60;
  let waiting: ((response: RtspResponse) => void) | undefined;

  const end = (failure: PushFailure): void => {
    close(failure);
    cut();
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

  const send = ({ method, url, headers = {}, body = '' }: Request): void => {
    sequence += 1;
    const named = { CSeq: String(sequence), 'User-Agent': 'Bongsu', ...(session === '' ? {} : { Session: session }) };
    const content = body === '' ? {} : { 'Content-Type': 'application/sdp', 'Content-Length': String(Buffer.byteLength(body)) };
    const login = proofs.header(method, url);
    const proof = login === undefined ? {} : { Authorization: login };
    socket.write(encodeRequest(method, url, { ...named, ...headers, ...content, ...proof }) + body);
  };
  const ask = async (request: Request): Promise<PushFailure | RtspResponse> => {
    const { promise, resolve } = Promise.withResolvers<RtspResponse>();
    waiting = resolve;
    send(request);
    using _timer = env.clock.after(options.timeoutMs, () => end({ reason: 'refused', detail: `${request.method} timeout` }));
    return await Promise.race([promise, closed]);
  };
  let isUnwelcome = false;
  const beat = (request: Request, isRepeat = false): void => {
    if (isUnwelcome || socket.destroyed) return;
    waiting = (response) => {
      if (response.status !== 401) return;
      isUnwelcome = isRepeat || proofs.challenged(response) !== 'ask-again';
      beat(request, true);
    };
    send(request);
  };
  return {
    closed,
    beat: (request) => beat(request),
    send,
    end,
    get timeoutS() {
      return timeoutS;
    },
    async step(request) {
      let answer = await ask(request);
      if ('status' in answer && answer.status === 401 && proofs.challenged(answer) === 'ask-again') answer = await ask(request);
      if (!('status' in answer)) return answer;
      if (answer.status === 401) return { reason: 'login-refused', detail: request.method };
      if (answer.status !== 200) return { reason: 'refused', detail: `${request.method} ${answer.status}` };
      const named = header(answer, 'session');
      if (named !== undefined) ({ id: session, timeoutS } = parseSession(named));
      return undefined;
    },
  };
}
