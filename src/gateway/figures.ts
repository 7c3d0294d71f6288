// What the store last said of the house, kept in memory: a status, a scrape and the hub's counts need no disk that answers.
import type { Access } from '#access';
import type { AlarmCounts, Alarms } from '#alarms';
import { BongsuError, type Env } from '#base';
import type { Condition } from '#model';
import type { Outbox, OutboxStats } from '#outbox';

/** Numbers that live in the store. */
export interface Figures {
  readonly alarms: AlarmCounts;
  readonly conditions: readonly Condition[];
  readonly outbox: OutboxStats;
  readonly openGrants: number;
  /** Wall milliseconds of the reading; undefined when there was none yet. */
  readonly readAt: number | undefined;
}

/** The rooms that are asked. */
export interface FiguresDeps {
  readonly access: Pick<Access, 'openGrants'>;
  readonly alarms: Pick<Alarms, 'counts' | 'openConditions'>;
  readonly outbox: Pick<Outbox, 'stats'>;
}

/** Opens the reading: it gives the figures of now, or the last ones when the store does not give any. */
export function openFigures({ access, alarms, outbox }: FiguresDeps, env: Pick<Env, 'clock'>): () => Promise<Figures> {
  let known: Figures = {
    alarms: { open: 0, openTest: 0, conditions: 0, raised: 0, updated: 0, cleared: 0, duplicates: 0, withheld: 0 },
    conditions: [],
    outbox: { entries: 0, sizeBytes: 0, destinations: [] },
    openGrants: 0,
    readAt: undefined,
  };
  return async () => {
    try {
      const [counts, conditions, stats, grants] = await Promise.all([
        alarms.counts(),
        alarms.openConditions(),
        outbox.stats(),
        access.openGrants(),
      ]);
      known = { alarms: counts, conditions, outbox: stats, openGrants: grants.length, readAt: env.clock.now() };
    } catch (error) {
      if (!(error instanceof BongsuError && error.code.startsWith('store.'))) throw error;
    }
    return known;
  };
}
