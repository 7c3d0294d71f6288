// The RTSP server: connections of readers, bounded in number, size and time; each holds one conversation.
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Env, messageOf } from '#base';
import { type Framer, type FramerLimits, openFramer, type RtspRequest } from '../rtsp/index.ts';
import { openConversation, type Visit } from './conversation.ts';
import { type Crowd, openCrowd } from './crowd.ts';
import type { Guard } from './guard.ts';
import { readTls, type TlsFiles } from './listen.ts';
import { openManners } from './manners.ts';
import { openThreshold } from './threshold.ts';

/** A connection as the sessions see it. */
export interface ReaderConnection {
  /** Of the reader, without its port. */
  readonly address: string;
  /** `address:port` of the reader. */
  readonly peer: string;
  readonly sessionId: string;
  write(bytes: Buffer): void;
  readonly waitingBytes: number;
  /** Closes at once; what waits is dropped, also what waits in the kernel. */
  cut(): void;
}

/** What the server needs of the rest of the media process. */
export interface Hall {
  /** What a token opens for this connection; undefined when it is wrong. */
  visit(connection: ReaderConnection, tokenHash: string): Visit | undefined;
  /** The connection is gone. */
  gone(connection: ReaderConnection): void;
  /** Whether pictures flow to it: then silence of the reader is no reason to close it. False when its line has taken nothing for long. */
  isPlaying(connection: ReaderConnection): boolean;
}

export interface RtspServerOptions {
  readonly maxConnections: number;
  readonly tls: TlsFiles | undefined;
  /** A connection that does not play and does not ask is closed after so long. */
  readonly idleMs: number;
  /** Bytes of pictures that may wait for a reader. */
  readonly readerBufferBytes: number;
}

/** A reader sends short requests and small RTCP packets. */
const limits: FramerLimits = {
  slabBytes: 24 * 1024,
  maxHeadBytes: 8 * 1024,
  maxBodyBytes: 4 * 1024,
  maxFrameBytes: 4 * 1024,
  maxLostBytes: 0,
};
/** Requests that may wait for the one that is being answered. */
const maxWaiting = 16;
/** Bytes of answers that may wait for a reader, beside its pictures and the last piece of them. */
const maxWaitingBytes = 64 * 1024;
const maxPieceBytes = 512 * 1024;

/** Makes a server that is not yet listening. Throws when the certificate cannot be read. */
export function makeRtspServer(options: RtspServerOptions, hall: Hall, guard: Guard, env: Env): Server {
  const onConnection = (socket: Socket): void => {
    receive(socket, options, { hall, guard, crowd }, env);
  };
  const guarded = options.tls && createTlsServer({ ...readTls(options.tls), handshakeTimeout: 10_000 }, onConnection);
  guarded?.on('tlsClientError', () => {});
  const server = guarded ? openThreshold(guarded, env.clock) : createServer(onConnection);
  const crowd = openCrowd(server, options.maxConnections, env.clock);
  return server;
}

interface Door {
  readonly hall: Hall;
  readonly guard: Guard;
  readonly crowd: Crowd;
}

function receive(socket: Socket, options: RtspServerOptions, { hall, guard, crowd }: Door, env: Env): void {
  const address = socket.remoteAddress ?? '';
  const cut = (): void => {
    if (!socket.destroyed) crowd.cut(socket);
  };
  const connection: ReaderConnection = {
    address,
    peer: `${address}:${socket.remotePort ?? 0}`,
    sessionId: env.random.bytes(12).toString('hex'),
    write: (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    },
    get waitingBytes() {
      return socket.writableLength;
    },
    cut,
  };
  const conversation = openConversation({
    sessionId: connection.sessionId,
    visit(hash) {
      const visit = hall.visit(connection, hash);
      if (visit) manners.trust();
      return visit;
    },
    welcome: () => crowd.welcome(socket),
    async punish() {
      const { waitMs, isAnswered } = guard.wrong(address);
      await env.clock.sleep(waitMs);
      if (!isAnswered) cut();
    },
  });

  const manners = openManners(env.clock);
  const requests: RtspRequest[] = [];
  let answering = false;
  let idle: Disposable | undefined;
  const rest = (): void => {
    idle?.[Symbol.dispose]();
    if (socket.destroyed) return;
    idle = env.clock.after(options.idleMs, () => (answering || hall.isPlaying(connection) ? rest() : cut()));
  };
  const drain = async (): Promise<void> => {
    answering = true;
    for (let request = requests.shift(); request && !socket.destroyed; request = requests.shift()) {
      const { bytes, next } = await conversation.answer(request);
      if (socket.destroyed) break;
      const pictureBytes = hall.isPlaying(connection) ? options.readerBufferBytes + maxPieceBytes : 0;
      if (socket.writableLength > pictureBytes + maxWaitingBytes) return cut();
      if (next === 'close') socket.end(bytes);
      else socket.write(bytes);
      if (next === 'close') break;
      if (next === 'play') conversation.play();
    }
    answering = false;
    rest();
  };
  const framer: Framer = openFramer(limits, {
    packet: () => {},
    message(message) {
      if (message.kind !== 'request' || requests.length >= maxWaiting || !manners.asks()) return cut();
      requests.push(message);
      if (answering) return;
      drain().catch((error: unknown) => {
        env.log.error({ peer: connection.peer, error: messageOf(error) }, 'a request could not be answered');
        cut();
      });
    },
  });

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  rest();
  socket.on('data', (bytes: Buffer) => {
    if (!manners.says(bytes.length) || framer.feed(bytes)) cut();
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    idle?.[Symbol.dispose]();
    requests.length = 0;
    hall.gone(connection);
  });
}
