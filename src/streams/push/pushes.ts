// Pushes: pictures carried out to an address of the hub for as long as their lease lasts, again and again when the line breaks.
import { type Env, openBackoff } from '#base';
import { failureText, type PushFailure, pushFailureText } from '../faults.ts';
import type { Remuxer } from '../flv/index.ts';
import type { Leases, Tenancy, Tenant } from '../leases.ts';
import { openReader, type Paths } from '../path/index.ts';
import type { MediaEvent, PushTarget, SessionEnd, SessionReport } from '../protocol.ts';
import { type PushAddress, parsePushAddress } from '../push-address.ts';
import { openForwarder } from './forwarder.ts';
import { openRecorder } from './recorder.ts';

export interface PushesDeps {
  readonly leases: Leases;
  readonly paths: Paths;
  readonly remuxer: Remuxer;
  readonly bufferBytes: number;
  /** Connecting, and each answer. */
  readonly timeoutMs: number;
  emit(event: MediaEvent): void;
}

export interface Pushes {
  /** Pushes in the name of a grant that was just admitted; `openWithinMs`: it fails when nothing has been taken by then. */
  start(grant: string, openWithinMs: number | undefined): void;
  list(): readonly SessionReport[];
}

/** What carries the pictures, once they flow. */
interface Carrier extends Disposable {
  readonly counts: () => { readonly frames?: number; readonly bytes: number; readonly dropped: number };
  readonly transport: 'rtsp-push' | 'rtmp-push';
  readonly closed: Promise<string>;
}

type Carrying = { readonly ok: true; readonly carrier: Carrier } | { readonly ok: false; readonly why: string };

const channels = { rtp: 0, rtcp: 1 };
const backoffRange = { minMs: 500, maxMs: 10_000 };
/** One that stood so long is tried again at once when it breaks. */
const steadyMs = 30_000;

/** Opens the pushes; each ends with its lease. */
export function openPushes(deps: PushesDeps, env: Env): Pushes {
  const running = new Set<() => SessionReport | undefined>();
  return {
    list: () => [...running].flatMap((report) => report() ?? []),
    start(grant, openWithinMs) {
      const tenancy = deps.leases.tenancy(grant);
      const { push } = tenancy?.lease ?? {};
      const address = push && parsePushAddress(push.url);
      if (!tenancy || !push || !address) return;
      void keepPushing({ tenancy, push, address, openWithinMs }, running, deps, env);
    },
  };
}

interface Order {
  readonly tenancy: Tenancy;
  readonly push: PushTarget;
  readonly address: PushAddress;
  readonly openWithinMs: number | undefined;
}

async function keepPushing(order: Order, running: Set<() => SessionReport | undefined>, deps: PushesDeps, env: Env): Promise<void> {
  const { tenancy, address, openWithinMs } = order;
  const { grant, device, channel, quality } = tenancy.lease;
  const over = new AbortController();
  let reason: SessionEnd = 'reader';
  const tenant: Tenant = {
    end(why) {
      reason = why;
      over.abort();
    },
  };
  if (!tenancy.enter(tenant)) return;
  const ended = new Promise<string>((resolve) => over.signal.addEventListener('abort', () => resolve('')));
  const backoff = openBackoff(backoffRange, env.random);
  let why = 'nothing was pushed in time';
  using _patience = env.clock.after(openWithinMs ?? 0, () => {
    if (!opened && openWithinMs !== undefined) deps.leases.finish(grant, 'failed', why);
  });
  const peer = `${address.host}:${address.port}`;
  let opened = false;
  let told: string | undefined;
  while (!over.signal.aborted) {
    const carrying = await carry(order, deps, env, over.signal);
    if (carrying.ok) {
      using carrier = carrying.carrier;
      const session = env.random.bytes(12).toString('hex');
      const startedAt = env.clock.monotonicMs();
      const seconds = (): number => Math.round((env.clock.monotonicMs() - startedAt) / 10) / 100;
      const report = (): SessionReport => {
        const { frames = 0, ...counts } = carrier.counts();
        return { grant, session, device, channel, quality, transport: carrier.transport, peer, frames, ...counts, seconds: seconds() };
      };
      tenancy.opened();
      opened = true;
      running.add(report);
      deps.emit({ event: 'session-opened', grant, session, form: 'stream', peer });
      if (!over.signal.aborted) await Promise.race([carrier.closed, ended]);
      running.delete(report);
      const { frames, bytes } = carrier.counts();
      deps.emit({
        event: 'session-closed',
        grant,
        session,
        reason: over.signal.aborted ? reason : 'reader',
        frames,
        bytes,
        seconds: seconds(),
      });
      if (env.clock.monotonicMs() - startedAt > steadyMs) backoff.reset();
      told = undefined;
    } else {
      why = carrying.why.slice(0, 300) || why;
      // Each reason once: a server that is away for hours is tried all the while.
      if (told !== why) env.log.warn({ grant, reason: why }, 'pictures could not be pushed; trying again');
      told = why;
    }
    await env.clock.sleep(backoff.next(), over.signal).catch(() => {});
  }
}

async function carry(order: Order, deps: PushesDeps, env: Env, signal: AbortSignal): Promise<Carrying> {
  const carrying = await (order.address.scheme.startsWith('rtsp') ? record(order, deps, env) : publish(order, deps, env));
  if (!signal.aborted || !carrying.ok) return carrying;
  carrying.carrier[Symbol.dispose]();
  return { ok: false, why: '' };
}

function failed(failure: PushFailure): Carrying {
  return { ok: false, why: pushFailureText(failure).en };
}

async function record({ tenancy, push, address }: Order, deps: PushesDeps, env: Env): Promise<Carrying> {
  const { device, channel, quality, source } = tenancy.lease;
  const dismissed = Promise.withResolvers<string>();
  const member = deps.paths.join({ device, channel, quality }, source, (failure) => dismissed.resolve(failureText(failure).en));
  const description = await member.describe();
  if (!description.ok) {
    member.leave();
    return { ok: false, why: failureText(description.failure).en };
  }
  const { user, password, ca } = push;
  const login = user === '' ? undefined : { user, password };
  const recording = await openRecorder({ address, ca, login, track: description.track, timeoutMs: deps.timeoutMs }, env);
  if (!recording.ok) {
    member.leave();
    return failed(recording.failure);
  }
  const { recorder } = recording;
  const reader = openReader(recorder.line, { channels, bufferBytes: deps.bufferBytes }, env.clock);
  member.attach(reader);
  return {
    ok: true,
    carrier: {
      transport: 'rtsp-push',
      counts: () => reader.counts,
      closed: Promise.race([dismissed.promise, recorder.closed.then((failure) => pushFailureText(failure).en)]),
      [Symbol.dispose]() {
        member.leave();
        recorder[Symbol.dispose]();
      },
    },
  };
}

async function publish({ tenancy, push, address }: Order, deps: PushesDeps, env: Env): Promise<Carrying> {
  const { device, channel, quality, source } = tenancy.lease;
  const result = await deps.remuxer.use({ device, channel, quality }, source);
  if (!result.ok) return { ok: false, why: failureText(result.failure).en };
  const { use } = result;
  const forwarding = await openForwarder({ address, ca: push.ca, bufferBytes: deps.bufferBytes, timeoutMs: deps.timeoutMs }, env);
  if (!forwarding.ok) {
    use[Symbol.dispose]();
    return failed(forwarding.failure);
  }
  const { forwarder } = forwarding;
  const started = Promise.withResolvers<boolean>();
  const stopped = Promise.withResolvers<string>();
  const [, app = ''] = address.path.split('/');
  const target = {
    url: `rtmp://127.0.0.1:${forwarder.port}${address.path}`,
    tcUrl: `${address.url.slice(0, -address.path.length)}/${app}`,
  };
  const events = {
    started: () => started.resolve(true),
    ended() {
      started.resolve(false);
      stopped.resolve('the other side ended it');
    },
  };
  const pushing = deps.remuxer.push(use, target, events);
  const carrier: Carrier = {
    transport: 'rtmp-push',
    counts: () => ({ bytes: forwarder.bytes, dropped: 0 }),
    closed: Promise.race([
      stopped.promise,
      use.over.then((failure) => failureText(failure).en),
      forwarder.closed.then(({ detail }) => detail),
    ]),
    [Symbol.dispose]() {
      pushing[Symbol.dispose]();
      forwarder[Symbol.dispose]();
      use[Symbol.dispose]();
    },
  };
  using _timer = env.clock.after(deps.timeoutMs, () => started.resolve(false));
  if (await started.promise) return { ok: true, carrier };
  carrier[Symbol.dispose]();
  return failed({ reason: 'refused', detail: 'RTMP' });
}
