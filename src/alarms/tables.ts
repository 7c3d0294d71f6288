// The alarms inside the store's thread: their schema and their procedures.
import type { Database } from 'better-sqlite3';
import type { AlarmKind } from '#model';
import type { ProcedureWorld } from '#store';
import { openActs } from './acts.ts';
import { openConditions } from './conditions.ts';
import { openCounts } from './counts.ts';
import { openFlood } from './flood.ts';
import { openListing } from './listing.ts';
import { openQuiets, type Quiet } from './quiet.ts';
import { openReport } from './report.ts';
import { openRestate } from './restate.ts';
import { openPrune } from './retention.ts';
import { openSearch } from './search.ts';
import { openStanding } from './standing.ts';
import { openSteps } from './steps.ts';

export { openForgetHistory, openForgetKeys } from './forgetting.ts';
export { alarmsMigrations } from './schema.ts';

/** What the thread must know of the section `alarms`. */
export interface AlarmRules {
  /** Steps of one device and kind that are told in a minute. Default 60. */
  readonly floodLimit: number;
  /** Kinds that latch unless a report says otherwise. Default none. */
  readonly latch: readonly AlarmKind[];
}

/** What the outbox does for the alarms besides taking their entries. */
export interface AlarmNeeds {
  /** Makes room for so many bytes that come to no entry; false when there is none to be had. */
  makeRoom(bytes: number): boolean;
  /** Whether an entry of this alarm waits for any destination. */
  waits(alarmId: string): boolean;
}

const ownRules: AlarmRules = { floodLimit: 60, latch: [] };
const noNeeds: AlarmNeeds = { makeRoom: () => true, waits: () => false };

/** Opens the alarms' procedures on the writing connection. */
export function openAlarmsProcedures(
  db: Database,
  world: ProcedureWorld,
  { floodLimit, latch }: AlarmRules = ownRules,
  { makeRoom, waits }: AlarmNeeds = noNeeds,
) {
  const counts = openCounts(db);
  const quiets = openQuiets(db, world);
  const standing = openStanding(db);
  const steps = openSteps(db, world, { counts, isShelved: quiets.isShelved });
  const { restate, ...conditions } = openConditions(db, world, counts);
  const flood = openFlood(db, world, { counts, steps, standing, condition: conditions.condition, limit: floodLimit });
  const { expire, ...acts } = openActs(db, world, { steps, standing, quiets });
  return {
    report: openReport(db, world, { counts, steps, standing, flood, isInMaintenance: quiets.isInMaintenance, latch, makeRoom }),
    ...conditions,
    ...openListing(db),
    ...acts,
    search: openSearch(db),
    restate: openRestate({ standing, steps, conditions: { restate } }),
    counts: () => counts.read(),
    prune: openPrune(db, () => world.now(), waits),
    /** What time does: ends shelves and maintenance that are over, and tells of floods whose minute is. */
    tick: ({ monotonicMs }: { readonly monotonicMs: number }): Ticked => ({ ended: expire(monotonicMs), settled: flood.settle() }),
  };
}

/** What a tick found. */
export interface Ticked {
  readonly ended: readonly Quiet[];
  /** Windows of floods that were over. */
  readonly settled: number;
}

/** The alarms' procedures by name. */
export type AlarmsProcedures = ReturnType<typeof openAlarmsProcedures>;
