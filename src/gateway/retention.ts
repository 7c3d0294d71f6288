// Calendar work of the house: what may be forgotten is forgotten at night, in small steps.
import type { Alarms } from '#alarms';
import type { HistoryOptions } from '#alarms/options';
import type { Env, Job } from '#base';
import type { Outbox } from '#outbox';

interface RetentionDeps {
  readonly alarms: Alarms;
  readonly outbox: Outbox;
}

/** Every night at 03:15 local time. */
const pruneAt = '15 3 * * *';
const step = 500;
/** Between two steps, so that an alarm's commit never waits behind more than one. */
const pauseMs = 50;

/** The jobs of retention: old occurrence keys and cleared alarms, and entries owed to destinations that are gone. */
export function retentionJobs(options: HistoryOptions, { alarms, outbox }: RetentionDeps, env: Env): readonly Job[] {
  const repeat = async (signal: AbortSignal, act: () => Promise<boolean>): Promise<void> => {
    while (!signal.aborted && (await act())) await env.clock.sleep(pauseMs, signal).catch(() => {});
  };
  return [
    {
      name: 'alarm retention',
      at: pruneAt,
      act: (signal) => {
        const now = env.clock.now();
        const ask = { clearedBefore: now - options.keep, limit: step };
        return repeat(signal, async () => (await alarms.prune(ask)) > 0);
      },
    },
    { name: 'outbox sweep', at: '*/10 * * * *', act: (signal) => repeat(signal, async () => !(await outbox.sweep(step)).done) },
  ];
}
