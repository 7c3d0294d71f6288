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
  readonly at: number;
  readonly path: string;
  readonly contentType: string | undefined;
  /** The signature fits, and was made within five minutes of now. */
  readonly isGenuine: boolean;
  readonly event: Readonly<Record<string, unknown>>;
}

/** A status, or whatever else is done with the request. */
export type Reply = number | 'hang' | ((response: ServerResponse) => void);

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  /** All that came, also what was not taken. */
  readonly posted: readonly Posted[];
  /** What was answered with success, the first of each `id`. */
  taken(): readonly Posted[];
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
  const taken = new Map<unknown, Posted>();
  let connections = 0;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const event = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const post = {
      at: Date.now(),
      path: request.url ?? '',
      contentType: request.headers['content-type'],
      isGenuine: isGenuine(request, body),
      event,
    };
    posted.push(post);
    const reply = receiver.reply(event);
    if (reply === 'hang') return;
    if (typeof reply === 'function') {
      reply(response);
      return;
    }
    if (reply < 300 && !taken.has(event['id'])) taken.set(event['id'], post);
    response.writeHead(reply).end();
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    take(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer({ cert: await readFile(tls.cert), key: await readFile(tls.key) }, listener) : createServer(listener);
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: WebhookReceiver = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/bongsu`,
    posted,
    taken: () => [...taken.values()],
    reply: () => 204,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
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
