// What the events of all cameras share: the site's rules, the detections that stay here, samples of what is not understood, and how the last life ended.
import { type Env, isAbort, openBackoff, type Service, type Text } from '#base';
import { type Condition, conditionKinds } from '#model';
import type { Calls } from '#store';
import type { EventOptions } from '../event-options.ts';
import type { CamerasProcedures, LastLife } from '../tables.ts';
import { openBreakNews } from './break-news.ts';
import { type Detections, openDetections } from './detections.ts';
import { type Ear, type EarOwner, openEars } from './ear.ts';
import { openPushDoor, type PushDoor } from './push-door.ts';
import { openSamples, type Samples } from './samples.ts';
import { openSiteRules } from './site-rules.ts';
import { openTeller, type TellDeps } from './tell.ts';

/** The events of the site. */
export interface SiteEvents {
  /** When a former daemon is known to have lived, wall milliseconds; undefined: it is not known (yet), or there was none. */
  readonly aliveBefore: number | undefined;
  readonly detections: Detections;
  readonly samples: Samples;
  openEar(owner: EarOwner): Ear;
  /** The door for pushes as it is for that camera; undefined where the site has none. */
  doorFor(device: string): { readonly door: PushDoor; readonly always: boolean } | undefined;
  readonly services: readonly Service[];
}

const aliveEveryMs = 60_000;
/** How long an end without notice is told. */
const standsMs = 3_600_000;
const tries = { minMs: 200, maxMs: 5000 };

/** Opens them. */
export function openSiteEvents(options: EventOptions, deps: TellDeps & { readonly calls: Calls<CamerasProcedures> }, env: Env): SiteEvents {
  const { calls } = deps;
  const detections = openDetections(calls, options.keepLocal, env);
  const samples = openSamples();
  const news = openBreakNews(openTeller('gateway', deps, env), env);
  const shared = { ...deps, rules: openSiteRules(options.rules), detections, samples, news };
  const door = options.push && openPushDoor(options.push, env);
  let aliveBefore: number | undefined;
  const life: Service = {
    name: 'camera-life',
    async run(signal) {
      const last = await begin(calls, env, signal);
      if (!last) return;
      aliveBefore = last.aliveAt;
      await live(last, { ...deps, calls }, env, signal);
    },
  };
  return {
    get aliveBefore() {
      return aliveBefore;
    },
    detections,
    samples,
    openEar: openEars(options, shared, env),
    doorFor: (device) => door && { door, always: options.push?.cameras.includes(device) === true },
    services: [detections.service, news.service, life, ...(door ? [door.service] : [])],
  };
}

/** How the last life went, asked until the store answers; undefined when told to end before. */
async function begin(calls: Calls<CamerasProcedures>, env: Env, signal: AbortSignal): Promise<LastLife | undefined> {
  const backoff = openBackoff(tries, env.random);
  while (!signal.aborted) {
    try {
      return await calls.beginLife();
    } catch (error) {
      if (isAbort(error, signal)) return undefined;
      await env.clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }
  return undefined;
}

/** Notes every minute that the room lives. A gap that a full or dead disk leaves makes the statement of a later break longer, never shorter. */
async function live(
  last: LastLife,
  deps: TellDeps & { readonly calls: Calls<CamerasProcedures> },
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  const { calls } = deps;
  const teller = openTeller('gateway', deps, env);
  const note = (isEnd: boolean): Promise<void> => calls.alive({ now: env.clock.now(), isEnd }).catch(() => {});
  try {
    if (last.unclean) await teller.condition(missed('raised', last.aliveAt ?? env.clock.now()), signal);
    const endMs = env.clock.monotonicMs() + standsMs;
    for (let told = false; ; ) {
      await note(false);
      await env.clock.sleep(aliveEveryMs, signal);
      if (told || env.clock.monotonicMs() < endMs) continue;
      await teller.condition(missed('cleared', env.clock.now()), signal);
      told = true;
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    await note(true);
  }
}

const unclean: Text = {
  ko: '게이트웨이가 예고 없이 끝났다가 다시 시작했습니다. 그 순간 전송 중이던 카메라 이벤트는 없을 수 있습니다. 상태는 다시 맞췄습니다. 전원과 로그를 확인하십시오.',
  en: 'The gateway ended without notice and started again. What cameras were just telling may be missing; their states are right again. Look at the power supply and the log.',
};
const well: Text = { ko: '한 시간 동안 정상 동작했습니다.', en: 'It has run for an hour since.' };

function missed(state: Condition['state'], time: number): Condition {
  const message = state === 'raised' ? unclean : well;
  const severity = conditionKinds['events-missed'];
  return { device: 'gateway', channel: 'restart', kind: 'events-missed', state, severity, time, message };
}
