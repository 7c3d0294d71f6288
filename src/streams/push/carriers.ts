// What carries a push: a connection out of the site that takes pictures, over RTSP or RTMP. None flows before it is told to begin, and none when nobody waits for it any more.
import type { Env } from '#base';
import { failureText, type PushFailure, pushFailureText } from '../faults.ts';
import type { Remuxer } from '../flv/index.ts';
import type { Tenancy } from '../leases.ts';
import { openReader, type Paths } from '../path/index.ts';
import type { PushTarget } from '../protocol.ts';
import type { PushAddress } from '../push-address.ts';
import { openForwarder } from './forwarder.ts';
import { openRecorder } from './recorder.ts';

export interface CarrierDeps {
  readonly paths: Pick<Paths, 'join' | 'backlog'>;
  readonly remuxer: Pick<Remuxer, 'use' | 'push'>;
  readonly bufferBytes: number;
  /** Connecting, and each answer. */
  readonly timeoutMs: number;
}

/** Whose pictures go where. */
export interface Errand {
  readonly tenancy: Tenancy;
  readonly push: PushTarget;
  readonly address: PushAddress;
}

/** Stands, and waits for `begin`. Disposing of it closes the line. */
export interface Carrier extends Disposable {
  /** Lets the pictures flow. */
  begin(): void;
  readonly counts: () => { readonly frames?: number; readonly bytes: number; readonly dropped: number };
  readonly transport: 'rtsp-push' | 'rtmp-push';
  readonly closed: Promise<string>;
}

export type Carrying = { readonly ok: true; readonly carrier: Carrier } | { readonly ok: false; readonly why: string };

const channels = { rtp: 0, rtcp: 1 };

/** Opens what carries; given up, with its connection, as soon as `signal` aborts. Never rejects. */
export async function carry(errand: Errand, deps: CarrierDeps, env: Env, signal: AbortSignal): Promise<Carrying> {
  // Of its own, for a push may be tried for hours.
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  signal.addEventListener('abort', abort, { once: true });
  const open = errand.address.scheme.startsWith('rtsp') ? record : publish;
  const carrying = await open(errand, deps, env, attempt.signal);
  signal.removeEventListener('abort', abort);
  return carrying;
}

function failed(failure: PushFailure): Carrying {
  return { ok: false, why: pushFailureText(failure).en };
}

async function record({ tenancy, push, address }: Errand, deps: CarrierDeps, env: Env, signal: AbortSignal): Promise<Carrying> {
  const { device, channel, quality, source } = tenancy.lease;
  const dismissed = Promise.withResolvers<string>();
  const member = deps.paths.join({ device, channel, quality }, source, (failure) => dismissed.resolve(failureText(failure).en));
  signal.addEventListener('abort', () => member.leave(), { once: true });
  const description = await member.describe();
  if (!description.ok) {
    member.leave();
    return { ok: false, why: failureText(description.failure).en };
  }
  const { user, password, ca } = push;
  const login = user === '' ? undefined : { user, password };
  const recording = await openRecorder({ address, ca, login, track: description.track, timeoutMs: deps.timeoutMs, signal }, env);
  if (!recording.ok) {
    member.leave();
    return failed(recording.failure);
  }
  const { recorder } = recording;
  const reader = openReader(recorder.line, { channels, bufferBytes: deps.bufferBytes }, env.clock);
  return {
    ok: true,
    carrier: {
      transport: 'rtsp-push',
      begin: () => member.attach(reader),
      counts: () => reader.counts,
      closed: Promise.race([dismissed.promise, recorder.closed.then((failure) => pushFailureText(failure).en)]),
      [Symbol.dispose]() {
        member.leave();
        recorder[Symbol.dispose]();
      },
    },
  };
}

async function publish({ tenancy, push, address }: Errand, deps: CarrierDeps, env: Env, signal: AbortSignal): Promise<Carrying> {
  const { device, channel, quality, source } = tenancy.lease;
  const result = await deps.remuxer.use({ device, channel, quality }, source);
  if (!result.ok) return { ok: false, why: failureText(result.failure).en };
  const { use } = result;
  const { bufferBytes, timeoutMs } = deps;
  const forwarding = await openForwarder({ address, ca: push.ca, bufferBytes, timeoutMs, signal, backlog: deps.paths.backlog }, env);
  if (!forwarding.ok) {
    use[Symbol.dispose]();
    return failed(forwarding.failure);
  }
  const { forwarder } = forwarding;
  const taken = Promise.withResolvers<boolean>();
  const stopped = Promise.withResolvers<string>();
  const [, app = ''] = address.path.split('/');
  const target = {
    url: `rtmp://127.0.0.1:${forwarder.port}${address.path}`,
    tcUrl: `${address.url.slice(0, -address.path.length)}/${app}`,
  };
  const events = {
    taken: () => taken.resolve(true),
    ended() {
      taken.resolve(false);
      stopped.resolve('the other side ended it');
    },
  };
  const pushing = deps.remuxer.push(use, target, events);
  const carrier: Carrier = {
    transport: 'rtmp-push',
    begin: () => pushing.flow(),
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
  using _timer = env.clock.after(timeoutMs, () => taken.resolve(false));
  signal.addEventListener('abort', () => taken.resolve(false), { once: true });
  if (await taken.promise) return { ok: true, carrier };
  carrier[Symbol.dispose]();
  return failed({ reason: 'refused', detail: 'RTMP' });
}
