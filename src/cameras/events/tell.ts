// Handing what a camera said to the alarms room, and waiting until it is committed before the camera is asked again.
import { BongsuError, type Env, isAbort, messageOf, openBackoff, type Text } from '#base';
import { type Alarm, type AlarmKind, type Condition, type ConditionKind, conditionKinds, type Report, type ReportOutcome } from '#model';
import { boardKey, type OpenKeys } from './board.ts';
import type { Sighting } from './meaning.ts';

/** What the room is handed by the gateway. */
export interface TellDeps {
  report(report: Report): Promise<ReportOutcome>;
  condition(step: Condition): Promise<unknown>;
  openAlarms(device: string): Promise<readonly Alarm[]>;
}

/** The voice of one camera. Both resolve after the commit, and try a store that fails again until `signal` aborts. */
export interface Teller {
  tell(sighting: Sighting, signal: AbortSignal): Promise<void>;
  openKeys(signal: AbortSignal): Promise<OpenKeys>;
}

const tries = { minMs: 200, maxMs: 5000 };
/** A report that the alarms room does not accept at all is given up, logged, after as many tries. */
const maxRefusals = 3;

/** Opens the voice of `device`. */
export function openTeller(device: string, deps: TellDeps, env: Env): Teller {
  return {
    async tell(sighting, signal) {
      const { about } = sighting;
      await insist(
        () =>
          'alarm' in about
            ? deps.report(reportOf(device, about.alarm, sighting))
            : deps.condition(conditionOf(device, about.condition, sighting)),
        signal,
        env,
      );
    },
    async openKeys(signal) {
      const open = await insist(() => deps.openAlarms(device), signal, env);
      return new Set(
        open?.filter((alarm) => alarm.clearedAt === undefined && !alarm.test).map((alarm) => boardKey(alarm.channel, alarm.kind)),
      );
    },
  };
}

async function insist<T>(act: () => Promise<T>, signal: AbortSignal, env: Env): Promise<T | undefined> {
  const backoff = openBackoff(tries, env.random);
  for (let refusals = 0; ; ) {
    try {
      return await act();
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      if (!(error instanceof BongsuError && error.retryable)) refusals += 1;
      if (refusals >= maxRefusals) {
        env.log.error({ error: messageOf(error) }, 'what a camera said is not accepted and given up');
        return undefined;
      }
      await env.clock.sleep(backoff.next(), signal);
    }
  }
}

function reportOf(device: string, kind: AlarmKind, sighting: Sighting): Report {
  const { channel, state, occurrence, time, clockQuality, severity, detail } = sighting;
  const named = occurrence !== undefined && ({ occurrenceKind: 'derived' } as const);
  return { device, channel, kind, state, occurrence, time, clockQuality, detail, ...named, ...(severity && { severity }) };
}

function conditionOf(device: string, kind: ConditionKind, sighting: Sighting): Condition {
  const { channel, time, severity = conditionKinds[kind], detail } = sighting;
  const state = sighting.state === 'inactive' ? 'cleared' : 'raised';
  const topic = detail['topic'] ?? kind;
  const message: Text = {
    ko: `카메라 통지: ${topic} ${state === 'raised' ? '발생' : '해제'}`,
    en: `The camera says: ${topic} ${state}`,
  };
  return { device, channel, kind, state, severity, time, message };
}
