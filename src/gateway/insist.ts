// Insisting: work that must be written is tried until the store takes it. A sick disk delays, it does not crash.
import { BongsuError, type Env, messageOf } from '#base';

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
