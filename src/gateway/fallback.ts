// The memory path: while the store fails, alarms travel to the hub from memory, and are written under the same ids when it works again.
import type { Alarms } from '#alarms';
import { BongsuError, type Env, messageOf, type Service } from '#base';
import { alarmKinds, type Report, type ReportIds, type ReportOutcome } from '#model';
import type { UplinkSession } from '#uplink';
import { openBell } from './bell.ts';
import { openFailureLog } from './failure-log.ts';
import { faults } from './faults.ts';
import { type Held, openHeld, type Unsent } from './held.ts';

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
   * that were given to the store. Where the hub itself confirms, its broker's word is enough for a device that was asked, and not for one that `answers`:
   * such a report waits for the store. An end whose beginning did not travel from memory waits for it too. When 10,000 are held, the oldest that the hub has
   * is forgotten (the site's own history lacks it); where there is none, and for lesser alarms in the last 2,000 places, it rejects with `cause`: why the store
   * does not take it.
   */
  carry(report: Report, ids: ReportIds, why: { readonly cause: unknown; readonly answers: boolean }): Promise<ReportOutcome>;
  /** Sends what is held over a session until it is lost, the gravest first, the steps of one alarm in order. */
  deliver(session: UplinkSession): Promise<void>;
  /** Writes what is held when the store works again, in the order in which it came. */
  readonly service: Service;
}

const maxHeld = 10_000;
const keptForGrave = 2000;
const lookAgainMs = 1000;
/** Reports that are handed to the store together when it works again. */
const writtenAtOnce = 256;
/** So often a report may fail in a store that is well. */
const maxTries = 3;
const allLanes = Number.POSITIVE_INFINITY;

/** Opens the memory path. */
export function openFallback(deps: FallbackDeps, env: Env): Fallback {
  const { alarms } = deps;
  const book = openHeld(alarms, deps.bootId, env);
  const { held, line } = book;
  const log = openFailureLog(env);
  let isFull: boolean | undefined;
  const tellFull = (full: boolean): void => {
    if (full !== isFull) deps.onFull(full);
    isFull = full;
  };
  const arrivals = openBell();
  const writable = openBell();

  const send = async (session: UplinkSession, unsent: Unsent): Promise<void> => {
    const { item, entry } = unsent;
    const { result } = await session.send(entry, { replay: false });
    line.settle(unsent, result !== 'lost');
    if (result === 'lost') return;
    item.unsent = item.unsent.filter((other) => other !== unsent);
    if (result === 'set-aside') log.refused(entry, item.report);
    if (result === 'set-aside' || (result === 'sent' && item.answers)) item.needsStore = true;
    if (item.unsent.length > 0) return;
    if (!item.needsStore) book.answer(item);
    else if (!held.has(item)) refuse(item, faults.fault('memory-full'));
  };
  const refuse = (item: Held, cause: unknown): void => {
    item.told.reject(cause);
    book.letGo(item);
  };
  const write = async (item: Held): Promise<ReportOutcome> => {
    const outcome = await alarms.report(item.report, item.ids);
    item.told.resolve(outcome);
    return outcome;
  };
  const written = (item: Held, { result, alarmId }: ReportOutcome): void => {
    book.letGo(item);
    if (result !== 'duplicate' || !item.raised || alarmId === item.raised.alarmId) return;
    book.retract(item, item.raised);
    arrivals.ring();
  };
  /** Whether the store is well and this report at fault: it never takes it. */
  const isHopeless = (item: Held, failure: unknown): boolean => {
    if (!(failure instanceof BongsuError && failure.retryable)) return true;
    if (failure.code !== 'store.failed') return false;
    item.tries += 1;
    return item.tries >= maxTries;
  };
  /** Writes the oldest, in one commit if it can be, in order: from the first that fails on all wait. Whether it is worth going on at once. */
  const writeSome = async (): Promise<boolean> => {
    const some = book.oldest(writtenAtOnce);
    const became = await Promise.allSettled(some.map(write));
    for (const [index, item] of some.entries()) {
      const one = became[index];
      if (one?.status === 'fulfilled') written(item, one.value);
      else if (one && isHopeless(item, one.reason)) {
        env.log.error({ device: item.report.device, error: messageOf(one.reason) }, 'an alarm that was held in memory cannot be stored');
        book.strand(item);
        if (item.unsent.length === 0) item.told.reject(one.reason);
      } else return false;
    }
    return true;
  };
  /** Makes a place when none is left. */
  const hasPlace = (isGrave: boolean): boolean => {
    if (book.size() < (isGrave ? maxHeld : maxHeld - keptForGrave)) return true;
    const forgotten = book.oldestAnswered();
    if (!forgotten) return false;
    log.forgotten();
    book.letGo(forgotten);
    return true;
  };
  return {
    get held() {
      return held.size;
    },
    carry(report, ids, { cause, answers }) {
      const again = book.findRetry(report);
      if (again) return again.told.promise;
      const severity = report.severity ?? alarmKinds[report.kind];
      const isGrave = severity === 'critical' || severity === 'major';
      if (!hasPlace(isGrave)) {
        log.turnedAway();
        return Promise.reject(cause);
      }
      if (cause instanceof BongsuError && cause.code === 'outbox.full') tellFull(true);
      const item = book.hold(report, ids, answers);
      log.held(report, cause);
      arrivals.ring();
      writable.ring();
      return item.told.promise;
    },
    async deliver(session) {
      const underway = new Set<Promise<void>>();
      while (!session.signal.aborted) {
        const { entries, lanes = allLanes } = session.room;
        const next = entries > 0 ? line.take(lanes) : undefined;
        if (next) {
          if (next.entry.body.class === 'alarm' && next.entry.body.value.step === 'raised') next.item.raised = next.entry.body.value;
          const sent = send(session, next).finally(() => {
            underway.delete(sent);
            arrivals.ring();
          });
          underway.add(sent);
        } else {
          using _room = session.watch(arrivals.ring);
          await arrivals.wait(session.signal);
        }
      }
      await Promise.allSettled(underway);
    },
    service: {
      name: 'memory path',
      async run(signal) {
        using _store = deps.watchStore(writable.ring);
        while (!signal.aborted) {
          if (held.size === 0) {
            tellFull(false);
            log.over();
            await writable.wait(signal);
          } else if (!(await writeSome())) await env.clock.sleep(lookAgainMs, signal).catch(() => {});
        }
      },
    },
  };
}
