// The delivery story: entries leave the outbox gravest first, travel within the session's window, and go when the destination has them.
import { type Env, messageOf } from '#base';
import type { Entry, EntryClass } from '#model';
import type { Outbox, Refusal } from '#outbox';
import type { Room, UplinkSession } from '#uplink';
import { openBell } from './bell.ts';
import { insist } from './insist.ts';

/** Which outbox is delivered to whom. */
export interface DeliveryDeps {
  readonly outbox: Outbox;
  /** The destination's name: its cursor in the outbox. */
  readonly destination: string;
}

const storeRetryMs = 1000;
const waits = 'delivery';

/**
 * Delivers until the session is lost. What was under way then is pending again: it travels in the next session with the same id and `replay`.
 * A failing store delays delivery, it never ends it.
 */
export async function deliver(session: UplinkSession, deps: DeliveryDeps, env: Env): Promise<void> {
  const { outbox, destination } = deps;
  // What the last session left claimed, or a call that the disk never answered, is claimable again.
  await insist(() => outbox.releaseAll(destination), waits, env, session.signal);
  const past = await insist(() => outbox.head(), waits, env, session.signal);
  if (past === undefined) return;
  const bell = openBell();
  using _entries = outbox.watch(bell.ring);
  using _room = session.watch(bell.ring);
  const answers = openAnswers(bell.ring);
  const underway = openUnderway();
  /** Tells what came back and takes what the session has room for, in one way to the store. */
  const turn = async ({ entries: limit, lanes, bytes }: Room): Promise<readonly Entry[]> => {
    const told = answers.take();
    if (told.confirm.length === 0 && told.setAside.length === 0 && limit === 0) return [];
    return await outbox.turn(destination, { ...told, claim: { limit, past, lanes, bytes } });
  };
  const fill = async (): Promise<void> => {
    const entries = await turn(session.room);
    for (const entry of entries) {
      underway.add(entry.seq);
      void follow(session.send(entry, { replay: entry.seq <= past }), namesOf(entry), { destination, answers, underway, env });
    }
    if (entries.length === 0) await bell.wait(session.signal);
  };
  const resending = resend(session, deps, underway.seqs, env);
  try {
    while (!session.signal.aborted) {
      await fill().catch(async (error: unknown) => {
        if (session.signal.aborted) return;
        env.log.warn({ destination, error: messageOf(error) }, 'delivery waits for the store');
        await env.clock.sleep(storeRetryMs, session.signal).catch(() => {});
      });
    }
  } finally {
    await Promise.all([underway.empty(), resending]);
    await turn({ entries: 0, lanes: undefined }).catch((error: unknown) => {
      env.log.warn({ destination, error: messageOf(error) }, 'what came back could not be committed; the entries will travel again');
    });
  }
}

/** Sends again what the hub itself has not confirmed one to two times `resendAfterMs` after it was handed out; what is still under way is left alone. */
async function resend(
  session: UplinkSession,
  { outbox, destination }: DeliveryDeps,
  underway: () => readonly number[],
  env: Env,
): Promise<void> {
  while (!session.signal.aborted) {
    await env.clock.sleep(session.resendAfterMs, session.signal).catch(() => {});
    // Also where the broker's word counts: what was sent while the hub's did is told by nobody any more.
    if (session.signal.aborted) continue;
    await insist(() => outbox.releaseUnconfirmed(destination, underway()), waits, env, session.signal);
  }
}

interface Sending {
  readonly destination: string;
  readonly answers: Answers;
  readonly underway: Underway;
  readonly env: Env;
}

/** What is kept of an entry until it is answered, and no more: what it carries is the session's, which lets go of it as soon as it can. */
interface Names {
  readonly seq: number;
  readonly id: string;
  readonly class: EntryClass;
}

function namesOf({ seq, id, body }: Entry): Names {
  return { seq, id, class: body.class };
}

async function follow(sending: ReturnType<UplinkSession['send']>, { seq, id, class: name }: Names, to: Sending): Promise<void> {
  const { destination, answers, underway, env } = to;
  const sent = await sending;
  if (sent.result === 'confirmed') answers.confirmed(seq);
  else if (sent.result === 'set-aside') {
    const told = { destination, id, class: name, ...sent };
    env.log.warn(told, 'a destination did not take an entry; it waits for a person as a dead letter');
    answers.refused({ seq, code: sent.reasonCode, text: sent.text ?? `MQTT reason 0x${sent.reasonCode.toString(16)}` });
  }
  underway.delete(seq);
}

/** Positions of what the session has. */
interface Underway {
  add(seq: number): void;
  delete(seq: number): void;
  seqs(this: void): readonly number[];
  /** Resolves when it has none any more. */
  empty(): Promise<void>;
}

function openUnderway(): Underway {
  const all = new Set<number>();
  let onEmpty: (() => void) | undefined;
  return {
    add: (seq) => void all.add(seq),
    delete(seq) {
      all.delete(seq);
      if (all.size === 0) onEmpty?.();
    },
    seqs: () => [...all],
    async empty() {
      const gone = Promise.withResolvers<void>();
      onEmpty = gone.resolve;
      if (all.size > 0) await gone.promise;
    },
  };
}

interface Told {
  readonly confirm: readonly number[];
  readonly setAside: readonly Refusal[];
}

/** What came back and is not yet told to the store; bounded by what can be claimed. */
interface Answers {
  confirmed(seq: number): void;
  refused(refusal: Refusal): void;
  take(): Told;
}

function openAnswers(ring: () => void): Answers {
  let confirm: number[] = [];
  let setAside: Refusal[] = [];
  return {
    confirmed(seq) {
      confirm.push(seq);
      ring();
    },
    refused(refusal) {
      setAside.push(refusal);
      ring();
    },
    take() {
      const told = { confirm, setAside };
      confirm = [];
      setAside = [];
      return told;
    },
  };
}
