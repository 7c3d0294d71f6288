// The head of one channel: one holder at a time, a movement that ends by itself unless it is told again, and the centre's own operators before us.
import { BongsuError, type Env } from '#base';
import { faultOf } from '../faults.ts';
import { openSlots } from '../slots.ts';
import type { HeadCalls } from './calls.ts';
import { faults } from './faults.ts';
import type { HeadAsker, HeadDeps, HeadOutcome } from './head-deps.ts';
import { type Hold, openHold } from './hold.ts';
import type { Called } from './reach.ts';
import { awaitRest, isSamePlace, lookTwice } from './rest.ts';
import { returnHead, sayStop } from './wind-up.ts';

/** The head of one channel. */
export interface Head {
  /** `cli:USER` or `grant:ID`; undefined: nobody. */
  readonly holder: string | undefined;
  /** Moves it on and on for `forMs` at most; told again before, it goes on. Resolves with the milliseconds after which it stops by itself. */
  drive(
    asker: HeadAsker,
    order: (calls: HeadCalls, forMs: number) => Promise<Called<undefined>>,
    forMs: number,
  ): Promise<HeadOutcome<number>>;
  /** Sends it to a place, which it reaches by itself. */
  send(asker: HeadAsker, order: (calls: HeadCalls) => Promise<Called<undefined>>): Promise<HeadOutcome>;
  /** Stops it. `done` also when nothing of ours moves it. `anyones`: also what another holds, who loses it. */
  stop(asker: HeadAsker, anyones?: boolean): Promise<HeadOutcome>;
  /** The holder is done: what moves is stopped, and the head returns where it should. Of another than the holder nothing happens. */
  release(holder: string, why: string): Promise<void>;
  /** Stops what moves, and nobody holds it any longer. */
  close(why: string): Promise<void>;
}

/** So long after it was sent somewhere a head may still be on its way there. */
const travelMs = 10_000;
const neverAborted = new AbortController().signal;

/** Opens the head; nothing is sent. */
export function openHead(deps: HeadDeps, env: Env): Head {
  const { options, closed } = deps;
  const turns = openSlots(1);
  let hold: Hold | undefined;
  let movement: { readonly timer: Disposable; readonly sinceMs: number } | undefined;
  let returning = new AbortController();

  const claim = (asker: HeadAsker): Hold | BongsuError => {
    if (closed.aborted) return faults.fault('ptz-over');
    if (deps.rule().policy === 'never') return faults.fault('ptz-never');
    if (hold && hold.holder !== asker.holder) return faults.fault('ptz-held');
    if (!hold) {
      returning.abort();
      hold = openHold(asker.holder);
    }
    return hold;
  };
  /** From its last order on, and never beyond its grant. */
  const prolong = (held: Hold, asker: HeadAsker, movesMs: number): void => {
    const lastsMs = Math.min(options.hold + movesMs, asker.remainingMs ?? Number.MAX_SAFE_INTEGER);
    held.expire(env.clock.after(lastsMs, () => void end(held, 'the hold is over')));
  };
  const drop = (held: Hold): void => {
    held.over();
    if (hold === held) hold = undefined;
  };
  const halt = (): void => {
    movement?.timer[Symbol.dispose]();
    movement = undefined;
  };

  /** Under `idle-only`: whether a holder may move it now. */
  const refusalOf = async (calls: HeadCalls, held: Hold): Promise<BongsuError | undefined> => {
    if (deps.rule().policy !== 'idle-only' || movement || held.rest === 'travelling') return undefined;
    if (typeof held.rest === 'object') {
      const look = await calls.look();
      const isLeft = look.result === 'ok' && look.value.moving === false && isSamePlace(look.value.position ?? {}, held.rest.at);
      return isLeft ? undefined : faults.fault('ptz-foreign');
    }
    const rest = await lookTwice(calls, options.idleLook, env, held.signal);
    return typeof rest === 'object' ? undefined : faults.fault('ptz-not-idle');
  };
  const act = async <T>(asker: HeadAsker, perform: (calls: HeadCalls, held: Hold) => Promise<Called<T>>): Promise<HeadOutcome<T>> => {
    const held = claim(asker);
    if (held instanceof BongsuError) return { result: 'refused', fault: held };
    const { stops } = held;
    const isOver = (): boolean => held.signal.aborted || held.stops !== stops;
    try {
      using _turn = await turns.take(held.signal);
      const reached = isOver() ? undefined : await deps.reach();
      if (reached?.result === 'failed') return { result: 'failed', fault: faultOf(reached.failure) };
      const refusal = reached && (await refusalOf(reached.value, held));
      if (refusal) {
        drop(held);
        return { result: 'refused', fault: refusal };
      }
      if (!reached || isOver()) return { result: 'refused', fault: faults.fault('ptz-over') };
      held.settle('travelling');
      const called = await perform(reached.value, held);
      return called.result === 'ok' ? { result: 'done', value: called.value } : { result: 'failed', fault: faultOf(called.failure) };
    } catch (error) {
      if (held.signal.aborted) return { result: 'refused', fault: faults.fault('ptz-over') };
      if (error instanceof BongsuError) return { result: 'failed', fault: error };
      throw error;
    } finally {
      if (!held.moved && hold === held) drop(held);
    }
  };
  /** Learns where the head comes to rest, so that another hand on it is noticed. */
  const watchRest = (held: Hold): void => {
    const { policy, returnTo } = deps.rule();
    if (policy !== 'idle-only' && returnTo === '') return;
    const signal = held.watch(closed);
    const learn = async (): Promise<void> => {
      const reached = await deps.reach();
      const rest = reached.result === 'ok' ? await awaitRest(reached.value, options.idleLook, env, signal) : 'unsure';
      if (!signal.aborted) held.settle(typeof rest === 'object' ? rest : 'unsure');
    };
    learn().catch(() => {
      if (!signal.aborted) held.settle('unsure');
    });
  };

  /** Stops what moves; `isDue` is asked when it is this stop's turn. */
  const cease = async (holder: string, why: string, isDue = (): boolean => true): Promise<BongsuError | undefined> => {
    using _turn = await turns.take(neverAborted);
    if (!isDue()) return undefined;
    const sinceMs = movement?.sinceMs;
    halt();
    const fault = await sayStop(deps, env);
    const seconds = sinceMs === undefined ? '' : ` after ${Math.round((env.clock.monotonicMs() - sinceMs) / 100) / 10} s`;
    const failed = fault ? `; the camera did not hear it: ${fault.message}` : '';
    deps.told({ act: 'ptz.ended', holder, detail: `${why}${seconds}${failed}` });
    return fault;
  };
  /** Whether it is our own order that moves it, as far as can be known: a Stop would not reach into another's hand. */
  const isOurs = (held: Hold): boolean => {
    if (movement) return true;
    return held.moved && typeof held.rest === 'string' && env.clock.monotonicMs() - held.sentAtMs < travelMs;
  };
  /** Nobody told it to go on. */
  const expire = async (held: Hold, own: () => boolean): Promise<void> => {
    await cease(held.holder, 'nobody told it to go on', own);
    if (hold === held && !movement) watchRest(held);
  };

  const goBack = async (held: Hold): Promise<void> => {
    // Who took it meanwhile has it; his end sees to the way back.
    if (!held.moved || hold || closed.aborted) return;
    returning = new AbortController();
    const news = await returnHead(held, deps, { turns, signal: AbortSignal.any([returning.signal, closed]) }, env);
    if (news) deps.told({ ...news, holder: held.holder });
  };
  /** A hold is over; resolves when what moved was told to stop. The way back goes on by itself. */
  const end = async (held: Hold, why: string): Promise<void> => {
    if (hold !== held) return;
    const moves = isOurs(held);
    drop(held);
    if (moves) await cease(held.holder, why);
    void goBack(held);
  };

  return {
    get holder() {
      return hold?.holder;
    },
    drive: (asker, order, wantedMs) =>
      act(asker, async (calls, held) => {
        const forMs = Math.min(wantedMs, options.moveTimeout, asker.remainingMs ?? options.moveTimeout);
        const sinceMs = movement?.sinceMs ?? env.clock.monotonicMs();
        halt();
        // Before it is sent: a camera whose answer is lost moves all the same.
        const own = { timer: env.clock.after(forMs, () => void expire(held, () => movement === own)), sinceMs };
        movement = own;
        held.sent(env.clock.monotonicMs());
        prolong(held, asker, forMs);
        const called = await order(calls, forMs);
        if (called.result === 'failed' && called.failure.kind === 'fault') {
          halt();
          watchRest(held);
        }
        return called.result === 'ok' ? { result: 'ok', value: forMs } : called;
      }),
    send: (asker, order) =>
      act(asker, async (calls, held) => {
        halt();
        held.sent(env.clock.monotonicMs());
        prolong(held, asker, 0);
        const called = await order(calls);
        watchRest(held);
        return called;
      }),
    async stop(asker, anyones = false) {
      const held = hold;
      if (!held) return { result: 'done', value: undefined };
      if (held.holder !== asker.holder && !anyones) return { result: 'refused', fault: faults.fault('ptz-held') };
      held.stopped();
      const moves = isOurs(held);
      if (held.holder !== asker.holder) drop(held);
      if (!moves) return { result: 'done', value: undefined };
      const fault = await cease(held.holder, `stopped by ${asker.holder}`);
      if (hold === held) watchRest(held);
      return fault ? { result: 'failed', fault } : { result: 'done', value: undefined };
    },
    async release(holder, why) {
      if (hold?.holder === holder) await end(hold, why);
    },
    async close(why) {
      returning.abort();
      const held = hold;
      if (!held) return;
      const moves = isOurs(held);
      drop(held);
      if (moves) await cease(held.holder, why);
    },
  };
}
