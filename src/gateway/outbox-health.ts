// The outbox's health as a condition of the gateway itself: alarms that may not give way fill the store.
import { type Condition, conditionKinds } from '#model';

/** Raised when there is no room left for what may not give way, cleared when all of it is written. */
export function outboxFull(isFull: boolean, time: number): Condition {
  const message = {
    en: 'Alarms that may not give way fill the store; new ones travel from memory. Bring the line to the hub back; store.limit can be raised.',
    ko: '지울 수 없는 알람으로 저장소가 가득 찼습니다. 새 알람은 메모리에서 전송합니다. 허브 연결을 복구하십시오. store.limit을 늘릴 수 있습니다.',
  };
  const state = isFull ? 'raised' : 'cleared';
  return { device: 'gateway', channel: 'outbox', kind: 'outbox-full', state, severity: conditionKinds['outbox-full'], time, message };
}
