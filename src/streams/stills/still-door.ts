// The door for stills: one address, one picture, once (`GET /still/TOKEN`).
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Env } from '#base';
import { failureText } from '../faults.ts';
import type { Leases, Tenancy, Tenant } from '../leases.ts';
import type { Paths } from '../path/index.ts';
import type { Lease, MediaEvent, SessionEnd } from '../protocol.ts';
import { type Guard, tokenHashIn } from '../server/index.ts';
import { type Guest, say, type WebDoors } from '../web/index.ts';
import { type Desk, openDesk } from './desk.ts';
import { takeKeyFrame } from './key-frame.ts';
import { openRefusals, type Refusals } from './refusals.ts';
import { openShutter, type Shutter } from './shutter.ts';
import { fetchSnapshot, type Snapshot } from './snapshot.ts';

export interface StillDeps {
  readonly leases: Leases;
  readonly guard: Guard;
  readonly paths: Paths;
  /** The program that decodes key frames of cameras without stills. */
  readonly ffmpeg: string;
  /** Fetching from the camera, milliseconds. */
  readonly timeoutMs: number;
  emit(event: MediaEvent): void;
}

interface Tools {
  readonly shutter: Shutter;
  readonly desk: Desk;
  readonly refusals: Refusals;
}

/** Opens the door. */
export function openStillDoor(deps: StillDeps, env: Env): WebDoors['still'] {
  const tools = { shutter: openShutter(env.clock), desk: openDesk(), refusals: openRefusals(env.clock) };
  return async (request, response, guest) => {
    const peer = request.socket.remoteAddress ?? '';
    const hash = tokenHashIn(request.url ?? '', 'still');
    const tenancy = hash === undefined ? undefined : deps.leases.claim(hash, { peer, door: 'still' });
    if (!tenancy) {
      const { waitMs, isAnswered } = deps.guard.wrong(peer);
      await env.clock.sleep(waitMs);
      return isAnswered ? say(response, 404, 'not found') : void response.destroy();
    }
    await serve(request, response, guest, tenancy, { ...deps, ...tools }, env);
  };
}

/** Fetches and hands over. The address is used up when a picture has gone, or when none can be had: an open grant takes a seat. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  guest: Guest,
  tenancy: Tenancy,
  deps: StillDeps & Tools,
  env: Env,
): Promise<void> {
  const over = new AbortController();
  let reason: SessionEnd = 'reader';
  const tenant: Tenant = {
    end(why) {
      reason = why;
      over.abort();
      // A whole picture that is on its way arrives.
      if (!response.writableEnded) guest.cut();
    },
  };
  if (!tenancy.enter(tenant)) return say(response, 429, 'being fetched already');
  guest.welcome();
  request.socket.once('close', () => over.abort());
  try {
    const still = await deps.shutter.release(nameOf(tenancy.lease), () => take(tenancy.lease, deps, env));
    if (over.signal.aborted) return;
    if (still.ok) await hand(still, request, response, tenancy, deps, env, () => reason);
    else fail(failureText(still.failure).en, response, tenancy, tenant, deps.leases);
  } finally {
    tenancy.leave(tenant);
  }
}

/** Ends the grant with the reason; the answer is the hub's, so it is no tenant's any more. */
function fail(why: string, response: ServerResponse, tenancy: Tenancy, tenant: Tenant, leases: Leases): void {
  tenancy.leave(tenant);
  say(response, 502, why);
  leases.finish(tenancy.lease.grant, 'failed', why);
}

/** Not given up when its first asker goes: others may wait for it. */
async function take({ source, device, channel, quality }: Lease, deps: StillDeps & Tools, env: Env): Promise<Snapshot> {
  const { signal } = new AbortController();
  if (deps.refusals.has(source)) return { ok: false, failure: { reason: 'login-refused', detail: '', words: 'held-back' } };
  const still = await takeNow({ source, device, channel, quality }, deps, env, signal);
  if (!still.ok && still.failure.reason === 'login-refused') deps.refusals.note(source);
  return still;
}

async function takeNow(
  { source, device, channel, quality }: Pick<Lease, 'source' | 'device' | 'channel' | 'quality'>,
  deps: StillDeps & Tools,
  env: Env,
  signal: AbortSignal,
): Promise<Snapshot> {
  if (!source.url.startsWith('rtsp')) return await fetchSnapshot(source, deps.timeoutMs, env, signal);
  return await takeKeyFrame({ device, channel, quality }, source, deps, env, signal);
}

function nameOf({ device, channel, source: { url, user, password } }: Lease): string {
  return JSON.stringify([device, channel, url, user, password]);
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
  const bytes = await send(response, still.jpeg);
  const isWhole = bytes === still.jpeg.length;
  const seconds = Math.round(env.clock.monotonicMs() - startedAt) / 1000;
  deps.emit({ event: 'session-closed', grant, session, reason: reason(), frames: isWhole ? 1 : 0, bytes, seconds });
  // Also when only a part of it has gone: else whoever hangs up before the last byte has as many pictures as he likes.
  deps.leases.finish(grant, 'used', isWhole ? '' : `${bytes} of ${still.jpeg.length} bytes`);
}

const pieceBytes = 64 * 1024;

/** How many bytes of the picture this machine's network took before the reader was gone. */
async function send(response: ServerResponse, jpeg: Buffer): Promise<number> {
  const gone = new Promise<'gone'>((resolve) => response.once('close', () => resolve('gone')));
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length });
  let sent = 0;
  for (; sent < jpeg.length; sent = Math.min(jpeg.length, sent + pieceBytes)) {
    const written = new Promise<'written' | 'gone'>((resolve) => {
      response.write(jpeg.subarray(sent, sent + pieceBytes), (error) => resolve(error ? 'gone' : 'written'));
    });
    if ((await Promise.race([written, gone])) === 'gone') return sent;
  }
  response.end();
  await gone;
  return sent;
}
