// The reports that are held in memory while the store fails, with the entries that they will be: in the order in which they came, and by the line's lanes.
import { type Alarms, secondEntryId } from '#alarms';
import type { Env } from '#base';
import { type Entry, laneOf, type Report, type ReportIds, type ReportOutcome, type Transition } from '#model';
import { openLineQueue, type Waiting } from './line-queue.ts';

/** An entry that the hub does not have yet. */
export interface Unsent extends Waiting {
  readonly item: Held;
  readonly entry: Entry;
}

/** A report that the store has not taken. */
export interface Held {
  readonly report: Report;
  readonly ids: ReportIds;
  readonly answers: boolean;
  readonly outcome: ReportOutcome;
  readonly told: PromiseWithResolvers<ReportOutcome>;
  unsent: readonly Unsent[];
  /** The hub has not taken one of its transitions, or only its broker has, or it does not travel from memory: only the store can answer for it now. */
  needsStore: boolean;
  /** The raise that it came to, once it is on its way. */
  raised: Transition | undefined;
  /** How often the well store would not take it. */
  tries: number;
}

/** Alarms that were raised from memory are remembered so far: their ends may travel from memory too. */
const maxRaised = 20_000;

/** Opens the book of them; its owner bounds it. */
export function openHeld(alarms: Pick<Alarms, 'foresee'>, bootId: string, env: Pick<Env, 'clock'>) {
  const held = new Set<Held>();
  /** Those that nobody waits for any more: the hub has them, and the site's own history not yet. */
  const answered = new Set<Held>();
  /** Those that the store will not have, until the hub has them. */
  const stranded = new Set<Held>();
  const byName = new Map<string, Held>();
  const newest = new Map<string, Held>();
  const raised = new Set<string>();
  const line = openLineQueue<Unsent>();

  /** An end travels from memory only behind a raise that did: it must not overtake one that waits in the store. */
  const mayTravel = ({ step, alarmId }: Transition): boolean => {
    if (step === 'raised') raised.add(alarmId);
    const [oldest] = raised.size > maxRaised ? raised : [];
    if (oldest !== undefined) raised.delete(oldest);
    return step === 'cleared' ? raised.delete(alarmId) : true;
  };
  const unsentOf = (item: Held, transition: Transition, id: string): Unsent => {
    const entry = entryOf(transition, id, bootId, env);
    return { item, entry, subject: transition.alarmId, lane: entry.lane };
  };
  const forget = (item: Held): void => {
    for (const set of [held, answered, stranded]) set.delete(item);
    const name = nameOf(item.report);
    if (name !== undefined && byName.get(name) === item) byName.delete(name);
    if (newest.get(pointOf(item.report)) === item) newest.delete(pointOf(item.report));
  };
  const answer = (item: Held): void => {
    item.told.resolve(item.outcome);
    if (held.has(item)) answered.add(item);
    else stranded.delete(item);
  };
  return {
    held: held as ReadonlySet<Held>,
    line,
    /** All that takes room. */
    size: (): number => held.size + stranded.size,
    /** The `count` oldest that the store shall have. */
    oldest(count: number): readonly Held[] {
      const some: Held[] = [];
      for (const item of held) if (some.push(item) >= count) break;
      return some;
    },
    hold(report: Report, ids: ReportIds, answers: boolean): Held {
      const transitions = alarms.foresee(report, ids);
      const first = transitions[0];
      const outcome: ReportOutcome = { result: first?.step ?? 'unchanged', alarmId: first?.alarmId };
      const told = Promise.withResolvers<ReportOutcome>();
      const item: Held = { report, ids, answers, outcome, told, unsent: [], needsStore: false, raised: undefined, tries: 0 };
      told.promise.catch(() => {});
      item.unsent = transitions.flatMap((transition, index) =>
        mayTravel(transition) ? unsentOf(item, transition, index === 0 ? ids.entry : secondEntryId(ids.entry)) : [],
      );
      item.needsStore = answers && item.unsent.length < transitions.length;
      held.add(item);
      newest.set(pointOf(report), item);
      const name = nameOf(report);
      if (name !== undefined) byName.set(name, item);
      for (const unsent of item.unsent) line.add(unsent);
      if (item.unsent.length === 0 && !item.needsStore) answer(item);
      return item;
    },
    /** The hub has all of it. */
    answer,
    /** The store has it, or nobody needs it any more. */
    letGo(item: Held): void {
      forget(item);
      for (const unsent of item.unsent) line.drop(unsent);
    },
    /** The store will not have it: it stays until the hub does. */
    strand(item: Held): void {
      forget(item);
      if (item.unsent.length > 0) stranded.add(item);
    },
    /** The oldest that the hub has: what can be forgotten when room is short. */
    oldestAnswered: (): Held | undefined => answered.values().next().value,
    /** Its raise was a retry of an alarm that the store knew: what the hub holds open under the other name is over. */
    retract(item: Held, transition: Transition): void {
      const { step: _, ...said } = transition;
      const cleared = unsentOf(item, { ...said, step: 'cleared', reason: 'retracted' }, secondEntryId(item.ids.entry));
      item.unsent = [...item.unsent, cleared];
      line.add(cleared);
    },
    /** A sender's own retry of what is held already. The words of a message name a happening only while it is the last of its point. */
    findRetry(report: Report): Held | undefined {
      const found = byName.get(nameOf(report) ?? '');
      const isRetry = report.occurrenceKind !== 'derived' || report.state === 'pulse' || newest.get(pointOf(report)) === found;
      return isRetry ? found : undefined;
    },
  };
}

function pointOf({ device, channel, kind, test = false }: Report): string {
  return JSON.stringify([device, channel, kind, test]);
}

/** By this a sender's own retry of what is held already is known; undefined of a report without a key. */
function nameOf({ device, channel, kind, state, occurrence, test = false }: Report): string | undefined {
  return occurrence === undefined ? undefined : JSON.stringify([device, channel, kind, state, occurrence, test]);
}

/** An entry that the store has not numbered: position and sequence 0. It travels again under the same id, with its number, when it is stored. */
function entryOf(transition: Transition, id: string, bootId: string, env: Pick<Env, 'clock'>): Entry {
  const body = { class: 'alarm', value: transition } as const;
  return { seq: 0, id, sequence: 0, bootId, recordedTime: env.clock.now(), lane: laneOf(body), body };
}
