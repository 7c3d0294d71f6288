// The delivery story: entries leave the outbox gravest first, travel within the session's window, and go when the destination has them.
import { BongsuError, type Env, messageOf } from '#base';
import type { Entry } from '#model';
import type { Outbox } from '#outbox';
import type { UplinkSession } from '#uplink';

/** Which outbox is delivered to whom. */
export interface DeliveryDeps {
  readonly outbox: Outbox;
  /** The destination's name: its cursor in the outbox. */
  readonly destination: string;
}

const storeRetryMs = 1000;

/**
 * Delivers until the session is lost. What was under way then is pending again: it travels in the next session with the same id and `replay`.
 * A failing store delays delivery, it never ends it.
 */
export async function deliver(session: UplinkSession, deps: DeliveryDeps, env: Env): Promise<void> {
  const { outbox, destination } = deps;
  const past = await insist(() => outbox.head(), session.signal, env);
  if (past === undefined) return;
  const confirm = openConfirmer(deps, env);
  const bell = openBell();
  using _entries = outbox.watch(bell.ring);
  const underway = new Set<Promise<void>>();
  const fill = async (): Promise<void> => {
    await session.slot(session.signal);
    const entries = await outbox.claim(destination, session.free);
    for (const entry of entries) {
      const done = send(session, entry, { past, confirm, env }).finally(() => {
        underway.delete(done);
        bell.ring();
      });
      underway.add(done);
    }
    if (entries.length === 0) await bell.wait(session.signal);
  };
  try {
    while (!session.signal.aborted) {
      await fill().catch(async (error: unknown) => {
        if (session.signal.aborted) return;
        env.log.warn({ destination, error: messageOf(error) }, 'delivery waits for the store');
        await env.clock.sleep(storeRetryMs, session.signal).catch(() => {});
      });
    }
  } finally {
    await Promise.allSettled(underway);
    await confirm.settled();
    await insist(() => outbox.releaseAll(destination), undefined, env);
  }
}

/** Tries until the store does it; undefined when `signal` aborts or the store is closed. A sick disk is no crash. */
async function insist<T>(act: () => Promise<T>, signal: AbortSignal | undefined, env: Env): Promise<T | undefined> {
  while (!signal?.aborted) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof BongsuError && error.code === 'store.closed') return undefined;
      env.log.warn({ error: messageOf(error) }, 'delivery waits for the store');
      await env.clock.sleep(storeRetryMs, signal).catch(() => {});
    }
  }
  return undefined;
}

interface Sending {
  /** Newest entry that was there before the session: up to it, an entry has waited for the line. */
  readonly past: number;
  readonly confirm: Confirmer;
  readonly env: Env;
}

async function send(session: UplinkSession, entry: Entry, { past, confirm, env }: Sending): Promise<void> {
  const sent = await session.send(entry, { replay: entry.seq <= past });
  if (sent.result === 'confirmed') confirm.add(entry.seq);
  else if (sent.result !== 'lost')
    env.log.warn({ id: entry.id, class: entry.body.class, ...sent }, 'the hub did not take an entry; it stays in the outbox');
}

interface Confirmer {
  add(seq: number): void;
  /** Resolves when all that was added is committed, or has failed for good (it is then sent again, with the same id). */
  settled(): Promise<void>;
}

/** Gathers confirmations while one batch of them is being committed. */
function openConfirmer({ outbox, destination }: DeliveryDeps, env: Env): Confirmer {
  let gathered: number[] = [];
  let running: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    while (gathered.length > 0) {
      const seqs = gathered;
      gathered = [];
      await outbox.confirm(destination, seqs).catch((error: unknown) => {
        env.log.warn(
          { destination, entries: seqs.length, error: messageOf(error) },
          'a confirmation could not be committed; the entries will travel again',
        );
      });
    }
    running = undefined;
  };
  return {
    add(seq) {
      gathered.push(seq);
      running ??= flush();
    },
    settled: async () => running,
  };
}

/** A bell that remembers one ring. */
function openBell() {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring(this: void): void {
      rung = true;
      wake?.();
    },
    async wait(signal: AbortSignal): Promise<void> {
      if (!rung && !signal.aborted) {
        const rings = Promise.withResolvers<void>();
        wake = rings.resolve;
        signal.addEventListener('abort', wake, { once: true });
        await rings.promise;
        signal.removeEventListener('abort', wake);
        wake = undefined;
      }
      rung = false;
    },
  };
}
