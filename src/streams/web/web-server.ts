// The HTTP(S) server of readers: stills and FLV behind one port, with bounds on heads, time and number; who shows no token stands in the crowd.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import { type Env, messageOf, nodeHttp } from '#base';
import { openCrowd, openThreshold, readTls, type TlsFiles } from '../server/index.ts';

/** Who asks, as the crowd at the door sees him. */
export interface Guest {
  /** He has taken a place on a lease. */
  welcome(): void;
  /** Ends his connection at once, with what waits in the kernel. */
  cut(): void;
}

/** What is behind the server. */
export interface WebDoors {
  still(request: IncomingMessage, response: ServerResponse, guest: Guest): Promise<void>;
  flv(request: IncomingMessage, response: ServerResponse, guest: Guest): Promise<void>;
  /** A WebSocket's handshake. */
  socket(request: IncomingMessage, socket: Socket, guest: Guest): Promise<void>;
}

const maxConnections = 160;
const limits = { maxHeaderSize: 8 * 1024, requestTimeout: 10_000, headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };

/** Makes a server that is not yet listening. Throws when the certificate cannot be read. */
export function makeWebServer(tls: TlsFiles | undefined, doors: WebDoors, env: Env): NetServer {
  const failed = (socket: Socket) => (error: unknown) => {
    env.log.error({ error: messageOf(error) }, 'a request over HTTP could not be answered');
    socket.destroy();
  };
  const server = tls ? createTlsServer({ ...limits, ...readTls(tls) }) : nodeHttp().createServer(limits);
  // Behind the threshold it does not listen itself, and does not watch the time of requests: the crowd does.
  const door = tls ? openThreshold(server, env.clock) : server;
  const crowd = openCrowd(door, maxConnections, env.clock);
  const asked = new WeakSet<Socket>();
  const guestOf = (socket: Socket): Guest => ({
    welcome: () => crowd.welcome(socket),
    cut: () => void (socket.destroyed || crowd.cut(socket)),
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // Each answer ends its connection: who asks on before it came only piles up what waits.
    if (asked.has(request.socket)) return void request.socket.destroy();
    asked.add(request.socket);
    response.setHeader('Connection', 'close');
    response.setHeader('Cache-Control', 'no-store');
    if (request.method !== 'GET') return say(response, 405, 'only GET');
    const serve = request.url?.startsWith('/s/') ? doors.flv : doors.still;
    serve(request, response, guestOf(request.socket)).catch(failed(request.socket));
  });
  server.on('upgrade', (request: IncomingMessage, stream: Socket) => {
    stream.on('error', () => {});
    doors.socket(request, stream, guestOf(stream)).catch(failed(stream));
  });
  return door;
}

/** A plain answer in words. */
export function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
