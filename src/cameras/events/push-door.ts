// The door for cameras that push (WS-BaseNotification §3): a small HTTP listener with a token for each camera in the path, open to that camera's address alone.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type Env, messageOf, nodeHttp, type Service, untilAborted } from '#base';
import type { PushOptions } from '../event-options.ts';
import { faults } from '../faults.ts';
import { readBodyOf } from '../soap/index.ts';
import { child, openXmlReader } from '../xml/index.ts';
import { type Notification, readNotifications } from './notification.ts';

/** Takes the messages of one push; the camera is answered when it resolves (after the commit), and told to try again when it rejects. */
export type PushTaker = (notifications: readonly Notification[]) => Promise<void>;

/** A camera's own address at the door; disposed of, it is gone. */
export interface PushSeat extends Disposable {
  readonly url: URL;
}

/** The door. */
export interface PushDoor {
  /** A seat for the camera at that host; its token is fresh and in memory alone. */
  admit(host: string, take: PushTaker): PushSeat;
  /** Rejects with `cameras.push-unlistenable`. */
  readonly service: Service;
  /** The port that is listened on; undefined while it is not. */
  readonly port: number | undefined;
}

interface Guest {
  readonly token: Buffer;
  readonly address: string;
  readonly take: PushTaker;
  /** Pushes of this camera that are being worked on. */
  busy: number;
}

const prefix = '/onvif/notify/';
const limits = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 15_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5000,
};
const maxConnections = 4096;
/** Connections from an address at which a camera is expected, for each of its cameras; and from all others together, who are only told that there is nothing. */
const maxEach = 16;
const maxStrangers = 64;
const maxBusy = 256;
/** A camera pushes one after another; one that does not is told to wait. */
const maxBusyEach = 4;

/** Opens the door; nothing listens before `service` runs. */
export function openPushDoor(options: PushOptions, env: Env): PushDoor {
  const guests = new Map<string, Guest>();
  let busy = 0;
  let port: number | undefined;

  const lines = new Map<string, number>();
  /** Strangers shall not take the places of cameras. */
  const admitLine = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const expected = [...guests.values()].filter((guest) => guest.address === address).length;
    const [who, most] = expected > 0 ? [address, maxEach * expected] : ['strangers', maxStrangers];
    const held = lines.get(who) ?? 0;
    if (held >= most) return void socket.destroy();
    lines.set(who, held + 1);
    socket.once('close', () => {
      const left = (lines.get(who) ?? 1) - 1;
      if (left > 0) lines.set(who, left);
      else lines.delete(who);
    });
  };
  const work = async (guest: Guest, request: IncomingMessage): Promise<number> => {
    const notifications = await readPush(request, options.maxBody);
    if (typeof notifications === 'number') return notifications;
    try {
      await guest.take(notifications);
      return 200;
    } catch (error) {
      env.log.debug({ error: messageOf(error) }, 'a push of a camera was not taken');
      return 503;
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const guest = findGuest(guests, request.url ?? '');
    const refused = refuse(guest, request);
    if (!guest || refused !== undefined) return reply(request, response, refused ?? 404);
    if (busy >= maxBusy || guest.busy >= maxBusyEach) return reply(request, response, 503);
    busy += 1;
    guest.busy += 1;
    try {
      reply(request, response, await work(guest, request));
    } finally {
      busy -= 1;
      guest.busy -= 1;
    }
  };

  return {
    get port() {
      return port;
    },
    admit(host, take) {
      const name = env.random.bytes(24).toString('base64url');
      guests.set(name, { token: Buffer.from(name), address: plainAddress(host), take, busy: 0 });
      const at = options.advertise.includes(':') ? options.advertise : `${options.advertise}:${port ?? options.listen.port}`;
      return { url: new URL(`http://${at}${prefix}${name}`), [Symbol.dispose]: () => void guests.delete(name) };
    },
    service: {
      name: 'push of cameras',
      async run(signal) {
        const server = nodeHttp().createServer(limits, (request, response) => {
          answer(request, response).catch(() => request.destroy());
        });
        server.maxConnections = maxConnections;
        server.on('connection', admitLine);
        port = await listen(server, options.listen);
        const broken = new Promise<never>((_, reject) => server.on('error', reject));
        try {
          await Promise.race([untilAborted(signal), broken]);
        } finally {
          port = undefined;
          server.close();
          server.closeAllConnections();
        }
      },
    },
  };
}

/** 404 for a path that is nobody's, as for one of another camera's address: neither tells that the token exists. */
function refuse(guest: Guest | undefined, request: IncomingMessage): number | undefined {
  if (guest?.address !== plainAddress(request.socket.remoteAddress ?? '')) return 404;
  return request.method === 'POST' ? undefined : 405;
}

function findGuest(guests: ReadonlyMap<string, Guest>, path: string): Guest | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const token = Buffer.from(path.slice(prefix.length));
  const guest = guests.get(token.toString());
  return guest?.token.length === token.length && timingSafeEqual(guest.token, token) ? guest : undefined;
}

/** The messages, or the HTTP status that says why there are none. */
async function readPush(request: IncomingMessage, maxBytes: number): Promise<readonly Notification[] | number> {
  const reader = openXmlReader();
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return 413;
    reader.write(chunk);
  }
  const document = reader.end();
  const notify = document.ok ? child(readBodyOf(document.root), 'Notify') : undefined;
  return notify ? readNotifications(notify) : 400;
}

function reply(request: IncomingMessage, response: ServerResponse, status: number): void {
  const headers = { 'Content-Length': 0, ...(status === 503 && { 'Retry-After': 5 }), ...(status >= 400 && { Connection: 'close' }) };
  response.writeHead(status, headers).end();
  // What is left of a body that nobody reads ends with the connection.
  if (status >= 400) response.once('finish', () => request.destroy());
}

async function listen(server: Server, { host, port }: PushOptions['listen']): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, () => resolve());
  try {
    await promise;
  } catch (cause) {
    throw faults.fault('push-unlistenable', { cause, detail: `${host}:${port}` });
  }
  server.off('error', reject);
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** An address as sockets and URLs both say it: without brackets, and IPv4 without its IPv6 dress. */
function plainAddress(text: string): string {
  const bare = text.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(bare) === 0 ? `not an address: ${bare}` : bare.toLowerCase();
}
