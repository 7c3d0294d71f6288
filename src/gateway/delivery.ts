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
  // A crash leaves aside what was set aside: each session tries it again.
  await insist(() => outbox.releaseAll(destination), session.signal, env);
  const past = await insist(() => outbox.head(), session.signal, env);
  if (past === undefined) return;
  const confirmed = openGatherer((seqs) => confirm(seqs, deps, env));
  const refused = openGatherer((seqs) => insist(() => outbox.setAside(destination, seqs), session.signal, env));
  const bell = openBell();
  using _entries = outbox.watch(bell.ring);
  using _room = session.watch(bell.ring);
  const underway = new Set<Promise<void>>();
  const fill = async (): Promise<void> => {
    const { entries: limit, lanes } = session.room;
    const entries = limit > 0 ? await outbox.claim(destination, limit, { lanes }) : [];
    for (const entry of entries) {
      const done = send(session, entry, { past, confirmed, refused, env }).finally(() => underway.delete(done));
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
    await Promise.all([confirmed.settled(), refused.settled()]);
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
  readonly confirmed: Gatherer;
  readonly refused: Gatherer;
  readonly env: Env;
}

async function send(session: UplinkSession, entry: Entry, { past, confirmed, refused, env }: Sending): Promise<void> {
  const sent = await session.send(entry, { replay: entry.seq <= past });
  if (sent.result === 'confirmed') confirmed.add(entry.seq);
  if (sent.result !== 'set-aside') return;
  env.log.warn({ id: entry.id, class: entry.body.class, ...sent }, 'the hub did not take an entry; it stays in the outbox');
  refused.add(entry.seq);
}

async function confirm(seqs: readonly number[], { outbox, destination }: DeliveryDeps, env: Env): Promise<void> {
  await outbox.confirm(destination, seqs).catch((error: unknown) => {
    env.log.warn(
      { destination, entries: seqs.length, error: messageOf(error) },
      'a confirmation could not be committed; the entries will travel again',
    );
  });
}

interface Gatherer {
  add(seq: number): void;
  /** Resolves when all that was added has been told. */
  settled(): Promise<void>;
}

/** Gathers positions while one batch of them is being told to the store. `tell` never rejects. */
function openGatherer(tell: (seqs: readonly number[]) => Promise<void>): Gatherer {
  let gathered: number[] = [];
  let running: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    while (gathered.length > 0) {
      const seqs = gathered;
      gathered = [];
      await tell(seqs);
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
