// An RTSP 1.0 connection, the client's side: one request at a time, Digest where it is asked for, interleaved packets handed on.
import { connect } from 'node:net';
import { authorize, type Challenge, chooseChallenge, type Env, type Login, messageOf } from '#base';
import { fault } from '../faults.ts';
import { takeRtsp, writeRtsp } from '../rtsp/index.ts';

type Header = readonly [string, string];

/** A successful answer. */
export interface RtspAnswer {
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/** An open connection. */
export interface RtspClient {
  /** The address without login. */
  readonly base: string;
  /** Asks and waits for 200. Throws `simulator.reader-failed` with any other status, after a time-out, or when the connection goes. */
  ask(method: string, url: string, headers: readonly Header[]): Promise<RtspAnswer>;
  /** Asks without waiting. */
  send(method: string, url: string, headers: readonly Header[]): void;
  close(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

interface ClientOptions {
  readonly login: Login | undefined;
  readonly timeoutMs: number;
  onFrame(channel: number, packet: Buffer): void;
}

interface Answer extends RtspAnswer {
  readonly status: number;
  readonly line: string;
}

const maxHeldBytes = 2 * 2 ** 20;

/** Connects to the host of `url`. Throws `simulator.reader-failed`. */
export async function openRtspClient(url: string, options: ClientOptions, env: Env): Promise<RtspClient> {
  const target = new URL(url);
  const socket = connect({ host: target.hostname, port: Number(target.port || 554), noDelay: true });
  const waiting = new Map<number, (answer: Answer | undefined) => void>();
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      for (const settle of waiting.values()) settle(undefined);
      resolve();
    }),
  );
  let problem = 'the connection was closed';
  socket.on('error', (error) => {
    problem = messageOf(error);
  });
  const login = options.login ?? loginOf(target);
  const base = `rtsp://${target.host}${target.pathname}${target.search}`;
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    for (let taken = takeRtsp(held); taken.kind !== 'more'; taken = takeRtsp(held)) {
      if (taken.kind === 'bad') return void socket.destroy();
      held = held.subarray(taken.size);
      if (taken.kind === 'frame') options.onFrame(taken.channel, taken.payload);
      else waiting.get(Number(taken.headers.get('cseq')?.[0]))?.(answerOf(taken));
    }
    if (held.length > maxHeldBytes) socket.destroy();
  });
  let sequence = 0;
  let challenge: Challenge | undefined;
  let uses = 0;
  const write = (method: string, uri: string, headers: readonly Header[]): number => {
    sequence += 1;
    const all: Header[] = [['CSeq', String(sequence)], ['User-Agent', 'Bongsu simulator'], ...headers];
    if (challenge && login) {
      uses += 1;
      const cnonce = env.random.bytes(8).toString('hex');
      all.push(['Authorization', authorize(challenge, login, { method, uri, count: uses, cnonce })]);
    }
    if (socket.writable) socket.write(writeRtsp(`${method} ${uri} RTSP/1.0`, all));
    return sequence;
  };
  const once = async (method: string, uri: string, headers: readonly Header[]): Promise<Answer> => {
    const number = write(method, uri, headers);
    let late: Disposable | undefined;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      waiting.set(number, resolve);
      late = env.clock.after(options.timeoutMs, () => {
        problem = 'no answer in time';
        resolve(undefined);
      });
      if (socket.destroyed) resolve(undefined);
    });
    late?.[Symbol.dispose]();
    waiting.delete(number);
    if (!answer) throw fault('reader-failed', { detail: `${method}: ${problem}` });
    return answer;
  };
  return {
    base,
    closed,
    close: () => socket.destroy(),
    send: (method, uri, headers) => void write(method, uri, headers),
    async ask(method, uri, headers) {
      let answer = await once(method, uri, headers);
      if (answer.status === 401 && login) {
        challenge = chooseChallenge(answer.headers.get('www-authenticate') ?? []);
        uses = 0;
        answer = await once(method, uri, headers);
      }
      if (answer.status !== 200) throw fault('reader-failed', { detail: `${method}: ${answer.line}` });
      return answer;
    },
  };
}

function loginOf(url: URL): Login | undefined {
  return url.username === '' ? undefined : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function answerOf(taken: { start: string; headers: RtspAnswer['headers']; body: Buffer }): Answer {
  const line = taken.start.replace(/^RTSP\/1\.\d /, '').slice(0, 100);
  return { status: Number(line.slice(0, 3)), line, headers: taken.headers, body: Buffer.from(taken.body) };
}
