// The memory path: while the store fails, alarms travel to the hub from memory, and are written under the same ids when it works again.
import { type Alarms, secondEntryId } from '#alarms';
import { BongsuError, type Env, messageOf, type Service } from '#base';
import { alarmKinds, type Entry, laneOf, type Report, type ReportIds, type ReportOutcome, type Transition } from '#model';
import type { UplinkSession } from '#uplink';
import { openBell } from './bell.ts';

/** What the memory path needs. */
export interface FallbackDeps {
  readonly alarms: Alarms;
  readonly bootId: string;
  /** Calls `listener` when the store may work again. */
  watchStore(listener: () => void): Disposable;
  /** Told when the outbox has no room for what may not give way, and when all that was held is written. */
  onFull(isFull: boolean): void;
}

/** Alarms on their way past a store that fails. */
export interface Fallback {
  /** How many reports are held; while there are any, later reports must follow them, lest a clear overtake its raise. */
  readonly held: number;
  /**
   * Holds a report that the store did not take, and resolves when the hub has all its transitions or the store has it, whichever is first. The ids are those
   * that were given to the store. Rejects with `cause` (why the store does not take it) when no more can be held: 10,000 reports, the last 2,000 places for
   * critical and major alarms alone.
   */
  carry(report: Report, ids: ReportIds, cause: unknown): Promise<ReportOutcome>;
  /** Sends what is held over a session until it is lost, the gravest first, the steps of one alarm in order. */
  deliver(session: UplinkSession): Promise<void>;
  /** Writes what is held when the store works again, in the order in which it came. */
  readonly service: Service;
}

interface Held {
  readonly report: Report;
  readonly ids: ReportIds;
  /** Entries that the hub does not have yet. */
  readonly unsent: Entry[];
  readonly outcome: ReportOutcome;
  readonly told: PromiseWithResolvers<ReportOutcome>;
  /** The hub would not have one of its transitions: only the store can answer for it now. */
  refused: boolean;
}

const maxHeld = 10_000;
const keptForGrave = 2000;
const lookAgainMs = 1000;

/** Opens the memory path. */
export function openFallback(deps: FallbackDeps, env: Env): Fallback {
  const { alarms } = deps;
  let held: Held[] = [];
  let isFull = false;
  const tellFull = (full: boolean): void => {
    if (full !== isFull) deps.onFull(full);
    isFull = full;
  };
  const arrivals = openBell();
  const writable = openBell();

  const keep = (report: Report, ids: ReportIds): Held => {
    const transitions = alarms.foresee(report, ids);
    const unsent = transitions.map((transition, index) =>
      entryOf(transition, index === 0 ? ids.entry : secondEntryId(ids.entry), deps.bootId, env),
    );
    const first = transitions[0];
    const outcome: ReportOutcome = { result: first?.step ?? 'unchanged', alarmId: first?.alarmId };
    const item: Held = { report, ids, unsent, outcome, told: Promise.withResolvers<ReportOutcome>(), refused: false };
    item.told.promise.catch(() => {});
    if (unsent.length === 0) item.told.resolve(outcome);
    return item;
  };
  const write = async (item: Held): Promise<undefined> => {
    item.told.resolve(await alarms.report(item.report, item.ids));
    return undefined;
  };
  return {
    get held() {
      return held.length;
    },
    carry(report, ids, cause) {
      const again = findRetry(held, report);
      if (again) return again.told.promise;
      const severity = report.severity ?? alarmKinds[report.kind];
      const isGrave = severity === 'critical' || severity === 'major';
      if (held.length >= (isGrave ? maxHeld : maxHeld - keptForGrave)) return Promise.reject(cause);
      if (cause instanceof BongsuError && cause.code === 'outbox.full') tellFull(true);
      const item = keep(report, ids);
      held.push(item);
      env.log.error(
        { device: report.device, kind: report.kind, error: messageOf(cause) },
        'the store does not take an alarm; it travels from memory',
      );
      arrivals.ring();
      writable.ring();
      return item.told.promise;
    },
    async deliver(session) {
      const underway = new Map<string, Promise<void>>();
      while (!session.signal.aborted) {
        const next = session.room.entries > 0 ? gravest(held, underway) : undefined;
        if (next) {
          const alarm = alarmOf(next.entry);
          const sent = sendOne(session, next, env).finally(() => {
            underway.delete(alarm);
            arrivals.ring();
          });
          underway.set(alarm, sent);
        } else {
          using _room = session.watch(arrivals.ring);
          await arrivals.wait(session.signal);
        }
      }
      await Promise.allSettled(underway.values());
    },
    service: {
      name: 'memory path',
      async run(signal) {
        using _store = deps.watchStore(writable.ring);
        while (!signal.aborted) {
          const item = held[0];
          if (!item) {
            tellFull(false);
            await writable.wait(signal);
            continue;
          }
          const failure = await write(item).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
          if (failure instanceof BongsuError && failure.retryable) {
            await env.clock.sleep(lookAgainMs, signal).catch(() => {});
            continue;
          }
          if (failure) {
            env.log.error({ device: item.report.device, error: messageOf(failure) }, 'an alarm that was held in memory cannot be stored');
            item.told.reject(failure);
          }
          held = held.filter((other) => other !== item);
        }
      },
    },
  };
}

async function sendOne(session: UplinkSession, { item, entry }: { item: Held; entry: Entry }, env: Env): Promise<void> {
  const { result } = await session.send(entry, { replay: false });
  if (result === 'lost') return;
  item.unsent.splice(item.unsent.indexOf(entry), 1);
  if (result === 'set-aside') {
    item.refused = true;
    env.log.error(
      { id: entry.id, device: item.report.device },
      'the hub refuses an alarm that travels from memory; it waits for the store',
    );
  }
  if (item.unsent.length === 0 && !item.refused) item.told.resolve(item.outcome);
}

/** The gravest entry that may go: the first of its alarm, and no other of that alarm under way. */
function gravest(held: readonly Held[], underway: ReadonlyMap<string, unknown>): { item: Held; entry: Entry } | undefined {
  let best: { item: Held; entry: Entry } | undefined;
  const seen = new Set<string>();
  for (const item of held) {
    const [entry] = item.unsent;
    if (!entry || seen.has(alarmOf(entry))) continue;
    seen.add(alarmOf(entry));
    if (!underway.has(alarmOf(entry)) && (!best || entry.lane < best.entry.lane)) best = { item, entry };
    if (best?.entry.lane === 0) break;
  }
  return best;
}

function alarmOf(entry: Entry): string {
  return entry.body.class === 'alarm' ? entry.body.value.alarmId : entry.id;
}

/** A sender's own retry of what is held already. */
function findRetry(held: readonly Held[], { device, channel, kind, state, occurrence }: Report): Held | undefined {
  if (occurrence === undefined) return undefined;
  return held.find(
    ({ report }) =>
      report.occurrence === occurrence &&
      report.device === device &&
      report.channel === channel &&
      report.kind === kind &&
      report.state === state,
  );
}

/** An entry that the store has not numbered: position and sequence 0. It travels again under the same id, with its number, when it is stored. */
function entryOf(transition: Transition, id: string, bootId: string, env: Env): Entry {
  const body = { class: 'alarm', value: transition } as const;
  return { seq: 0, id, sequence: 0, bootId, recordedTime: env.clock.now(), lane: laneOf(body), body };
}
