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
  /** The hub has not taken one of its transitions, or only its broker has: only the store can answer for it now. */
  needsStore: boolean;
}

/** Opens the book of them; its owner bounds it. */
export function openHeld(alarms: Pick<Alarms, 'foresee'>, bootId: string, env: Pick<Env, 'clock'>) {
  const held = new Set<Held>();
  const byName = new Map<string, Held>();
  const line = openLineQueue<Unsent>();
  return {
    held: held as ReadonlySet<Held>,
    line,
    hold(report: Report, ids: ReportIds, answers: boolean): Held {
      const transitions = alarms.foresee(report, ids);
      const first = transitions[0];
      const outcome: ReportOutcome = { result: first?.step ?? 'unchanged', alarmId: first?.alarmId };
      const item: Held = { report, ids, answers, outcome, told: Promise.withResolvers<ReportOutcome>(), unsent: [], needsStore: false };
      item.told.promise.catch(() => {});
      item.unsent = transitions.map((transition, index) => {
        const entry = entryOf(transition, index === 0 ? ids.entry : secondEntryId(ids.entry), bootId, env);
        return { item, entry, subject: transition.alarmId, lane: entry.lane };
      });
      if (transitions.length === 0) item.told.resolve(outcome);
      held.add(item);
      const name = nameOf(report);
      if (name !== undefined) byName.set(name, item);
      for (const unsent of item.unsent) line.add(unsent);
      return item;
    },
    letGo(item: Held): void {
      held.delete(item);
      const name = nameOf(item.report);
      if (name !== undefined) byName.delete(name);
      for (const unsent of item.unsent) line.drop(unsent);
    },
    /** A sender's own retry of what is held already. */
    findRetry: (report: Report): Held | undefined => byName.get(nameOf(report) ?? ''),
  };
}

/** By this a sender's own retry of what is held already is known; undefined of a report without a key. */
function nameOf({ device, channel, kind, state, occurrence }: Report): string | undefined {
  return occurrence === undefined ? undefined : JSON.stringify([device, channel, kind, state, occurrence]);
}

/** An entry that the store has not numbered: position and sequence 0. It travels again under the same id, with its number, when it is stored. */
function entryOf(transition: Transition, id: string, bootId: string, env: Pick<Env, 'clock'>): Entry {
  const body = { class: 'alarm', value: transition } as const;
  return { seq: 0, id, sequence: 0, bootId, recordedTime: env.clock.now(), lane: laneOf(body), body };
}
