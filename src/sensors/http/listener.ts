// The HTTP side of whoever is sent to: bounds, bodies, strangers; what a request means is decided by the handler that is handed in.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Env, messageOf, nodeHttp } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Bodies, openBodies, TurnedOut } from './bodies.ts';
import { type Guests, openGuests } from './guests.ts';
import { openSlowness, type Slowness } from './slowness.ts';

/** One request, its head checked by nobody yet. */
export interface Incoming {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Address of the sender, without port. */
  readonly from: string;
  /** By its name in small letters; one that is there several times is joined by commas. */
  header(name: string): string | undefined;
  /** The head has the right secret: the body needs no place among those of strangers. */
  proven(): void;
  /** Reads the body once; undefined when it is larger than 64 KiB. Rejects, and is then answered as `busy`, where the sender's place was needed for another. */
  body(): Promise<Buffer | undefined>;
  /** The sender is known, its body read: from now on it keeps its place. False where too many wait for the store: it is to be answered as busy. */
  welcome(): boolean;
}

/** An answer to be sent. */
export interface Reply {
  readonly status: number;
  /** Sent as JSON; none when left out. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** A wrong secret, or nobody's name: the answer waits the longer the more of them came from that address. */
  readonly isStranger?: boolean;
}

/** Answers one request. */
export type Handler = (incoming: Incoming) => Promise<Reply>;

/** What the listener itself has to say. */
export interface ListenerAnswers {
  readonly busy: Reply;
  /** The handler rejected. */
  readonly failed: Reply;
  /** An address from which too many wrong secrets wait for their answers. */
  readonly slower: Reply;
}

/** Where to listen. */
export interface ListenOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** A listening server. */
export interface Listener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Rejects when the server breaks; never resolves. */
  readonly broken: Promise<never>;
}

const maxBodyBytes = 65_536;
/** Requests of known senders that wait for the store; whoever has proven nothing counts elsewhere. */
const maxConcurrent = 64;
/** More than can be answered at once, so that who is one too many is told so. */
const places = { all: 512, each: 128, reserved: 64 };
const graceMs = 2000;

/** Listens. Rejects with `sensors.listen-failed` or `sensors.tls-unusable`. On disposal open requests get 2 s to finish. */
export async function openListener(
  options: ListenOptions,
  { handle, answers }: { readonly handle: Handler; readonly answers: ListenerAnswers },
  env: Env,
): Promise<Listener> {
  const server = await makeServer(options);
  const end = new AbortController();
  const desk: Desk = {
    handle,
    answers,
    guests: openGuests(server, places),
    bodies: openBodies(env),
    slowness: openSlowness(env),
    env,
    signal: end.signal,
    concurrent: 0,
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, desk)
      .then((reply) => (reply?.isStranger ? hold(reply, request, desk) : reply))
      .then((reply) => reply && send(request, response, reply));
  });
  await listen(server, options.listen);
  const { address: host, port } = server.address() as AddressInfo;
  const broken = new Promise<never>((_, reject) => {
    server.on('error', (cause) => reject(sensorsFaults.fault('listen-failed', { cause, detail: `${host}:${port}` })));
  });
  broken.catch(() => {});
  return {
    address: { host, port },
    broken,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      end.abort();
      using _grace = env.clock.after(graceMs, () => server.closeAllConnections());
      await closed;
    },
  };
}

const limits = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

async function makeServer({ tls }: ListenOptions): Promise<Server> {
  if (!tls) return nodeHttp().createServer(limits);
  try {
    const cert = await readFile(tls.cert);
    return createTlsServer({ ...limits, handshakeTimeout: limits.headersTimeout, cert, key: tls.key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw sensorsFaults.fault('tls-unusable', { cause, detail: tls.cert });
  }
}

function listen(server: Server, { host, port }: ListenOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(sensorsFaults.fault('listen-failed', { cause, detail: `${host}:${port}` }));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

interface Desk {
  readonly handle: Handler;
  readonly answers: ListenerAnswers;
  readonly guests: Guests;
  readonly bodies: Bodies;
  readonly slowness: Slowness;
  readonly env: Env;
  readonly signal: AbortSignal;
  /** Requests that wait for the store. */
  concurrent: number;
}

/** Undefined: the sender hung up before its request was whole. */
async function answer(request: IncomingMessage, desk: Desk): Promise<Reply | undefined> {
  const { handle, answers, guests, bodies, env } = desk;
  const address = addressOf(request);
  let isProven = false;
  let counted = 0;
  request.on('error', () => {});
  try {
    const [path = ''] = (request.url ?? '').split('?', 1);
    return await handle({
      method: request.method ?? '',
      path,
      from: address,
      header(name) {
        const value = request.headers[name];
        return Array.isArray(value) ? value.join(',') : value;
      },
      proven() {
        isProven = true;
      },
      body: () => (isProven ? readBody(request) : bodies.read({ address, isKnown: guests.isKnown(address) }, readBody(request))),
      welcome() {
        guests.served(request.socket);
        if (desk.concurrent >= maxConcurrent) return false;
        desk.concurrent += 1;
        counted += 1;
        return true;
      },
    });
  } catch (error) {
    if (error instanceof TurnedOut) return answers.busy;
    if (request.destroyed && !request.complete) return undefined;
    env.log.error({ error: messageOf(error) }, 'a message over HTTP is not answered with success');
    return answers.failed;
  } finally {
    desk.concurrent -= counted;
  }
}

/** Without the prefix that an IPv4 address has on a socket for both. */
function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

async function hold(reply: Reply, request: IncomingMessage, { answers, slowness, signal }: Desk): Promise<Reply> {
  const isHeld = await slowness.hold(addressOf(request), signal);
  return isHeld ? reply : answers.slower;
}

/** A sender that was refused before its body was read is told to close, so that the rest of the body is not taken for a request. */
function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const body = reply.body ? `${JSON.stringify(reply.body)}\n` : '';
  response.writeHead(reply.status, {
    ...(reply.body ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    ...reply.headers,
    'content-length': Buffer.byteLength(body),
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(body);
  if (!request.complete) request.resume();
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBodyBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
