// Insisting: work that must be written is tried until the store takes it. A sick disk delays, it does not crash.
import { BongsuError, type Env, messageOf, type Service, untilAborted } from '#base';

const retryMs = 1000;

/** Tries `act` every second until it works; undefined when `signal` aborts or the store is closed. `what` names the work in the log. */
export async function insist<T>(act: () => Promise<T>, what: string, env: Env, signal?: AbortSignal): Promise<T | undefined> {
  while (!signal?.aborted) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof BongsuError && error.code === 'store.closed') return undefined;
      env.log.error({ what, error: messageOf(error) }, 'the store does not take what must be written; it is tried again');
      await env.clock.sleep(retryMs, signal).catch(() => {});
    }
  }
  return undefined;
}

/** What the store answers when its disk is sick or it is busy, and not when a call fails by itself. */
const passing: ReadonlySet<string> = new Set(['store.hung', 'store.io', 'store.full-disk', 'store.full']);

function isPassing(error: unknown): boolean {
  return error instanceof BongsuError && passing.has(error.code);
}

/** Does what a start cannot go on without, again each second while the disk is sick; undefined when `signal` aborts. Other faults are thrown. */
export async function outwait<T>(act: () => Promise<T>, what: string, env: Env, signal: AbortSignal): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error)) throw error;
      env.log.error({ what, error: messageOf(error) }, 'the disk of the store is waited for');
      await env.clock.sleep(retryMs, signal).catch(() => {});
    }
  }
  return undefined;
}

/** Tries `act` once; what a sick disk does not take now, the service does when it can, so that no alarm waits for it. Other faults are thrown. */
export async function tryFirst(act: () => Promise<void>, what: string, env: Env): Promise<Service> {
  let isLate = false;
  await act().catch((error: unknown) => {
    if (!isPassing(error)) throw error;
    isLate = true;
  });
  return {
    name: `late: ${what}`,
    async run(signal) {
      if (isLate) await outwait(act, what, env, signal);
      await untilAborted(signal);
    },
  };
}
