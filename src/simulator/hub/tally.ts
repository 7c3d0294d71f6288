// What the hub has counted: alarms raised and cleared, messages that came twice, numbers that are missing or came out of order.
import type { HubMessage } from './message.ts';
import { addNumber, missingNumbers, type Ranges } from './ranges.ts';

/** Counts of one outbox class over all gateways. */
export interface ClassCounts {
  readonly messages: number;
  /** Sequence numbers that are missing between the first and the highest. */
  readonly missing: number;
  /** Came after a higher number: lawful across lanes, since the gravest go first. */
  readonly late: number;
}

/** Everything that was counted. Messages that came twice count once, except in `duplicates`. */
export interface HubCounts {
  readonly alarms: {
    readonly raised: number;
    readonly updated: number;
    readonly cleared: number;
    readonly open: number;
    readonly replayed: number;
  };
  readonly conditions: { readonly raised: number; readonly cleared: number };
  readonly messages: number;
  /** Same id again: sent twice by the gateway, dropped here. */
  readonly duplicates: number;
  /** Numbers missing in all classes. */
  readonly missing: number;
  /** A clear or update that came before its raise: forbidden. */
  readonly overtaken: number;
  /** No JSON object, or too large. */
  readonly unreadable: number;
  readonly classes: Readonly<Record<string, ClassCounts>>;
}

/** Counts messages. */
export interface Tally {
  /** False when the id has come before. */
  take(message: HubMessage): boolean;
  unreadable(): void;
  counts(): HubCounts;
}

const maxIds = 200_000;
const maxAlarms = 50_000;
const maxClasses = 1000;

/** Opens a tally. Remembers the last 200,000 ids and 50,000 alarms; older ones are forgotten. */
export function openTally(): Tally {
  const ids = new Set<string>();
  const alarms = new Map<string, string>();
  const classes = new Map<string, { name: string; ranges: Ranges; messages: number; late: number }>();
  const alarm: Record<'raised' | 'updated' | 'cleared' | 'replayed', number> = { raised: 0, updated: 0, cleared: 0, replayed: 0 };
  const condition: Record<'raised' | 'cleared', number> = { raised: 0, cleared: 0 };
  const counts = { messages: 0, duplicates: 0, overtaken: 0, unreadable: 0 };
  const countSequence = (message: HubMessage): void => {
    if (!message.entry) return;
    const key = `${message.site}/${message.gateway}/${message.entry.class}`;
    const known = classes.get(key) ?? { name: message.entry.class, ranges: { spans: [] }, messages: 0, late: 0 };
    if (!classes.has(key) && classes.size >= maxClasses) return;
    classes.set(key, known);
    known.messages += 1;
    if (addNumber(known.ranges, message.entry.sequence) === 'late') known.late += 1;
  };
  const countAlarm = (message: HubMessage): void => {
    const { step, alarmId = '' } = message;
    if (step !== 'raised' && step !== 'updated' && step !== 'cleared') return;
    alarm[step] += 1;
    if (message.replay) alarm.replayed += 1;
    if (step !== 'raised' && !alarms.has(alarmId)) counts.overtaken += 1;
    alarms.delete(alarmId);
    alarms.set(alarmId, step);
    forgetOldest(alarms, maxAlarms);
  };
  return {
    unreadable() {
      counts.unreadable += 1;
    },
    take(message) {
      counts.messages += 1;
      if (message.id !== '' && ids.has(message.id)) {
        counts.duplicates += 1;
        return false;
      }
      if (message.id !== '') ids.add(message.id);
      forgetOldest(ids, maxIds);
      countSequence(message);
      if (message.path[0] === 'alarm') countAlarm(message);
      if (message.path[0] === 'condition' && (message.step === 'raised' || message.step === 'cleared')) condition[message.step] += 1;
      return true;
    },
    counts() {
      const all = [...classes.values()].map(({ name, ranges, messages, late }) => ({
        name,
        messages,
        late,
        missing: missingNumbers(ranges),
      }));
      const open = [...alarms.values()].filter((step) => step !== 'cleared').length;
      return {
        ...counts,
        alarms: { ...alarm, open },
        conditions: { ...condition },
        missing: all.reduce((sum, one) => sum + one.missing, 0),
        classes: Object.fromEntries([...Map.groupBy(all, (one) => one.name)].map(([name, list]) => [name, total(list)])),
      };
    },
  };
}

function total(list: readonly ClassCounts[]): ClassCounts {
  const sum = (pick: (one: ClassCounts) => number): number => list.reduce((value, one) => value + pick(one), 0);
  return { messages: sum((one) => one.messages), missing: sum((one) => one.missing), late: sum((one) => one.late) };
}

function forgetOldest(kept: Set<string> | Map<string, string>, most: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}
