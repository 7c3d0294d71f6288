// The HTTP side of the webhook: bounds, methods, bodies; what a message means is decided by the handler that is handed in.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Env, messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { WebhookOptions } from '../options.ts';
import { type Guests, openGuests } from './guests.ts';
import { type Reply, refuse } from './reply.ts';

/** One request, its head checked by nobody yet. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** Reads the body once, of a sender that is authorised; undefined when it is larger than 64 KiB. */
  body(): Promise<Buffer | undefined>;
}

/** Answers one request. A rejection is answered 503. */
export type Handler = (incoming: Incoming) => Promise<Reply>;

/** A listening server. */
export interface Listener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Rejects when the server breaks; never resolves. */
  readonly broken: Promise<never>;
}

const maxBodyBytes = 65_536;
const maxConcurrent = 64;
/** More than can be answered at once, so that who is one too many is told so. */
const places = { all: 512, each: 128 };
const graceMs = 2000;

/** Listens. Rejects with `sensors.listen-failed` or `sensors.tls-unusable`. On disposal open requests get 2 s to finish. */
export async function openListener(options: Pick<WebhookOptions, 'listen' | 'tls'>, handle: Handler, env: Env): Promise<Listener> {
  const server = await makeServer(options);
  const guests = openGuests(server, places);
  let concurrent = 0;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (concurrent >= maxConcurrent) {
      send(request, response, refuse('busy'));
      return;
    }
    concurrent += 1;
    void answer(request, response, { handle, guests, env }).finally(() => {
      concurrent -= 1;
    });
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

async function makeServer({ tls }: Pick<WebhookOptions, 'tls'>): Promise<Server> {
  if (!tls) return createServer(limits);
  try {
    const cert = await readFile(tls.cert);
    return createTlsServer({ ...limits, handshakeTimeout: limits.headersTimeout, cert, key: tls.key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw sensorsFaults.fault('tls-unusable', { cause, detail: tls.cert });
  }
}

function listen(server: Server, { host, port }: WebhookOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(sensorsFaults.fault('listen-failed', { cause, detail: `${host}:${port}` }));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

interface Answering {
  readonly handle: Handler;
  readonly guests: Guests;
  readonly env: Env;
}

async function answer(request: IncomingMessage, response: ServerResponse, { handle, guests, env }: Answering): Promise<void> {
  request.on('error', () => {});
  try {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const key = request.headers['idempotency-key'];
    const incoming: Incoming = {
      method: request.method ?? '',
      path,
      authorization: request.headers.authorization,
      idempotencyKey: Array.isArray(key) ? key.join(',') : key,
      async body() {
        const body = await readBody(request);
        if (body) guests.served(request.socket);
        return body;
      },
    };
    send(request, response, await handle(incoming));
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    env.log.error({ error: messageOf(error) }, 'a webhook message is not answered with success');
    send(request, response, refuse('not-stored'));
  }
}

/** A sender that was refused before its body was read is told to close, so that the rest of the body is not taken for a request. */
function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const body = `${JSON.stringify(reply.body)}\n`;
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-type': 'application/json; charset=utf-8',
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
