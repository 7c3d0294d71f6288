// The alarms inside the store's thread: their schema and their procedures.
import type { Database } from 'better-sqlite3';
import type { ProcedureWorld } from '#store';
import { openConditions } from './conditions.ts';
import { openCounts } from './counts.ts';
import { openListing } from './listing.ts';
import { openReport } from './report.ts';
import { openPrune } from './retention.ts';

export { alarmsMigrations } from './schema.ts';

/** Opens the alarms' procedures on the writing connection. */
export function openAlarmsProcedures(db: Database, world: ProcedureWorld) {
  const counts = openCounts(db);
  return {
    report: openReport(db, world, counts),
    ...openConditions(db, world, counts),
    ...openListing(db),
    counts: () => counts.read(),
    prune: openPrune(db, () => world.now()),
  };
}

/** The alarms' procedures by name. */
export type AlarmsProcedures = ReturnType<typeof openAlarmsProcedures>;
