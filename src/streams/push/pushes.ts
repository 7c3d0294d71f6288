// Pushes: pictures carried out to an address of the hub for as long as their lease lasts, again and again when the line breaks.
import { type Env, openBackoff } from '#base';
import type { Leases, Tenant } from '../leases.ts';
import type { MediaEvent, SessionEnd, SessionReport } from '../protocol.ts';
import { parsePushAddress } from '../push-address.ts';
import { type CarrierDeps, carry, type Errand } from './carriers.ts';

export interface PushesDeps extends CarrierDeps {
  readonly leases: Leases;
  emit(event: MediaEvent): void;
}

export interface Pushes {
  /** Pushes in the name of a grant that was just admitted; `openWithinMs`: it fails when nothing has been taken by then. */
  start(grant: string, openWithinMs: number | undefined): void;
  list(): readonly SessionReport[];
}

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

interface Order extends Errand {
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
      if (over.signal.aborted) break;
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
      // Who looks is on the record before the first picture goes.
      deps.emit({ event: 'session-opened', grant, session, form: 'stream', peer });
      carrier.begin();
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
