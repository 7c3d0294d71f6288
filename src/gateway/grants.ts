// The picture story: a grant is decided and committed, its lease handed to the media process, its end written down, come what may.

import type { Access, AccessAsk, Extension, ExtensionRequest, OpenGrant, Preempted } from '#access';
import { BongsuError, type Env, messageOf, type Service, type Text, untilAborted } from '#base';
import type { Cameras } from '#cameras';
import type { Grant, GrantEnd, Quality, StreamOffer, StreamSource } from '#model';
import type { Earlier, StreamEvent, Streams } from '#streams';
import { endNotes } from './end-notes.ts';
import { faults } from './faults.ts';
import { insist } from './insist.ts';
import { openSessionNotes } from './session-notes.ts';

/** The rooms that meet in this story. */
export interface GrantDeps {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly streams: Streams;
  /** Called when a grant has ended: what was done in its name ends too. Must not throw. */
  readonly ended?: (grantId: string) => void;
}

/** A granted look: the token is known here and to the asker alone. */
export type Opened =
  | { readonly result: 'opened'; readonly grant: Grant; readonly token: string }
  | {
      readonly result: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly text: Text;
      readonly offer?: StreamOffer | undefined;
    }
  | { readonly result: 'failed'; readonly fault: BongsuError };

/** Grants from decision to end. */
export interface Grants {
  open(ask: AccessAsk): Promise<Opened>;
  extend(grantId: string, request: ExtensionRequest): Promise<Extension>;
  /** False when no such grant is open. Its sessions are cut before this resolves. */
  end(grantId: string, reason: GrantEnd, note: string, by?: string): Promise<boolean>;
  /** Ended by the asker itself: cut at once, and written down when the store takes it. False when no grant that it opened is open. */
  close(grantId: string, origin: string): Promise<boolean>;
  /** What it was opened for cannot be had: it ends as failed, cut at once and written down come what may. */
  fail(grantId: string, why: string): Promise<void>;
  /** Cuts those who give way; resolves when nothing of them is sent any more. Their ends are written down behind it. */
  preempt(preempted: readonly Preempted[], why: string): Promise<void>;
  /** Ends every open grant on a device that is no more. */
  endAll(device: string, note: string): Promise<void>;
  /** What the media process tells. */
  onEvent(event: StreamEvent): void;
  /** After a restart: leases of grants that still run are handed over again, those past their end are closed. */
  readonly restore: Service;
}

const cameraRetryMs = 2000;
/** The media process ends a lease by itself; this much later the gateway writes the end down even if it heard nothing. */
const endGraceMs = 2000;

/** A grant on its way to the media process: its end may come, or move, before it gets there. */
interface Arrival {
  /** On the monotonic clock. */
  endsAtMs: number;
  over: boolean;
}

/** Opens the grants' story. */
export function openGrants(deps: GrantDeps, env: Env): Grants {
  const { access, cameras, streams } = deps;
  const ends = new Map<string, Disposable>();
  const arrivals = new Map<string, Arrival>();
  /** Who opened the grants that are open and on what, as far as it was heard here. */
  const known = new Map<string, Pick<Grant, 'origin' | 'device'>>();
  /** Who looks, by session. */
  const peers = new Map<string, string>();
  const notes = openSessionNotes(access, env);

  const finish = async (grantId: string, reason: GrantEnd, note: string, by?: string, offer?: StreamOffer): Promise<boolean> => {
    const ended = await access.end(grantId, reason, note, by, offer);
    const arrival = arrivals.get(grantId);
    if (ended && arrival) arrival.over = true;
    if (ended) ends.get(grantId)?.[Symbol.dispose]();
    if (ended) ends.delete(grantId);
    if (ended) known.delete(grantId);
    if (ended) deps.ended?.(grantId);
    return ended;
  };
  const finishSurely = async (grantId: string, reason: GrantEnd, note: string): Promise<void> => {
    await insist(() => finish(grantId, reason, note), `the end of grant ${grantId}`, env);
  };
  const watchEnd = (grantId: string, remainingMs: number): void => {
    ends.get(grantId)?.[Symbol.dispose]();
    const late = remainingMs + endGraceMs;
    ends.set(
      grantId,
      env.clock.after(late, () => void finishSurely(grantId, 'expired', '')),
    );
  };
  /** What was cut is written down at once, or as soon as the disk lets it: it must not come back with the next start. */
  const finishOrInsist = async (...[grantId, ...how]: Parameters<typeof finish>): Promise<boolean> => {
    try {
      return await finish(grantId, ...how);
    } catch {
      void insist(() => finish(grantId, ...how), `the end of grant ${grantId}`, env);
      return true;
    }
  };
  const end: Grants['end'] = async (grantId, reason, note, by) => {
    const arrival = arrivals.get(grantId);
    if (arrival) arrival.over = true;
    await streams.revoke(grantId);
    return finishOrInsist(grantId, reason, note, by);
  };
  const preempt = async ({ grant, offer }: Preempted, why: string): Promise<void> => {
    const arrival = arrivals.get(grant);
    if (arrival) arrival.over = true;
    env.log.info({ grant, why, offer: offer?.quality }, 'a stream gives way');
    await streams.revoke(grant, 'preempted');
    void insist(() => finish(grant, 'preempted', why, 'gateway', offer), `the end of grant ${grant}`, env);
  };
  /** Hands the lease over; rejects when the grant ended meanwhile, and then nothing is open. */
  const admit = async (grant: Grant, arrival: Arrival, earlier?: Earlier): Promise<void> => {
    const { id, form, protocol, network, pushTo, tokenHash, device, channel, quality } = grant;
    const picture = quality === 'metadata' ? 'main' : quality;
    const source = await (form === 'still' ? findStill(cameras, device, channel, picture) : cameras.source(device, channel, picture));
    const remainingMs = arrival.endsAtMs - env.clock.monotonicMs();
    if (arrival.over || remainingMs <= 0) throw faults.fault('grant-over');
    await streams.admit({ grant: id, form, protocol, network, tokenHash, device, channel, quality, remainingMs, source }, pushTo, earlier);
    if (arrival.over) {
      await streams.revoke(id);
      throw faults.fault('grant-over');
    }
    watchEnd(id, arrival.endsAtMs - env.clock.monotonicMs());
  };
  const arrive = async <T>(grantId: string, remainingMs: number, act: (arrival: Arrival) => Promise<T>): Promise<T> => {
    const arrival = { endsAtMs: env.clock.monotonicMs() + remainingMs, over: false };
    arrivals.set(grantId, arrival);
    try {
      return await act(arrival);
    } finally {
      arrivals.delete(grantId);
    }
  };
  const restoreOne = (grant: OpenGrant, signal: AbortSignal): Promise<void> =>
    arrive(grant.id, grant.remainingMs, async (arrival) => {
      notes.add(grant.id, {
        step: 'closed',
        peer: '',
        at: env.clock.now(),
        detail: 'whoever was looking was cut by the restart of the gateway',
      });
      if (grant.form === 'still') return finishSurely(grant.id, 'failed', endNotes.restarted);
      known.set(grant.id, grant);
      while (!signal.aborted && !arrival.over) {
        if (arrival.endsAtMs <= env.clock.monotonicMs()) return finishSurely(grant.id, 'expired', endNotes.away);
        try {
          return await admit(grant, arrival, { used: grant.usedAt !== undefined, agoMs: env.clock.now() - grant.openedAt });
        } catch (error) {
          if (error instanceof BongsuError && error.code === 'streams.push-not-allowed')
            return finishSurely(grant.id, 'failed', error.summary.en);
          env.log.debug({ grant: grant.id, error: messageOf(error) }, 'a grant of before the restart waits for its camera');
          await env.clock.sleep(cameraRetryMs, signal).catch(() => {});
        }
      }
    });

  return {
    async open(ask) {
      const decision = await access.decide(ask);
      if (!decision.granted) {
        const { reason, message, text, offer } = decision;
        return { result: 'refused', reason, message, text, offer };
      }
      const { grant, token, remainingMs, preempted } = decision;
      known.set(grant.id, grant);
      try {
        await arrive(grant.id, remainingMs, async (arrival) => {
          await Promise.all(preempted.map((one) => preempt(one, endNotes.goesFirst(grant.request.service))));
          await admit(grant, arrival);
        });
        return { result: 'opened', grant, token };
      } catch (error) {
        const fault = error instanceof BongsuError ? error : faults.fault('look-failed', { cause: error, detail: messageOf(error) });
        void finishSurely(grant.id, 'failed', fault.message);
        return { result: 'failed', fault };
      }
    },
    async extend(grantId, request) {
      const decision = await access.extend(grantId, request);
      if (!decision.granted) return decision;
      const arrival = arrivals.get(grantId);
      if (arrival) arrival.endsAtMs = env.clock.monotonicMs() + decision.remainingMs;
      else {
        await streams.extend(grantId, decision.remainingMs);
        watchEnd(grantId, decision.remainingMs);
      }
      return decision;
    },
    end,
    async close(grantId, origin) {
      // Of a grant that was not heard of here, the store knows whose it is.
      const grant = known.get(grantId);
      if (!grant) return finish(grantId, 'closed', '', origin);
      if (grant.origin !== origin) return false;
      const arrival = arrivals.get(grantId);
      if (arrival) arrival.over = true;
      await streams.revoke(grantId);
      return finishOrInsist(grantId, 'closed', '', origin);
    },
    async fail(grantId, why) {
      await streams.revoke(grantId);
      void finishSurely(grantId, 'failed', why);
    },
    async preempt(preempted, why) {
      await Promise.all(preempted.map((one) => preempt(one, why)));
    },
    async endAll(device, note) {
      // Those heard of here are cut whatever the disk does; the store may know more.
      const heard = [...known].filter(([, grant]) => grant.device === device).map(([id]) => id);
      await Promise.all(heard.map((id) => end(id, 'revoked', note)));
      const open = await access.openGrants();
      for (const grant of open.filter((one) => one.device === device)) await end(grant.id, 'revoked', note);
    },
    onEvent(event) {
      if (event.event === 'grant-used') void insist(() => access.used(event.grant), `the use of grant ${event.grant}`, env);
      else if (event.event === 'grant-ended') void finishSurely(event.grant, event.reason, event.note);
      else if (event.event === 'session-opened') {
        peers.set(event.session, event.peer);
        notes.add(event.grant, { step: 'opened', peer: event.peer, at: env.clock.now() });
      } else if (event.event === 'session-closed') {
        const detail = `${event.reason}, ${event.frames ?? '?'} frames in ${event.seconds} s`;
        notes.add(event.grant, { step: 'closed', peer: peers.get(event.session) ?? '', at: env.clock.now(), detail });
        peers.delete(event.session);
      }
    },
    restore: {
      name: 'grants',
      async run(signal) {
        const open = (await insist(() => access.openGrants(), 'the grants of before the restart', env, signal)) ?? [];
        await Promise.all(open.map((grant) => restoreOne(grant, signal)));
        await untilAborted(signal);
        for (const timer of ends.values()) timer[Symbol.dispose]();
      },
    },
  };
}

/** Of a camera that offers no stills its stream: the relay makes one of a key frame. */
async function findStill(cameras: Cameras, device: string, channel: number, quality: Quality): Promise<StreamSource> {
  try {
    return await cameras.still(device, channel);
  } catch (error) {
    if (!(error instanceof BongsuError) || error.code !== 'cameras.no-still') throw error;
    return await cameras.source(device, channel, quality);
  }
}
