// The picture story: a grant is decided and committed, its lease handed to the media process, its end written down, come what may.
import { type Env, messageOf, type Service } from '#base';
import type { Access, AccessAsk, Decision } from '#access';
import type { Cameras } from '#cameras';
import type { Grant, GrantEnd } from '#model';
import type { StreamEvent, Streams } from '#streams';

/** The rooms that meet in this story. */
export interface GrantDeps {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly streams: Streams;
}

/** A granted look: the token is known here and to the asker alone. */
export type Opened =
  | { readonly result: 'opened'; readonly grant: Grant; readonly token: string }
  | { readonly result: 'refused' | 'failed'; readonly reason: string; readonly message: string };

/** Grants from decision to end. */
export interface Grants {
  open(ask: AccessAsk): Promise<Opened>;
  extend(grantId: string, until: number, origin: string): Promise<Decision>;
  /** False when no such grant is open. Its sessions are cut before this resolves. */
  end(grantId: string, reason: GrantEnd, note: string): Promise<boolean>;
  /** What the media process tells. */
  onEvent(event: StreamEvent): void;
  /** After a restart: leases of grants that still run are handed over again, those past their end are closed. */
  readonly restore: Service;
}

const restoreRetryMs = 2000;
/** The media process ends a lease by itself; this much later the gateway writes the end down even if it heard nothing. */
const endGraceMs = 2000;

/** Opens the grants' story. */
export function openGrants(deps: GrantDeps, env: Env): Grants {
  const { access, cameras, streams } = deps;
  const ends = new Map<string, Disposable>();

  const finish = async (grantId: string, reason: GrantEnd, note: string): Promise<boolean> => {
    ends.get(grantId)?.[Symbol.dispose]();
    ends.delete(grantId);
    return access.end(grantId, reason, note);
  };
  const finishLogged = (grantId: string, reason: GrantEnd, note: string): void => {
    finish(grantId, reason, note).catch((error: unknown) => {
      env.log.error({ grant: grantId, error: messageOf(error) }, 'the end of a grant could not be written; it will be at the next start');
    });
  };
  const watchEnd = (grantId: string, remainingMs: number): void => {
    ends.get(grantId)?.[Symbol.dispose]();
    ends.set(grantId, env.clock.after(remainingMs + endGraceMs, () => finishLogged(grantId, "expired", "")));
  };
  const admit = async (grant: Grant, remainingMs: number): Promise<void> => {
    const { id, form, tokenHash, device, channel, quality } = grant;
    const source = form === 'still' ? await cameras.still(device, channel) : await cameras.source(device, channel, quality);
    await streams.admit({ grant: id, form, tokenHash, device, channel, quality, remainingMs, source });
    watchEnd(id, remainingMs);
  };
  const restoreOne = async (grant: Grant, signal: AbortSignal): Promise<void> => {
    const endsAtMs = env.clock.monotonicMs() + grant.until - env.clock.now();
    while (!signal.aborted) {
      const remainingMs = endsAtMs - env.clock.monotonicMs();
      if (remainingMs <= 0 || grant.form === 'still') return finishLogged(grant.id, 'expired', 'ended while the gateway was down');
      const error = await admit(grant, remainingMs).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) return;
      env.log.debug({ grant: grant.id, error: messageOf(error) }, 'a grant of before the restart waits for its camera');
      await env.clock.sleep(restoreRetryMs, signal).catch(() => {});
    }
  };

  return {
    async open(ask) {
      const decision = await access.decide(ask);
      if (!decision.granted) return { result: 'refused', reason: decision.reason, message: decision.message };
      try {
        await admit(decision.grant, decision.remainingMs);
        return { result: 'opened', grant: decision.grant, token: decision.token };
      } catch (error) {
        const message = messageOf(error);
        await finish(decision.grant.id, 'failed', message);
        return { result: 'failed', reason: codeOf(error), message };
      }
    },
    async extend(grantId, until, origin) {
      const decision = await access.extend(grantId, until, origin);
      if (decision.granted) {
        await streams.extend(grantId, decision.remainingMs);
        watchEnd(grantId, decision.remainingMs);
      }
      return decision;
    },
    async end(grantId, reason, note) {
      await streams.revoke(grantId, reason);
      return finish(grantId, reason, note);
    },
    onEvent(event) {
      if (event.type === 'ended') finishLogged(event.grant, event.reason, '');
      else if (event.type === 'session') {
        access.session(event).catch((error: unknown) => env.log.error({ grant: event.grant, error: messageOf(error) }, 'a session could not be written to the audit'));
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'gateway.failed';
}
