// What ails a camera, as conditions: at most one of lost, login refused and faulty at a time, and beside it a wrong clock.
import { durationText, type Env, type Text, withHint } from '#base';
import { type Condition, type ConditionKind, conditionKinds } from '#model';
import { type Failure, type FailureKind, tellOf } from './faults.ts';

/** What can ail a camera. */
export type Ailment = 'camera-lost' | 'camera-login-refused' | 'camera-fault';

/** The conditions of one camera; each is told when it changes, and once after a start, when what the store has of it is not known. */
export interface Ailments {
  /** Raises the condition of that failure and clears the others. Resolves after the commit. */
  fail(failed: Failure): Promise<void>;
  /** All is well. */
  recover(): Promise<void>;
  /** The camera's clock minus ours. */
  clock(offsetMs: number | undefined): Promise<void>;
}

const exclusive: readonly Ailment[] = ['camera-lost', 'camera-login-refused', 'camera-fault'];
const ailmentOf: Readonly<Record<FailureKind, Ailment>> = {
  unreachable: 'camera-lost',
  silent: 'camera-lost',
  closed: 'camera-lost',
  garbage: 'camera-fault',
  'too-large': 'camera-fault',
  certificate: 'camera-fault',
  fault: 'camera-fault',
  'login-refused': 'camera-login-refused',
  'login-missing': 'camera-login-refused',
  'factory-state': 'camera-login-refused',
};
const answersWell: Text = { ko: '카메라가 정상 응답합니다', en: 'The camera answers as it should' };
const clockRight: Text = { ko: '카메라 시각이 맞습니다', en: "The camera's clock is right" };
const setNtp: Text = { ko: '카메라에 NTP 서버를 설정하십시오.', en: 'Set an NTP server on the camera.' };

/** The condition of a failure. */
export function ailmentFor(failed: Failure): Ailment {
  return ailmentOf[failed.kind];
}

/** Opens the conditions of `device`. */
export function openAilments(
  device: string,
  options: { readonly clockTolerance: number },
  condition: (step: Condition) => Promise<unknown>,
  env: Env,
): Ailments {
  const told = new Map<ConditionKind, Condition['state']>();
  const set = async (kind: ConditionKind, state: Condition['state'], message: Text, detail = ''): Promise<void> => {
    if (told.get(kind) === state) return;
    await condition({
      device,
      channel: '',
      kind,
      state,
      severity: conditionKinds[kind],
      time: env.clock.now(),
      message,
      detail,
    });
    told.set(kind, state);
  };
  const clearAllBut = async (kept: Ailment | undefined): Promise<void> => {
    for (const kind of exclusive) if (kind !== kept) await set(kind, 'cleared', answersWell);
  };
  return {
    async fail(failed) {
      const kind = ailmentOf[failed.kind];
      const { message, detail } = tellOf(failed);
      await clearAllBut(kind);
      await set(kind, 'raised', message, detail);
    },
    recover: () => clearAllBut(undefined),
    async clock(offsetMs) {
      if (offsetMs === undefined) return;
      const wrong = Math.abs(offsetMs) > options.clockTolerance;
      if (wrong) await set('clock-wrong', 'raised', withHint(clockWords(offsetMs), setNtp));
      else await set('clock-wrong', 'cleared', clockRight);
    },
  };
}

function clockWords(offsetMs: number): Text {
  const { ko, en } = durationText(Math.round(Math.abs(offsetMs) / 1000) * 1000);
  return offsetMs > 0
    ? { ko: `카메라 시각이 ${ko} 빠릅니다`, en: `The camera's clock is ${en} ahead` }
    : { ko: `카메라 시각이 ${ko} 느립니다`, en: `The camera's clock is ${en} behind` };
}
