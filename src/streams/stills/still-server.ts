// The HTTP server of stills: one address, one picture, once (`GET /still/TOKEN`).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Env, messageOf } from '#base';
import { failureText } from '../faults.ts';
import type { Leases, Tenancy, Tenant } from '../leases.ts';
import type { MediaEvent, SessionEnd } from '../protocol.ts';
import { type Crowd, type Guard, openCrowd, readTls, type TlsFiles, tokenHashIn } from '../server/index.ts';
import { fetchSnapshot, type Snapshot } from './snapshot.ts';

export interface StillServerOptions {
  readonly tls: TlsFiles | undefined;
  /** Fetching from the camera, milliseconds. */
  readonly timeoutMs: number;
}

export interface StillDeps {
  readonly leases: Leases;
  readonly guard: Guard;
  emit(event: MediaEvent): void;
}

const maxConnections = 64;

/** Makes a server that is not yet listening. Throws when the certificate cannot be read. */
export function makeStillServer(options: StillServerOptions, deps: StillDeps, env: Env): Server {
  const limits = { maxHeaderSize: 8 * 1024, requestTimeout: 10_000, headersTimeout: 10_000, connectionsCheckingInterval: 5_000 };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, options, { ...deps, crowd }, env).catch((error: unknown) => {
      env.log.error({ error: messageOf(error) }, 'a still could not be answered');
      response.destroy();
    });
  };
  const server = options.tls ? createTlsServer({ ...limits, ...readTls(options.tls) }, onRequest) : createServer(limits, onRequest);
  const crowd = openCrowd(server, maxConnections, env.clock);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: StillServerOptions,
  deps: StillDeps & { readonly crowd: Crowd },
  env: Env,
): Promise<void> {
  response.setHeader('Connection', 'close');
  response.setHeader('Cache-Control', 'no-store');
  if (request.method !== 'GET') return say(response, 405, 'only GET');
  const hash = tokenHashIn(request.url ?? '', 'still');
  const peer = request.socket.remoteAddress ?? '';
  const tenancy = hash === undefined ? undefined : deps.leases.claim(hash, { peer, door: 'still' });
  if (!tenancy) {
    const { waitMs, isAnswered } = deps.guard.wrong(peer);
    await env.clock.sleep(waitMs);
    return isAnswered ? say(response, 404, 'not found') : void response.destroy();
  }
  deps.crowd.welcome(request.socket);
  await serve(request, response, tenancy, options, deps, env);
}

/** Fetches and hands over. The address is used up when a picture has gone; a camera that fails leaves it as it was, to try again. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  tenancy: Tenancy,
  options: StillServerOptions,
  deps: StillDeps,
  env: Env,
): Promise<void> {
  const over = new AbortController();
  let reason: SessionEnd = 'reader';
  const tenant: Tenant = {
    end(why) {
      reason = why;
      over.abort();
      response.destroy();
    },
  };
  if (!tenancy.enter(tenant)) return say(response, 429, 'being fetched already');
  request.socket.once('close', () => over.abort());
  try {
    const still = await fetchSnapshot(tenancy.lease.source, options.timeoutMs, env, over.signal);
    if (over.signal.aborted) return;
    if (still.ok) await hand(still, request, response, tenancy, deps, env, () => reason);
    else say(response, 502, failureText(still.failure).en);
  } finally {
    tenancy.leave(tenant);
  }
}

async function hand(
  still: Extract<Snapshot, { ok: true }>,
  request: IncomingMessage,
  response: ServerResponse,
  tenancy: Tenancy,
  deps: StillDeps,
  env: Env,
  reason: () => SessionEnd,
): Promise<void> {
  const { grant } = tenancy.lease;
  const session = env.random.bytes(12).toString('hex');
  const peer = `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`;
  const startedAt = env.clock.monotonicMs();
  deps.emit({ event: 'session-opened', grant, session, form: 'still', peer });
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': still.jpeg.length });
  const sent = new Promise<void>((resolve) => response.once('close', resolve));
  response.end(still.jpeg);
  await sent;
  const seconds = Math.round(env.clock.monotonicMs() - startedAt) / 1000;
  deps.emit({ event: 'session-closed', grant, session, reason: reason(), frames: 1, bytes: still.jpeg.length, seconds });
  deps.leases.finish(grant, 'used', '');
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
