// Handing what a camera said to the alarms room, and waiting until its alarms are committed before the camera is asked again; no alarm waits for a condition.
import { BongsuError, type Env, isAbort, messageOf, openBackoff, type Text, withHint } from '#base';
import { type Alarm, type AlarmKind, type Condition, conditionKinds, type Report, type ReportOutcome } from '#model';
import { boardKey, type OpenKeys } from './board.ts';
import { type ConditionLane, openConditionLane } from './condition-lane.ts';
import type { Sighting } from './meaning.ts';
import type { SaidCondition } from './subject.ts';

/** What the room is handed by the gateway. */
export interface TellDeps {
  report(report: Report): Promise<ReportOutcome>;
  condition(step: Condition): Promise<unknown>;
  openAlarms(device: string): Promise<readonly Alarm[]>;
}

/** The voice of one camera. It tries a store that fails again until `signal` aborts; what is awaited resolves after the commit. */
export interface Teller {
  /** An alarm is awaited, a condition is handed on; what is a fact is not told: it stays at the site. */
  tell(sighting: Sighting, signal: AbortSignal): Promise<void>;
  condition(step: Condition, signal: AbortSignal): Promise<void>;
  /** Tells a condition in its turn, in nobody's way. */
  hand(step: Condition, signal: AbortSignal): void;
  /** Alarms of the camera that stand and are no tests; those that only a latch keeps are over for the camera. */
  openAlarms(signal: AbortSignal): Promise<OpenKeys>;
}

const tries = { minMs: 200, maxMs: 5000 };
/** A report that the alarms room does not accept at all is given up, logged, after as many tries. */
const maxRefusals = 3;

/** Opens the voice of `device`. */
export function openTeller(device: string, deps: TellDeps, env: Env): Teller {
  return new Voice(device, deps, env);
}

/** There is one for each camera: its methods are shared. */
class Voice implements Teller {
  readonly #device: string;
  readonly #deps: TellDeps;
  readonly #env: Env;
  /** Made with the first condition: most cameras say none. */
  #lane: ConditionLane | undefined;

  constructor(device: string, deps: TellDeps, env: Env) {
    this.#device = device;
    this.#deps = deps;
    this.#env = env;
  }

  async tell(sighting: Sighting, signal: AbortSignal): Promise<void> {
    const { about } = sighting;
    const device = this.#device;
    if ('alarm' in about) await insist(() => this.#deps.report(reportOf(device, about.alarm, sighting)), signal, this.#env);
    if ('condition' in about) this.hand(conditionOf(device, about.condition, sighting), signal);
  }

  hand(step: Condition, signal: AbortSignal): void {
    this.#lane ??= openConditionLane((one, until) => this.condition(one, until), this.#env.log);
    this.#lane.hand(step, signal);
  }

  async condition(step: Condition, signal: AbortSignal): Promise<void> {
    await insist(() => this.#deps.condition(step), signal, this.#env);
  }

  async openAlarms(signal: AbortSignal): Promise<OpenKeys> {
    const all = (await insist(() => this.#deps.openAlarms(this.#device), signal, this.#env)) ?? [];
    const open = all.filter(({ clearedAt, test, latched }) => clearedAt === undefined && !test && latched !== 'over');
    return new Map(open.map((alarm) => [boardKey(alarm.channel, alarm.kind), alarm]));
  }
}

async function insist<T>(act: () => Promise<T>, signal: AbortSignal, env: Env): Promise<T | undefined> {
  let backoff: ReturnType<typeof openBackoff> | undefined;
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
      backoff ??= openBackoff(tries, env.random);
      await env.clock.sleep(backoff.next(), signal);
    }
  }
}

function reportOf(device: string, kind: AlarmKind, sighting: Sighting): Report {
  const { channel, state, occurrence, time, clockQuality, severity, detail, reason } = sighting;
  const named = occurrence !== undefined && ({ occurrenceKind: 'derived' } as const);
  return {
    device,
    channel,
    kind,
    state,
    occurrence,
    time,
    clockQuality,
    detail,
    ...named,
    ...(severity && { severity }),
    ...(reason && { reason }),
  };
}

/** What a camera says of itself, and what can be done about it. */
const said: Readonly<Record<SaidCondition, { readonly raised: Text; readonly hint: Text; readonly cleared: Text }>> = {
  'video-loss': {
    raised: { ko: '카메라가 영상 신호 끊김을 알렸습니다', en: 'The camera says that the video signal is lost' },
    hint: {
      ko: '아날로그 카메라를 연결한 장비이면 영상 케이블과 그 카메라의 전원을, 아니면 카메라를 재시작하고 렌즈 모듈을 점검하십시오.',
      en: 'On an encoder check the video cable and the power of the camera behind it; otherwise restart the camera, then have its sensor checked.',
    },
    cleared: { ko: '카메라의 영상 신호가 돌아왔습니다', en: 'The camera has its video signal again' },
  },
  'storage-failure': {
    raised: { ko: '카메라가 저장장치 고장을 알렸습니다', en: 'The camera says that its storage failed' },
    hint: {
      ko: '카메라의 메모리 카드 또는 디스크를 점검하고 교체하십시오. 그때까지 카메라 자체 녹화가 되지 않을 수 있습니다.',
      en: 'Check its memory card or disk and replace it; until then the camera itself may record nothing.',
    },
    cleared: { ko: '카메라의 저장장치가 다시 정상입니다', en: 'The storage of the camera works again' },
  },
  'camera-fault': {
    raised: { ko: '카메라가 하드웨어 이상을 알렸습니다', en: 'The camera says that a part of it failed' },
    hint: {
      ko: '채널 이름이 가리키는 부분(fan 냉각팬, power 전원, temperature 온도)을 점검하십시오.',
      en: 'Check the part that the channel names: fan, power or temperature.',
    },
    cleared: { ko: '카메라의 하드웨어가 다시 정상입니다', en: 'The part of the camera works again' },
  },
  'camera-login-failures': {
    raised: {
      ko: '카메라가 로그인 실패를 알렸습니다: 누군가 잘못된 비밀번호를 썼습니다',
      en: 'The camera says that a login failed: somebody used a wrong password',
    },
    hint: {
      ko: '카메라 로그에서 접속한 주소를 확인하고, 이 게이트웨이나 녹화기의 오래된 비밀번호인지 점검하십시오.',
      en: 'Find the address in the log of the camera; an old password in a recorder does it too.',
    },
    cleared: { ko: '한 시간 동안 로그인 실패가 없었습니다', en: 'For an hour no login has failed' },
  },
};

function conditionOf(device: string, kind: SaidCondition, sighting: Sighting): Condition {
  const { channel, time, severity = conditionKinds[kind], detail } = sighting;
  const state = sighting.state === 'inactive' ? 'cleared' : 'raised';
  const { raised, hint, cleared } = said[kind];
  const message = state === 'raised' ? withHint(raised, hint) : cleared;
  return { device, channel, kind, state, severity, time, message, detail: String(detail['topic'] ?? '') };
}
