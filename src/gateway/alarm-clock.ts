// What time does to alarms: every minute shelves and maintenance that are over end, and floods are told; and what is known without the store is kept fresh.
import type { Alarms } from '#alarms';
import { type Env, messageOf, type Service } from '#base';
import type { Store } from '#store';

const everyMs = 60_000;

/** Ticks at once and every minute; a store that fails is asked again the next minute, and whenever it is well again the open alarms are read anew. */
export function alarmClock(alarms: Alarms, store: Pick<Store, 'health' | 'watch'>, env: Env): Service {
  const attempt = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    await act().catch((error: unknown) => env.log.warn({ error: messageOf(error) }, `${what} wait for the store`));
  };
  return {
    name: 'alarm clock',
    async run(signal) {
      let state = store.health().state;
      using _health = store.watch('store', () => {
        const before = state;
        state = store.health().state;
        if (before === 'failing' && state === 'ok') void attempt('open alarms', alarms.recall);
      });
      await attempt('open alarms', alarms.recall);
      while (!signal.aborted) {
        await attempt('shelves and floods', alarms.tick);
        await env.clock.sleep(everyMs, signal).catch(() => {});
      }
    },
  };
}
