// The door of alarms: the life of alarms and conditions.
export { type Alarms, openAlarms, type QuietRequest } from './alarms.ts';
export type { AlarmCounts } from './counts.ts';
export type { AlarmFilter, AlarmHistory, TransitionRow } from './listing.ts';
export type { Quiet } from './quiet.ts';
export type { PruneAsk } from './retention.ts';
export type { AlarmSearch } from './search.ts';
export { secondEntryId } from './steps.ts';
