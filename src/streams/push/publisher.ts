// The dialogue of a publisher with an RTSP server: one request at a time, logged in when it is asked to (RFC 2326 §4, RFC 7616).
import type { Socket } from 'node:net';
import { authorize, type Challenge, chooseChallenge, type Env, type Login } from '#base';
import type { PushFailure } from '../faults.ts';
import { encodeRequest, type FramerLimits, header, openFramer, parseSession, type RtspResponse } from '../rtsp/index.ts';

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
  /** Sends what nobody waits for. */
  send(request: Request): void;
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
export function openPublisher(socket: Socket, options: PublisherOptions, env: Env): Publisher {
  const { promise: closed, resolve: close } = Promise.withResolvers<PushFailure>();
  const proofs = openProofs(options, env);
  let sequence = 0;
  let session = '';
  let timeoutS = 60;
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

  const send = ({ method, url, headers = {}, body = '' }: Request): void => {
    sequence += 1;
    const named = { CSeq: String(sequence), 'User-Agent': 'Bongsu', ...(session === '' ? {} : { Session: session }) };
    const content = body === '' ? {} : { 'Content-Type': 'application/sdp', 'Content-Length': String(Buffer.byteLength(body)) };
    socket.write(encodeRequest(method, url, { ...named, ...headers, ...content, ...proofs.header(method, url) }) + body);
  };
  const ask = async (request: Request): Promise<PushFailure | RtspResponse> => {
    const { promise, resolve } = Promise.withResolvers<RtspResponse>();
    waiting = resolve;
    send(request);
    using _timer = env.clock.after(options.timeoutMs, () => end({ reason: 'refused', detail: `${request.method} timeout` }));
    return await Promise.race([promise, closed]);
  };
  return {
    closed,
    send,
    end,
    get timeoutS() {
      return timeoutS;
    },
    async step(request) {
      let answer = await ask(request);
      if ('status' in answer && answer.status === 401 && proofs.challenged(answer)) answer = await ask(request);
      if (!('status' in answer)) return answer;
      if (answer.status === 401) return { reason: 'login-refused', detail: request.method };
      if (answer.status !== 200) return { reason: 'refused', detail: `${request.method} ${answer.status}` };
      const named = header(answer, 'session');
      if (named !== undefined) ({ id: session, timeoutS } = parseSession(named));
      return undefined;
    },
  };
}

interface Proofs {
  header(method: string, uri: string): Readonly<Record<string, string>>;
  /** Whether the challenge of a 401 can be answered; once. */
  challenged(answer: RtspResponse): boolean;
}

function openProofs({ login, isHidden }: PublisherOptions, env: Env): Proofs {
  let challenge: Challenge | undefined;
  let count = 0;
  return {
    header(method, uri) {
      if (!login || !challenge) return {};
      count += 1;
      const cnonce = env.random.bytes(8).toString('hex');
      return { Authorization: authorize(challenge, login, { method, uri, count, cnonce }) };
    },
    challenged(answer) {
      if (!login || challenge) return false;
      const offered = chooseChallenge(answer.headers.get('www-authenticate') ?? []);
      // In clear only what TLS hides.
      challenge = offered?.scheme === 'basic' && !isHidden ? undefined : offered;
      return challenge !== undefined;
    },
  };
}
