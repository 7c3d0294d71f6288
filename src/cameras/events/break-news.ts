// Telling the breaks of many cameras: a switch that comes back, or a site whose current does, is one condition and not one for each camera.
import { type Env, isAbort, type Service, type Text } from '#base';
import { type Condition, conditionKinds } from '#model';
import type { Teller } from './tell.ts';

/** What the site is told of breaks. */
export interface BreakNews {
  /** Takes the condition of one camera's break; it is told within ten seconds, alone or with the others. At most 10,000 wait. */
  take(step: Condition): void;
  readonly service: Service;
}

const batchMs = 10_000;
/** So many cameras at most are told one by one in a batch. */
const maxAlone = 5;
/** What comes so soon after many belongs to them. */
const foldMs = 300_000;
/** How long the condition of many stands after the last of them. */
const standsMs = 3_600_000;
const maxWaiting = 10_000;

/** Opens the news. `teller` speaks for the cameras, `gateway` for the site. */
export function openBreakNews(teller: Pick<Teller, 'condition'>, env: Env): BreakNews {
  let waiting: Condition[] = [];
  /** Monotonic milliseconds of the last batch of many; what a former daemon told is not known. */
  let manyMs: number | undefined;
  let state: Condition['state'] | 'unknown' = 'unknown';
  let quietSinceMs = env.clock.monotonicMs();

  const flush = async (signal: AbortSignal): Promise<void> => {
    const batch = waiting;
    waiting = [];
    const now = env.clock.monotonicMs();
    const folds = state === 'raised' && manyMs !== undefined && now - manyMs < foldMs;
    if (batch.length > maxAlone || (folds && batch.length > 0)) {
      manyMs = now;
      quietSinceMs = now;
      if (state !== 'raised') await teller.condition(many('raised', batch, env.clock.now()), signal);
      state = 'raised';
    } else for (const step of batch) await teller.condition(step, signal);
    if (state === 'cleared' || now - quietSinceMs < standsMs) return;
    await teller.condition(many('cleared', [], env.clock.now()), signal);
    state = 'cleared';
  };

  return {
    take(step) {
      if (waiting.length < maxWaiting) waiting.push(step);
    },
    service: {
      name: 'breaks of cameras',
      async run(signal) {
        try {
          for (;;) {
            await env.clock.sleep(batchMs, signal);
            await flush(signal);
          }
        } catch (error) {
          if (!isAbort(error, signal)) throw error;
        }
      },
    },
  };
}

function many(state: Condition['state'], batch: readonly Condition[], now: number): Condition {
  const time = state === 'raised' ? Math.min(now, ...batch.slice(0, 1000).map((step) => step.time)) : now;
  const message = state === 'raised' ? manyText(batch.length) : oneHour;
  return { device: 'gateway', channel: 'breaks', kind: 'events-missed', state, severity: conditionKinds['events-missed'], time, message };
}

function manyText(count: number): Text {
  return {
    ko: `카메라 ${count}대 이상의 이벤트를 한동안 받지 못했습니다. 상태는 다시 맞췄고, 그동안의 순간 이벤트(경계선 통과 등)는 없을 수 있습니다. 스위치와 전원을 점검하십시오. 카메라별 시간은 게이트웨이에서 bongsu camera topics ID로 봅니다.`,
    en: `Nothing was heard of ${count} cameras or more for a while. Their states are right again; what they told as a mere moment (a line crossed) in that time may be missing. Look at switches and power; bongsu camera topics ID shows the times of each.`,
  };
}

const oneHour: Text = { ko: '한 시간 동안 그런 일이 없었습니다.', en: 'It has not happened again for an hour.' };
