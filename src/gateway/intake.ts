// The intake story: what a driver saw becomes an alarm and an outbox entry in one commit, and only then is the device answered.

import type { Alarms } from '#alarms';
import { type Env, messageOf } from '#base';
import type { Condition, Report, ReportOutcome } from '#model';

/** What the drivers are handed. */
export interface Intake {
  /** Resolves after the commit. Rejects with the store's fault: the device is then not answered, or answered that it failed. */
  report(report: Report): Promise<ReportOutcome>;
  /** Resolves after the commit; a failing store delays a condition, it never ends a driver: it is tried until it is written or `signal` aborts. */
  condition(step: Condition): Promise<void>;
}

const conditionRetryMs = 1000;

/** Opens the intake in front of the alarms room. */
export function openIntake(alarms: Alarms, env: Env, signal: AbortSignal): Intake {
  return {
    async report(report) {
      const outcome = await alarms.report(report);
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
