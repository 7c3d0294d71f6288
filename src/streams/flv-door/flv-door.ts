// The door for FLV readers, over HTTP and over a WebSocket: token, place, pictures, and the cut when the lease ends.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Env } from '#base';
import { failureText } from '../faults.ts';
import { type FeedUse, type FlvLine, type FlvPump, openFlvPump, type Remuxer } from '../flv/index.ts';
import type { Leases, Tenancy, Tenant } from '../leases.ts';
import type { Backlog } from '../path/index.ts';
import type { MediaEvent, SessionEnd, SessionReport } from '../protocol.ts';
import { type Guard, tokenHashIn } from '../server/index.ts';
import { type Guest, say, type WebDoors } from '../web/index.ts';
import { acceptKey, binaryHead, closeFrame, openWsHearing } from './ws-frames.ts';

export interface FlvDeps {
  readonly leases: Leases;
  readonly guard: Guard;
  readonly remuxer: Remuxer;
  readonly readerBufferBytes: number;
  /** What waits for readers counts in it. */
  readonly backlog: Backlog;
  emit(event: MediaEvent): void;
}

export interface FlvDoor extends Pick<WebDoors, 'flv' | 'socket'> {
  list(): readonly SessionReport[];
  /** Ends the one with this id; false when there is none. */
  cut(session: string): boolean;
  close(reason: SessionEnd): void;
}

/** How one kind of connection is spoken to. */
interface Line extends FlvLine {
  readonly protocol: 'http-flv' | 'ws-flv';
  readonly socket: Socket;
  readonly guest: Guest;
  /** Before any picture. */
  refuse(status: number, text: string): void;
  begin(): void;
}

interface Session {
  report(): SessionReport | undefined;
  /** Ends it, and its connection. */
  cut(): void;
  end(reason: SessionEnd): void;
}

/** A reader whose line took nothing for so long is closed. */
const stallLimitMs = 30_000;
const lookMs = 5_000;

/** Opens the door. */
export function openFlvDoor(deps: FlvDeps, env: Env): FlvDoor {
  const sessions = new Set<Session>();
  const receive = async (request: IncomingMessage, line: Line): Promise<void> => {
    const address = request.socket.remoteAddress ?? '';
    const hash = tokenHashIn(request.url ?? '', 's');
    const tenancy = hash === undefined ? undefined : deps.leases.claim(hash, { peer: address, door: line.protocol });
    if (!tenancy) {
      const { waitMs, isAnswered } = deps.guard.wrong(address);
      await env.clock.sleep(waitMs);
      return isAnswered ? line.refuse(404, 'not found') : void line.socket.destroy();
    }
    await serve(line, tenancy, `${address}:${request.socket.remotePort ?? 0}`, sessions, deps, env);
  };
  return {
    flv: (request, response, guest) => receive(request, httpLine(request, response, guest)),
    async socket(request, socket, guest) {
      const key = request.headers['sec-websocket-key'] ?? '';
      const line = socketLine(socket, guest, key, env);
      const isHandshake = /^[A-Za-z0-9+/]{22}==$/.test(key) && request.headers['sec-websocket-version'] === '13';
      if (!isHandshake || request.method !== 'GET') return line.refuse(400, 'no WebSocket handshake');
      await receive(request, line);
    },
    list: () => [...sessions].flatMap((session) => session.report() ?? []),
    cut(id) {
      const found = [...sessions].find((session) => session.report()?.session === id);
      found?.cut();
      return found !== undefined;
    },
    close(reason) {
      for (const session of sessions) session.end(reason);
    },
  };
}

/** Waits for the pictures, lets them flow, and returns when they do or when there are none. */
async function serve(line: Line, tenancy: Tenancy, peer: string, sessions: Set<Session>, deps: FlvDeps, env: Env): Promise<void> {
  const { device, channel, quality, source } = tenancy.lease;
  let session: Session | undefined;
  let ended = false;
  const tenant: Tenant = {
    end(reason) {
      if (ended) return;
      ended = true;
      tenancy.leave(tenant);
      session?.end(reason);
      line.guest.cut();
    },
  };
  if (!tenancy.enter(tenant)) return line.refuse(503, 'all places on this address are taken');
  line.guest.welcome();
  line.socket.once('close', () => tenant.end('reader'));
  const result = await deps.remuxer.use({ device, channel, quality }, source);
  if (result.ok && ended) result.use[Symbol.dispose]();
  if (ended) return;
  if (!result.ok) {
    ended = true;
    tenancy.leave(tenant);
    return line.refuse(502, failureText(result.failure).en);
  }
  if (tenancy.begin() === 'refused') {
    ended = true;
    tenancy.leave(tenant);
    result.use[Symbol.dispose]();
    return line.refuse(503, 'opened too often of late');
  }
  session = openSession({ line, tenancy, peer, use: result.use, end: tenant.end, sessions }, deps, env);
}

interface Start {
  readonly line: Line;
  readonly tenancy: Tenancy;
  readonly peer: string;
  readonly use: FeedUse;
  readonly end: (reason: SessionEnd) => void;
  readonly sessions: Set<Session>;
}

function openSession({ line, tenancy, peer, use, end, sessions }: Start, deps: FlvDeps, env: Env): Session {
  const { grant, device, channel, quality } = tenancy.lease;
  const id = env.random.bytes(12).toString('hex');
  const startedAt = env.clock.monotonicMs();
  const seconds = (): number => Math.round((env.clock.monotonicMs() - startedAt) / 10) / 100;
  deps.emit({ event: 'session-opened', grant, session: id, form: 'stream', peer });
  line.begin();
  const pump: FlvPump = openFlvPump(
    { address: use, bufferBytes: deps.readerBufferBytes, backlog: deps.backlog },
    line,
    () => end('source'),
    env.clock,
  );
  let watch: Disposable | undefined;
  const look = (): void => {
    watch = env.clock.after(lookMs, () => (pump.stalledMs() > stallLimitMs ? end('reader') : look()));
  };
  look();
  const session: Session = {
    cut: () => end('revoked'),
    report: () => ({ grant, session: id, device, channel, quality, transport: line.protocol, peer, ...pump.counts, seconds: seconds() }),
    end(reason) {
      sessions.delete(session);
      watch?.[Symbol.dispose]();
      pump[Symbol.dispose]();
      use[Symbol.dispose]();
      const { frames, bytes } = pump.counts;
      deps.emit({ event: 'session-closed', grant, session: id, reason, frames, bytes, seconds: seconds() });
    },
  };
  sessions.add(session);
  return session;
}

function httpLine(request: IncomingMessage, response: ServerResponse, guest: Guest): Line {
  const { socket } = request;
  return {
    protocol: 'http-flv',
    socket,
    guest,
    get waitingBytes() {
      return socket.writableLength;
    },
    refuse: (status, text) => say(response, status, text),
    begin() {
      // The end of the connection is the end of the stream; chunks would only cost.
      response.useChunkedEncodingByDefault = false;
      socket.setNoDelay(true);
      response.writeHead(200, { 'Content-Type': 'video/x-flv', 'Access-Control-Allow-Origin': '*' });
    },
    write: (bytes) => void response.write(bytes),
  };
}

/** Who was refused may have read why by then; nobody listens to him any more. */
const lingerMs = 1_000;

function socketLine(socket: Socket, guest: Guest, key: string, env: Env): Line {
  const hearing = openWsHearing();
  return {
    protocol: 'ws-flv',
    socket,
    guest,
    get waitingBytes() {
      return socket.writableLength;
    },
    refuse(status, text) {
      const head = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n`;
      socket.end(`${head}Content-Length: ${Buffer.byteLength(text) + 1}\r\n\r\n${text}\n`);
      socket.resume();
      env.clock.after(lingerMs, () => socket.destroy());
    },
    begin() {
      const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
      socket.setNoDelay(true);
      socket.write(`${head}Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`);
      socket.on('data', (bytes: Buffer) => {
        const { answer, over } = hearing.hear(bytes);
        if (socket.writableLength > 64 * 1024 && answer.length > 0) return void socket.destroy();
        if (over) socket.end(answer.length > 0 ? answer : closeFrame(1000));
        else if (answer.length > 0) socket.write(answer);
      });
    },
    write(bytes) {
      socket.cork();
      socket.write(binaryHead(bytes.length));
      socket.write(bytes);
      socket.uncork();
    },
  };
}
