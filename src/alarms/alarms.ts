// The alarms as the main thread sees them: reports go in, and what they became is known after the commit.
import type { Env } from '#base';
import {
  type Alarm,
  type AlarmKind,
  alarmKinds,
  type Condition,
  type Report,
  type ReportIds,
  type ReportOutcome,
  type Transition,
} from '#model';
import type { Store } from '#store';
import type { Acknowledged, ActAsk, Cleared } from './acts.ts';
import type { AlarmCounts } from './counts.ts';
import type { AlarmFilter, AlarmHistory, TransitionRow } from './listing.ts';
import { openMirror } from './mirror.ts';
import type { Quiet, QuietName } from './quiet.ts';
import type { RestateCursor } from './restate.ts';
import type { PruneAsk } from './retention.ts';
import type { AlarmSearch } from './search.ts';
import { alarmsTopic } from './steps.ts';
import type { AlarmsProcedures, Ticked } from './tables.ts';
import { openWays } from './ways.ts';

/** A shelf or a maintenance, and who asks for it. */
export interface QuietRequest extends Pick<Quiet, 'form' | 'device' | 'by' | 'reason'> {
  /** Of a shelf; all kinds when absent. */
  readonly kind?: AlarmKind | undefined;
  /** How long, 1 minute … 7 days in milliseconds. It is measured on the clock that nobody sets. */
  readonly forMs: number;
}

/** The life of alarms and conditions. Every promise resolves after the commit and rejects with the store's faults alone. */
export interface Alarms {
  /**
   * Takes what a driver saw. The outcome is committed, with its outbox entry, when it resolves: only then may a device be answered.
   * A report with an occurrence key raises, or updates the open alarm of its point; the same key again within 7 days is `duplicate` and names the alarm of the first time.
   * A key that the driver made itself (`occurrenceKind: 'derived'`) is `duplicate` only until its point changes state.
   * A key counts for its device, channel and kind, and apart for begin and end. Without a key only a change is told. Tests and real alarms never touch each other.
   * `ids` name the first transition's entry (a second has `secondEntryId` of it) and, if one is raised, the alarm; the same report may be handed in again
   * under the same ids. Critical and major ones, and those of a kind that is so by itself, pass what else waits for the store; the reports of one point keep
   * their order whatever their severities.
   */
  report(report: Report, ids?: ReportIds): Promise<ReportOutcome>;
  /** The transitions that the report would come to, by what was last known, without the store; none when nothing is new. The first belongs to `ids.entry`. */
  foresee(report: Report, ids: ReportIds): readonly Transition[];
  /** The id of the open alarm of a point, as last known without the store. */
  known(device: string, channel: string, kind: AlarmKind, test?: boolean): string | undefined;
  /** Reads what `known` and `foresee` go by, at the start. What is reported or foreseen later, and acts of people, keep it by themselves. */
  recall(): Promise<void>;
  /** Takes a step of a condition: told once when it begins and once when it ends. Those of the gateway itself may use the reserved pages. */
  condition(step: Condition): Promise<'raised' | 'cleared' | 'unchanged'>;
  /** Open alarms, oldest first, of one device or of all; at most 20,000. */
  open(device?: string): Promise<readonly Alarm[]>;
  /** What stands in the field, for drivers: open alarms without those that only a latch keeps; those raised in maintenance are no tests to them. */
  standing(device: string): Promise<readonly Alarm[]>;
  /** Newest first, in the order in which they were raised, whatever the clocks said. */
  list(filter: AlarmFilter): Promise<readonly Alarm[]>;
  /** The same by more than that, in bounded steps; `signal` ends it with what was found. */
  search(filter: AlarmSearch, signal?: AbortSignal): Promise<readonly Alarm[]>;
  /** An alarm with its newest 1,000 transitions and the acts of people among them. */
  show(alarmId: string): Promise<AlarmHistory | undefined>;
  /** Transitions after `afterRow` in the order of their commits; undefined gives the newest `limit` (1 … 1,000). Follow with the last row. */
  transitions(afterRow: number | undefined, limit: number): Promise<readonly TransitionRow[]>;
  openConditions(): Promise<readonly Condition[]>;
  counts(): Promise<AlarmCounts>;
  /** A person has seen it; told as `updated`, reason `acknowledged`. */
  acknowledge(alarmId: string, by: string, note: string): Promise<Acknowledged>;
  /** A person ends it for good; told as `cleared`, reason `person`. */
  clear(alarmId: string, by: string, reason: string): Promise<Cleared>;
  /** Begins a shelf (told on, marked `shelved`) or a maintenance (told on as tests), or moves its end. `full`: 20,000 hold already. */
  quieten(request: QuietRequest): Promise<'begun' | 'full'>;
  /** False when it does not hold. At the end of a maintenance what still stands is raised as real. */
  endQuiet(quiet: QuietName & Pick<Quiet, 'by' | 'reason'>): Promise<boolean>;
  /** A device has left the site: its shelves and its maintenance end, and nothing of it is raised as real. */
  leave(device: string): Promise<void>;
  quiets(): Promise<readonly Quiet[]>;
  /** What time does: call it at the start and every minute. Ends shelves and maintenance, tells of floods that are over. */
  tick(): Promise<Ticked>;
  /** One bounded step of retention; answers how many rows went. Repeat until 0. Open alarms and what waits in the outbox are never touched. */
  prune(ask: PruneAsk): Promise<number>;
  /**
   * Tells again what stands, open alarms (as `raised`, reason `restated`) and then conditions: for the day on which the store has lost its memory. In bounded
   * steps: `after` is where the last one ended; resolves with undefined when all is told. @throws outbox.full
   */
  restate(after: RestateCursor | undefined): Promise<RestateCursor | undefined>;
  /** Calls `listener` after each commit with a transition or a step of a condition. */
  watch(listener: () => void): Disposable;
}

const minQuietMs = 60_000;
const restatedAtOnce = 200;
const maxQuietMs = 7 * 86_400_000;

/** What the alarms stand on. */
export interface AlarmsDeps {
  readonly store: Store;
  /** Kinds that latch, as in the configuration of the store's thread. Default none. */
  readonly latch?: readonly AlarmKind[];
}

/** Opens the alarms over the store. */
export function openAlarms({ store, latch = [] }: AlarmsDeps, env: Pick<Env, 'clock'>): Alarms {
  const calls = store.procedures<AlarmsProcedures>('alarms');
  const urgent = store.procedures<AlarmsProcedures>('alarms', { urgent: true });
  /** What must be said when room is short, and what makes room. */
  const reserved = store.procedures<AlarmsProcedures>('alarms', { reserved: true });
  const mirror = openMirror(latch);
  const ways = openWays();
  const recall = async (): Promise<void> => {
    const [open, quiets] = await Promise.all([urgent.open({ device: undefined }), urgent.quiets()]);
    mirror.load(open, quiets);
  };
  /** What a person did changes what is known; the next look at the store shows it. */
  const acted = async <T>(act: Promise<T>): Promise<T> => {
    const answer = await act;
    await recall().catch(() => {});
    return answer;
  };
  /** An act on an alarm keeps its place among the reports of its point. */
  const actOn = <T>(alarmId: string, act: (procedures: typeof calls) => Promise<T>): Promise<T> => {
    const alarm = mirror.named(alarmId);
    return ways(alarm ? pointOf(alarm) : alarmId, true, (isUrgent) => act(isUrgent ? urgent : calls));
  };
  const actOf = (alarmId: string, by: string, note: string): ActAsk => ({ alarmId, by: by.slice(0, 100), note: note.slice(0, 300) });
  return {
    async report(report, ids) {
      const named = ids ? { ...report, ids } : report;
      const outcome = await ways(pointOf(report), isGrave(report), (isUrgent) => (isUrgent ? urgent : calls).report(named));
      mirror.learn(report, outcome, ids);
      return outcome;
    },
    foresee: mirror.foresee,
    known: (device, channel, kind, test = false) => mirror.known(device, channel, kind, test),
    recall,
    condition: (step) => (step.device === 'gateway' ? reserved : calls).condition(step),
    open: (device) => calls.open({ device }),
    async standing(device) {
      const open = await calls.open({ device });
      return open.filter(({ latched }) => latched !== 'over').map((alarm) => (alarm.maintenance ? { ...alarm, test: false } : alarm));
    },
    list: (filter) => calls.list(filter),
    search: (filter, signal) => searchAll(filter, calls, signal),
    show: (alarmId) => calls.show({ alarmId }),
    transitions: (after, limit) => calls.transitions({ after, limit }),
    openConditions: () => calls.openConditions(),
    counts: () => calls.counts(),
    acknowledge: (alarmId, by, note) => actOn(alarmId, (to) => to.acknowledge(actOf(alarmId, by, note))),
    clear: (alarmId, by, reason) => acted(actOn(alarmId, (to) => to.clear(actOf(alarmId, by, reason)))),
    quieten({ form, device, kind, by, reason, forMs }) {
      const lengthMs = Math.min(Math.max(forMs, minQuietMs), maxQuietMs);
      const { by: who, note } = actOf('', by, reason);
      const scope = form === 'shelf' ? (kind ?? '') : '';
      const monotonicMs = env.clock.monotonicMs();
      return acted(urgent.quieten({ form, device, kind: scope, by: who, reason: note, lengthMs, monotonicMs }));
    },
    endQuiet: (quiet) => acted(urgent.endQuiet(quiet)),
    leave: (device) => acted(calls.leave({ device })),
    quiets: () => calls.quiets(),
    async tick() {
      const ticked = await calls.tick({ monotonicMs: env.clock.monotonicMs() });
      if (ticked.ended.length > 0) await recall().catch(() => {});
      return ticked;
    },
    prune: (ask) => reserved.prune(ask),
    restate: (after) => reserved.restate({ after, limit: restatedAtOnce }),
    watch: (listener) => store.watch(alarmsTopic, listener),
  };
}

function isGrave({ kind, severity }: Report): boolean {
  return [alarmKinds[kind], severity].some((each) => each === 'critical' || each === 'major');
}

function pointOf({ device, channel, kind }: Pick<Report, 'device' | 'channel' | 'kind'>): string {
  return `${device}/${channel}/${kind}`;
}

async function searchAll(
  filter: AlarmSearch,
  calls: { search(ask: AlarmSearch & { below?: number | undefined }): Promise<{ alarms: readonly Alarm[]; next: number | undefined }> },
  signal: AbortSignal | undefined,
): Promise<readonly Alarm[]> {
  const found: Alarm[] = [];
  let below: number | undefined;
  do {
    const step = await calls.search({ ...filter, limit: filter.limit - found.length, below });
    found.push(...step.alarms);
    below = step.next;
  } while (below !== undefined && found.length < filter.limit && signal?.aborted !== true);
  return found;
}
