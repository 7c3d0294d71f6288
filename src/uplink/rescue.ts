// The second way of a critical alarm: a short connection over another route while the broker of the session keeps silent.
import type { Env } from '#base';
import { type Gate, openGate } from './gate.ts';
import type { Link } from './link.ts';
import { type AckMeaning, meaningOf, type UnheardOption } from './reasons.ts';
import { type Attempt, briefPlan, type Way } from './ways.ts';
import { openWindow, type Window } from './window.ts';
import type { Message } from './wire/index.ts';

/** The second way. */
export interface Rescue extends AsyncDisposable {
  /** Messages that it takes at once. */
  readonly capacity: number;
  /** Publishes, over whatever other route works, until a broker has it (true) or will never have it (false). Rejects when `signal` aborts. */
  publish(message: Message, signal: AbortSignal): Promise<boolean>;
}

/** What the second way needs. */
export interface RescueDeps {
  /** The other ways, in the order in which they are tried. */
  readonly ways: readonly Way[];
  readonly attempt: Attempt;
  readonly clientId: string;
  readonly unheard: UnheardOption;
}

const capacity = 32;
const retryMs = 2000;
const idleMs = 30_000;

interface Open {
  readonly link: Link;
  readonly window: Window;
  readonly gate: Gate;
}

/** Opens the second way; it connects when it is needed, and is closed when it was not for 30 s. */
export function openRescue(deps: RescueDeps, env: Env): Rescue {
  const stop = new AbortController();
  let open: Open | undefined;
  let opening: Promise<Open | undefined> | undefined;
  let users = 0;
  let idle: Disposable | undefined;

  const connect = async (): Promise<Open | undefined> => {
    for (const way of deps.ways) {
      const result = await deps.attempt(way, briefPlan(`${deps.clientId}-b`), stop.signal);
      if ('link' in result) {
        way.standing.changed('ready');
        return { link: result.link, window: openWindow(Math.min(result.link.receiveMaximum, capacity)), gate: openGate(env) };
      }
      if (stop.signal.aborted) break;
      way.standing.changed('failing', result.fault);
    }
    return undefined;
  };
  const get = async (): Promise<Open | undefined> => {
    if (open && !open.link.closed.aborted) return open;
    opening ??= connect().finally(() => {
      opening = undefined;
    });
    open = await opening;
    return open;
  };
  const close = async (): Promise<void> => {
    const closing = open;
    open = undefined;
    if (closing && !closing.link.closed.aborted) await closing.link.end();
  };
  /** Publishes once, and waits where nobody hears; what became of it. */
  const tryOnce = async (message: Message, waited: boolean, signal: AbortSignal): Promise<AckMeaning> => {
    const to = await get();
    if (!to) return 'later';
    const until = AbortSignal.any([signal, to.link.closed]);
    await to.window.take('critical', until);
    const result = await to.link.publish(message);
    to.window.release();
    const meaning = result.result === 'acked' ? meaningOf(result.reasonCode, deps.unheard) : 'later';
    if (meaning === 'confirmed') to.gate.heard(waited);
    if (meaning === 'unheard') await to.gate.wait(0, until);
    return meaning;
  };
  return {
    capacity: deps.ways.length === 0 ? 0 : capacity,
    async publish(message, signal) {
      users += 1;
      idle?.[Symbol.dispose]();
      try {
        let waited = false;
        for (;;) {
          const meaning: AckMeaning = await tryOnce(message, waited, signal).catch(() => 'later');
          signal.throwIfAborted();
          if (meaning === 'confirmed' || meaning === 'set-aside') return meaning === 'confirmed';
          waited = meaning === 'unheard';
          if (!waited) await env.clock.sleep(retryMs, signal);
        }
      } finally {
        users -= 1;
        if (users === 0) idle = env.clock.after(idleMs, () => void close());
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      idle?.[Symbol.dispose]();
      await opening;
      await close();
    },
  };
}
