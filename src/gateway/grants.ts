// The picture story: a grant is decided and committed, its lease handed to the media process, its end written down, come what may.

import type { Access, AccessAsk, Extension, ExtensionRequest, OpenGrant, SessionStep } from '#access';
import { BongsuError, type Env, messageOf, type Service, type Text } from '#base';
import type { Cameras } from '#cameras';
import type { Grant, GrantEnd } from '#model';
import type { StreamEvent, Streams } from '#streams';
import { faults } from './faults.ts';

/** The rooms that meet in this story. */
export interface GrantDeps {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly streams: Streams;
}

/** A granted look: the token is known here and to the asker alone. */
export type Opened =
  | { readonly result: 'opened'; readonly grant: Grant; readonly token: string }
  | { readonly result: 'refused'; readonly reason: string; readonly message: string; readonly text: Text }
  | { readonly result: 'failed'; readonly fault: BongsuError };

/** Grants from decision to end. */
export interface Grants {
  open(ask: AccessAsk): Promise<Opened>;
  extend(grantId: string, request: ExtensionRequest): Promise<Extension>;
  /** False when no such grant is open. Its sessions are cut before this resolves. */
  end(grantId: string, reason: GrantEnd, note: string, by?: string): Promise<boolean>;
  /** Ended by the asker itself; false when no grant that it opened is open. */
  close(grantId: string, origin: string): Promise<boolean>;
  /** Ends every open grant on a device that is no more. */
  endAll(device: string, note: string): Promise<void>;
  /** What the media process tells. */
  onEvent(event: StreamEvent): void;
  /** After a restart: leases of grants that still run are handed over again, those past their end are closed. */
  readonly restore: Service;
}

const retryMs = 2000;
/** The media process ends a lease by itself; this much later the gateway writes the end down even if it heard nothing. */
const endGraceMs = 2000;

/** Opens the grants' story. */
export function openGrants(deps: GrantDeps, env: Env): Grants {
  const { access, cameras, streams } = deps;
  const ends = new Map<string, Disposable>();

  const finish = async (grantId: string, reason: GrantEnd, note: string, by?: string): Promise<boolean> => {
    const ended = await access.end(grantId, reason, note, by);
    if (ended) ends.get(grantId)?.[Symbol.dispose]();
    if (ended) ends.delete(grantId);
    return ended;
  };
  /** An end that nobody waits for is written as soon as the store can. */
  const finishSurely = async (grantId: string, reason: GrantEnd, note: string): Promise<void> => {
    try {
      await finish(grantId, reason, note);
    } catch (error) {
      if (error instanceof BongsuError && error.code === 'store.closed') return;
      env.log.error({ grant: grantId, error: messageOf(error) }, 'the end of a grant waits for the store');
      await env.clock.sleep(retryMs);
      return finishSurely(grantId, reason, note);
    }
  };
  const watchEnd = (grantId: string, remainingMs: number): void => {
    ends.get(grantId)?.[Symbol.dispose]();
    ends.set(
      grantId,
      env.clock.after(remainingMs + endGraceMs, () => void finishSurely(grantId, 'expired', '')),
    );
  };
  const end: Grants['end'] = async (grantId, reason, note, by) => {
    await streams.revoke(grantId);
    return finish(grantId, reason, note, by);
  };
  const auditSession = (grantId: string, step: SessionStep): void => {
    access.session(grantId, step).catch((error: unknown) => {
      env.log.error({ grant: grantId, step: step.step, error: messageOf(error) }, 'a session could not be written to the audit');
    });
  };
  const admit = async (grant: Grant, remainingMs: number): Promise<void> => {
    const { id, form, tokenHash, device, channel, quality } = grant;
    const source = form === 'still' ? await cameras.still(device, channel) : await cameras.source(device, channel, quality);
    await streams.admit({ grant: id, form, tokenHash, device, channel, quality, remainingMs, source });
    watchEnd(id, remainingMs);
  };
  const restoreOne = async (grant: OpenGrant, signal: AbortSignal): Promise<void> => {
    const endsAtMs = env.clock.monotonicMs() + grant.remainingMs;
    while (!signal.aborted) {
      const remainingMs = endsAtMs - env.clock.monotonicMs();
      if (remainingMs <= 0 || grant.form === 'still') return finishSurely(grant.id, 'expired', 'ended while the gateway was down');
      try {
        return await admit(grant, remainingMs);
      } catch (error) {
        env.log.debug({ grant: grant.id, error: messageOf(error) }, 'a grant of before the restart waits for its camera');
        await env.clock.sleep(retryMs, signal).catch(() => {});
      }
    }
  };

  return {
    async open(ask) {
      const decision = await access.decide(ask);
      if (!decision.granted) return { result: 'refused', reason: decision.reason, message: decision.message, text: decision.text };
      try {
        await admit(decision.grant, decision.remainingMs);
        return { result: 'opened', grant: decision.grant, token: decision.token };
      } catch (error) {
        const fault = error instanceof BongsuError ? error : faults.fault('look-failed', { cause: error, detail: messageOf(error) });
        await finish(decision.grant.id, 'failed', fault.message);
        return { result: 'failed', fault };
      }
    },
    async extend(grantId, request) {
      const decision = await access.extend(grantId, request);
      if (decision.granted) {
        await streams.extend(grantId, decision.remainingMs);
        watchEnd(grantId, decision.remainingMs);
      }
      return decision;
    },
    end,
    async close(grantId, origin) {
      const closed = await finish(grantId, 'closed', '', origin);
      if (closed) await streams.revoke(grantId);
      return closed;
    },
    async endAll(device, note) {
      const open = await access.openGrants();
      for (const grant of open.filter((one) => one.device === device)) await end(grant.id, 'revoked', note);
    },
    onEvent(event) {
      if (event.event === 'grant-ended') void finishSurely(event.grant, event.reason, event.note);
      else if (event.event === 'session-opened') auditSession(event.grant, { step: 'opened', peer: event.peer, at: env.clock.now() });
      else if (event.event === 'session-closed') {
        const detail = `${event.reason}, ${event.frames ?? '?'} frames in ${event.seconds} s`;
        auditSession(event.grant, { step: 'closed', peer: '', at: env.clock.now(), detail });
      }
    },
    restore: {
      name: 'grants',
      async run(signal) {
        const open = await access.openGrants();
        await Promise.all(open.map((grant) => restoreOne(grant, signal)));
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        for (const timer of ends.values()) timer[Symbol.dispose]();
      },
    },
  };
}
