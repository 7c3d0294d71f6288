// Where the bytes of a line come from: a serial port, a serial server, panels that connect, or datagrams.
import { createSocket } from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { type Env, openBackoff, untilAborted } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { LineOptions } from '../line-options.ts';
import { dial, openSerialPort, welcome } from '../wire/index.ts';
import { openPeers, type Peers } from './peers.ts';

/** Where bytes go. */
export interface FeedSink {
  /** It can be heard from now on. `address`: where, of one that listens. */
  opened(address?: { readonly host: string; readonly port: number }): void;
  bytes(peer: string, chunk: Buffer): void;
  /** The same of a connection: resolves when more can be taken, and until then bytes wait in the kernel. */
  stream(peer: string, chunk: Buffer): Promise<void>;
  datagram(address: string, chunk: Buffer): void;
  /** The peer's stream is over. */
  gone(peer: string): void;
}

/** One way. */
export interface Feed {
  /** Hears until the signal aborts, then resolves. Rejects with a BongsuError whose hint tells a technician what to do. */
  run(sink: FeedSink, signal: AbortSignal): Promise<void>;
  /** A line of this peer was understood: it is who a panel is. */
  understood(peer: string): void;
  /** Milliseconds to wait before the next try. */
  reopenMs(): number;
}

/** The feed of `options`. */
export function feedOf(options: LineOptions, env: Env): Feed {
  const understood = (): void => {};
  const soon = (): number => 1000 + env.random.uniform() * 4000;
  switch (options.via) {
    case 'serial':
      return { run: (sink, signal) => hearPort(options, { sink, signal, env }), understood, reopenMs: soon };
    case 'tcp': {
      const backoff = openBackoff({ minMs: 1000, maxMs: 30_000 }, env.random);
      const run: Feed['run'] = async (sink, signal) => {
        const socket = await dial({ host: options.host, port: options.port, reason: 'serial-server-unreachable' }, signal, env);
        backoff.reset();
        sink.opened();
        await hearSocket(socket, { peer: 'server', address: `${options.host}:${options.port}` }, { sink, signal });
      };
      return { run, understood, reopenMs: () => backoff.next() };
    }
    case 'tcp-listen': {
      const peers = openPeers<Socket>((socket) => socket.destroy());
      return { run: (sink, signal) => hearPeers(options, peers, { sink, signal }), understood: peers.understood, reopenMs: soon };
    }
    case 'udp':
      return { run: (sink, signal) => hearDatagrams(options, sink, signal), understood, reopenMs: soon };
  }
}

type Via<Name extends LineOptions['via']> = Extract<LineOptions, { via: Name }>;

async function hearPort(
  options: Via<'serial'>,
  { sink, signal, env }: { readonly sink: FeedSink; readonly signal: AbortSignal; readonly env: Env },
): Promise<void> {
  const port = await openSerialPort(options, env);
  sink.opened();
  try {
    await new Promise<void>((resolve, reject) => {
      const lose = (cause?: unknown): void => reject(sensorsFaults.fault('line-lost', { detail: options.port, cause }));
      port.on('data', (chunk: Buffer) => sink.bytes('port', chunk));
      port.on('close', lose);
      port.on('error', lose);
      void untilAborted(signal).then(resolve);
    });
  } finally {
    sink.gone('port');
    if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }
}

/** Hears one connection; rejects when it is over. Bytes wait in the kernel while there is no room. */
async function hearSocket(
  socket: Socket,
  who: { readonly peer: string; readonly address: string },
  { sink, signal }: { readonly sink: FeedSink; readonly signal: AbortSignal },
): Promise<void> {
  const end = (): void => void socket.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) await sink.stream(who.peer, chunk);
    throw new Error('the other side closed the connection');
  } catch (cause) {
    if (!signal.aborted) throw sensorsFaults.fault('line-lost', { cause, detail: who.address });
  } finally {
    signal.removeEventListener('abort', end);
    socket.destroy();
    sink.gone(who.peer);
  }
}

async function hearPeers(
  options: Via<'tcp-listen'>,
  peers: Peers<Socket>,
  { sink, signal }: { readonly sink: FeedSink; readonly signal: AbortSignal },
): Promise<void> {
  const isWelcome = welcome(options.from);
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: 10_000, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    if (!isWelcome(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    const peer = peers.enter(socket.remoteAddress ?? '', socket);
    void hearSocket(socket, { peer, address: '' }, { sink, signal })
      .catch(() => {})
      .finally(() => peers.leave(peer));
  });
  try {
    await listenOn(server, options.listen);
    const address = server.address();
    sink.opened(typeof address === 'object' && address ? { host: address.address, port: address.port } : undefined);
    await untilEnd((fail) => server.on('error', fail), signal, options.listen);
  } finally {
    peers.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function hearDatagrams(options: Via<'udp'>, sink: FeedSink, signal: AbortSignal): Promise<void> {
  const isWelcome = welcome(options.from);
  const { host, port } = options.listen;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  socket.on('message', (chunk, { address }) => {
    if (isWelcome(address)) sink.datagram(address, chunk);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => reject(listenFailed(options.listen, cause)));
      socket.bind({ address: host, port }, resolve);
    });
    const address = socket.address();
    sink.opened({ host: address.address, port: address.port });
    await untilEnd((fail) => socket.on('error', fail), signal, options.listen);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

function listenOn(server: Server, where: Via<'udp'>['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenFailed(where, cause));
    server.once('error', fail);
    server.listen(where, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function untilEnd(onError: (fail: (cause: Error) => void) => void, signal: AbortSignal, where: Via<'udp'>['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    onError((cause) => reject(listenFailed(where, cause)));
    void untilAborted(signal).then(resolve);
  });
}

function listenFailed({ host, port }: Via<'udp'>['listen'], cause: unknown): Error {
  return sensorsFaults.fault('line-listen-failed', { cause, detail: `${host}:${port}` });
}
