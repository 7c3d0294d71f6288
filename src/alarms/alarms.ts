// The alarms as the main thread sees them: reports go in, and what they became is known after the commit.
import type { Alarm, Condition, Report, ReportOutcome } from '#model';
import type { Store } from '#store';
import type { AlarmCounts } from './counts.ts';
import type { AlarmFilter, TransitionRow } from './listing.ts';
import type { PruneAsk } from './retention.ts';
import { alarmsTopic } from './steps.ts';
import type { AlarmsProcedures } from './tables.ts';

/** The life of alarms and conditions. Every promise resolves after the commit and rejects with the store's faults alone. */
export interface Alarms {
  /**
   * Takes what a driver saw. The outcome is committed, with its outbox entry, when it resolves: only then may a device be answered.
   * A report with an occurrence key raises, or updates the open alarm of its point; the same key again within 7 days is `duplicate` and names the alarm of the first time.
   * A key that the driver made itself (`occurrenceKind: 'derived'`) is `duplicate` only until its point changes state.
   * A key counts for its device, channel and kind, and apart for begin and end. Without a key only a change is told. Tests and real alarms never touch each other.
   */
  report(report: Report): Promise<ReportOutcome>;
  /** Takes a step of a condition: told once when it begins and once when it ends. */
  condition(step: Condition): Promise<'raised' | 'cleared' | 'unchanged'>;
  /** Open alarms, oldest first, of one device or of all; at most 20,000. */
  open(device?: string): Promise<readonly Alarm[]>;
  /** Newest first, in the order in which they were raised, whatever the clocks said. */
  list(filter: AlarmFilter): Promise<readonly Alarm[]>;
  /** Transitions after `afterRow` in the order of their commits; undefined gives the newest `limit` (1 … 1,000). Follow with the last row. */
  transitions(afterRow: number | undefined, limit: number): Promise<readonly TransitionRow[]>;
  openConditions(): Promise<readonly Condition[]>;
  counts(): Promise<AlarmCounts>;
  /** One bounded step of retention; answers how many rows went. Repeat until 0. Open alarms and what waits in the outbox are never touched. */
  prune(ask: PruneAsk): Promise<number>;
  /** Calls `listener` after each commit with a transition or a step of a condition. */
  watch(listener: () => void): Disposable;
}

/** Opens the alarms over the store. */
export function openAlarms({ store }: { readonly store: Store }): Alarms {
  const calls = store.procedures<AlarmsProcedures>('alarms');
  return {
    report: (report) => calls.report(report),
    condition: (step) => calls.condition(step),
    open: (device) => calls.open({ device }),
    list: (filter) => calls.list(filter),
    transitions: (after, limit) => calls.transitions({ after, limit }),
    openConditions: () => calls.openConditions(),
    counts: () => calls.counts(),
    prune: (ask) => calls.prune(ask),
    watch: (listener) => store.watch(alarmsTopic, listener),
  };
}
