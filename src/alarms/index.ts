// The door of alarms: the life of alarms and conditions.
export { type Alarms, openAlarms } from './alarms.ts';
export type { AlarmCounts } from './counts.ts';
export type { AlarmFilter, TransitionRow } from './listing.ts';
export type { PruneAsk } from './retention.ts';
