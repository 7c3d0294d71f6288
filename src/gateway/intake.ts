// The intake story: what a driver saw becomes an alarm and an outbox entry in one commit, and only then is the device answered.

import type { Alarms } from '#alarms';
import { BongsuError, type Env, messageOf, uuidv7 } from '#base';
import type { Condition, Report, ReportOutcome } from '#model';
import type { Fallback } from './fallback.ts';
import { faults } from './faults.ts';

/** What the drivers are handed. */
export interface Intake {
  /**
   * Resolves after the commit; while the store fails, when the hub has it. Rejects with the store's fault when neither can be: the device is then not
   * answered, or answered that it failed. `answers`: the device forgets its alarm when it gets its answer, so that no word but the store's or the
   * hub's own will do; default false, of a device that is asked.
   */
  report(report: Report, how?: { readonly answers?: boolean }): Promise<ReportOutcome>;
  /** Resolves after the commit; a failing store delays a condition, it never ends a driver: it is tried until it is written or `signal` aborts. */
  condition(step: Condition): Promise<void>;
}

const conditionRetryMs = 1000;
/** What the store says when it is sick rather than busy: the alarm then takes the memory path. */
const sickness: ReadonlySet<string> = new Set(['store.hung', 'store.io', 'store.full-disk', 'store.failed', 'outbox.full']);

/** Opens the intake in front of the alarms room. */
export function openIntake(alarms: Alarms, fallback: Fallback, env: Env, signal: AbortSignal): Intake {
  const take = async (report: Report, answers: boolean): Promise<ReportOutcome> => {
    const now = env.clock.now();
    const ids = { entry: uuidv7(now, env.random), alarm: uuidv7(now, env.random) };
    if (fallback.held > 0) return fallback.carry(report, ids, { cause: faults.fault('memory-full'), answers });
    try {
      return await alarms.report(report, ids);
    } catch (error) {
      if (!(error instanceof BongsuError && sickness.has(error.code))) throw error;
      return fallback.carry(report, ids, { cause: error, answers });
    }
  };
  return {
    async report(report, { answers = false } = {}) {
      const outcome = await take(report, answers);
      if (outcome.result === 'raised' || outcome.result === 'cleared') {
        const { device, channel, kind } = report;
        env.log.info({ device, channel, kind, alarm: outcome.alarmId }, `alarm ${outcome.result}`);
      }
      return outcome;
    },
    async condition(step) {
      while (!signal.aborted) {
        try {
          const became = await alarms.condition(step);
          const { device, kind, message, detail } = step;
          if (became !== 'unchanged') env.log.warn({ device, kind, message: message.en, detail }, `condition ${became}`);
          return;
        } catch (error) {
          env.log.error({ device: step.device, kind: step.kind, error: messageOf(error) }, 'a condition waits for the store');
          await env.clock.sleep(conditionRetryMs, signal).catch(() => {});
        }
      }
    },
  };
}
