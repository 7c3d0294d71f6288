// The memory path: while the store fails, alarms travel to the hub from memory, and are written under the same ids when it works again.
import type { Alarms } from '#alarms';
import { BongsuError, type Env, messageOf, type Service } from '#base';
import { alarmKinds, type Report, type ReportIds, type ReportOutcome } from '#model';
import type { UplinkSession } from '#uplink';
import { openBell } from './bell.ts';
import { openFailureLog } from './failure-log.ts';
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
   * such a report waits for the store. Rejects with `cause` (why the store does not take it) when no more can be held: 10,000 reports, the last 2,000
   * places for critical and major alarms alone.
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
const allLanes = Number.POSITIVE_INFINITY;

/** Opens the memory path. */
export function openFallback(deps: FallbackDeps, env: Env): Fallback {
  const { alarms } = deps;
  const { held, line, hold, letGo, findRetry } = openHeld(alarms, deps.bootId, env);
  const log = openFailureLog(env);
  let isFull = false;
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
    if (item.unsent.length === 0 && !item.needsStore) item.told.resolve(item.outcome);
  };
  const write = async ({ report, ids, told }: Held): Promise<void> => told.resolve(await alarms.report(report, ids));
  return {
    get held() {
      return held.size;
    },
    carry(report, ids, { cause, answers }) {
      const again = findRetry(report);
      if (again) return again.told.promise;
      const severity = report.severity ?? alarmKinds[report.kind];
      const isGrave = severity === 'critical' || severity === 'major';
      if (held.size >= (isGrave ? maxHeld : maxHeld - keptForGrave)) {
        log.turnedAway();
        return Promise.reject(cause);
      }
      if (cause instanceof BongsuError && cause.code === 'outbox.full') tellFull(true);
      const item = hold(report, ids, answers);
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
          const [item] = held;
          if (!item) {
            tellFull(false);
            log.over();
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
          letGo(item);
        }
      },
    },
  };
}
