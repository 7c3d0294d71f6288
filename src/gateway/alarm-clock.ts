// What time does to alarms: every minute shelves and maintenance that are over end, and floods are told; and at the start what is known without the store is read.
import type { Alarms } from '#alarms';
import { type Env, messageOf, type Service } from '#base';

const everyMs = 60_000;

/** Ticks at once and every minute; a store that fails is asked again the next minute. What travelled from memory meanwhile is known all the same. */
export function alarmClock(alarms: Pick<Alarms, 'recall' | 'tick'>, env: Env): Service {
  const attempt = async (what: string, act: () => Promise<unknown>): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      env.log.warn({ error: messageOf(error) }, `${what} wait for the store`);
      return false;
    }
  };
  return {
    name: 'alarm clock',
    async run(signal) {
      let isKnown = false;
      while (!signal.aborted) {
        if (!isKnown) isKnown = await attempt('open alarms', alarms.recall);
        await attempt('shelves and floods', alarms.tick);
        await env.clock.sleep(everyMs, signal).catch(() => {});
      }
    },
  };
}
