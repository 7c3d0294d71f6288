// The outbox's health as conditions of the gateway itself: alarms that may not give way fill the store, and what a destination refused for good waits for a person.
import type { Env, Service } from '#base';
import { type Condition, conditionKinds } from '#model';
import type { Outbox } from '#outbox';
import { insist } from './insist.ts';
import type { Intake } from './intake.ts';

/** Raised when there is no room left for what may not give way, cleared when all of it is written. */
export function outboxFull(isFull: boolean, time: number): Condition {
  const message = {
    en: 'Alarms that may not give way fill the store; new ones travel from memory. Bring the line to the hub back; store.limit can be raised.',
    ko: '지울 수 없는 알람으로 저장소가 가득 찼습니다. 새 알람은 메모리에서 전송합니다. 허브 연결을 복구하십시오. store.limit을 늘릴 수 있습니다.',
  };
  const state = isFull ? 'raised' : 'cleared';
  return { device: 'gateway', channel: 'outbox', kind: 'outbox-full', state, severity: conditionKinds['outbox-full'], time, message };
}

/** What the watch over dead letters is handed. */
export interface DeadLettersDeps {
  readonly outbox: Pick<Outbox, 'stats'>;
  readonly intake: Pick<Intake, 'condition'>;
  /** What stands from before the start. */
  standing(): Promise<readonly Condition[]>;
}

const everyMs = 10_000;

/** Tells, for each destination, that there are dead letters, and that there are none any more. */
export function watchDeadLetters({ outbox, intake, standing }: DeadLettersDeps, env: Env): Service {
  return {
    name: 'dead letters',
    async run(signal) {
      const before = (await insist(standing, 'conditions of dead letters', env, signal)) ?? [];
      const raised = new Set(
        before.filter(({ device, kind }) => device === 'gateway' && kind === 'dead-letters').map(({ channel }) => channel),
      );
      while (!signal.aborted) {
        const stats = await outbox.stats().catch(() => undefined);
        const dead = new Set(stats?.destinations.filter((each) => each.dead > 0).map(({ name }) => name));
        for (const channel of stats ? new Set([...dead, ...raised]) : []) {
          const stands = dead.has(channel);
          if (stands === raised.has(channel)) continue;
          await intake.condition(deadLetters(channel, stands ? 'raised' : 'cleared', env.clock.now()));
          if (stands) raised.add(channel);
          else raised.delete(channel);
        }
        await env.clock.sleep(everyMs, signal).catch(() => {});
      }
    },
  };
}

/** Raised while `destination` has dead letters. */
export function deadLetters(destination: string, state: Condition['state'], time: number): Condition {
  const message = {
    en: `Destination ${destination} refuses messages for good; they are kept as dead letters. Look with bongsu outbox dead list and show, mend the cause, then bongsu outbox dead retry all, or drop them with a reason.`,
    ko: `전송 대상 ${destination}이(가) 메시지를 최종 거부해 따로 보관합니다. bongsu outbox dead list와 show로 확인하고 원인을 고친 뒤 bongsu outbox dead retry all로 다시 보내거나 사유를 남기고 포기(drop)하십시오.`,
  };
  return { device: 'gateway', channel: destination, kind: 'dead-letters', state, severity: conditionKinds['dead-letters'], time, message };
}
