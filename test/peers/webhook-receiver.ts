// A receiver of webhooks that checks each signature by its own hand and answers as it is told.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.ts';

/** What came. */
export interface Posted {
  readonly path: string;
  readonly contentType: string | undefined;
  /** The signature fits, and was made within five minutes of now. */
  readonly isGenuine: boolean;
  /** It was answered with success. */
  readonly isTaken: boolean;
  readonly event: Readonly<Record<string, unknown>>;
}

/** A status, or whatever else is done with the request. */
export type Reply = number | 'hang' | ((response: ServerResponse) => void);

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  /** All that came, also what was not taken. */
  readonly posted: readonly Posted[];
  /** What was answered with success. */
  taken(): readonly Posted[];
  /** Closes it and all its connections; `start` opens it again on its port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** How the next posts are answered. Default 204. */
  reply: (event: Readonly<Record<string, unknown>>) => Reply;
  /** Connections that were made so far. */
  readonly connections: number;
}

/** The key that it shares with the gateway. */
export const webhookSecret = 'a-secret-of-the-platform';

/** Opens a receiver; with `tls`, over HTTPS. */
export async function openWebhookReceiver(tls?: KeyPair): Promise<WebhookReceiver> {
  const posted: Posted[] = [];
  let connections = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const event = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const reply = receiver.reply(event);
    posted.push({
      path: request.url ?? '',
      contentType: request.headers['content-type'],
      isGenuine: isGenuine(request, body),
      isTaken: typeof reply === 'number' && reply < 300,
      event,
    });
    if (reply === 'hang') return;
    if (typeof reply === 'function') {
      reply(response);
      return;
    }
    response.writeHead(reply).end();
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    take(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer({ cert: await readFile(tls.cert), key: await readFile(tls.key) }, listener) : createServer(listener);
  server.on('connection', () => (connections += 1));
  let port = 0;
  const start = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await start();
  const receiver: WebhookReceiver = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/bongsu`,
    posted,
    taken: () => posted.filter(({ isTaken }) => isTaken),
    reply: () => 204,
    get connections() {
      return connections;
    },
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return receiver;
}

function isGenuine({ headers }: IncomingMessage, body: Buffer): boolean {
  const timestamp = String(headers['bongsu-timestamp']);
  const mac = createHmac('sha256', webhookSecret)
    .update(Buffer.concat([Buffer.from(`${timestamp}.`), body]))
    .digest();
  const given = Buffer.from(String(headers['bongsu-signature']).replace(/^sha256=/, ''), 'hex');
  return given.length === mac.length && timingSafeEqual(given, mac) && Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
}
