// Polling over an open line: one unit at a time, one read after the other, until the line is lost.
import type { Env, Text } from '#base';
import type { LineHealth } from '../line-health.ts';
import type { Observer } from '../observer.ts';
import type { Errands } from './errands.ts';
import type { Answer, Line } from './line.ts';
import { isGatewaySilence, nameException } from './pdu.ts';
import { type PlannedRead, pointValue } from './points.ts';
import { chooseTurn, type Turn, waitAfterPoll } from './turn.ts';

/** A unit as the polling keeps it. */
export interface PolledUnit extends Turn {
  dueAt: number;
  failures: number;
  /** The last poll brought bytes, but no answer. */
  garbled: boolean;
  readonly unit: number;
  /** In the order in which they are asked. */
  readonly reads: readonly PlannedRead[];
  readonly observer: Observer;
}

/** What the polling of one bus works with. */
export interface Polling {
  readonly units: readonly PolledUnit[];
  readonly pollIntervalMs: number;
  /** How the line is set, for people: `/dev/ttyUSB0 9600 8E1`. */
  readonly settings: string;
  /** Why nobody answers, where that is known. */
  readonly deafness: Text | undefined;
  /** Nobody has ever answered, and other settings are to be looked for. */
  isSeeking(): boolean;
  readonly health: LineHealth;
  readonly errands: Errands;
  /** Called for every unit that was heard. */
  answered(): void;
  readonly env: Env;
}

const noUnitAnswers: Text = {
  ko: '통신선의 모든 장치가 응답하지 않습니다. 배선과 종단저항을 점검한 뒤 통신 속도와 패리티를 확인하십시오.',
  en: 'No unit on the bus answers. Check the wires and the terminating resistors, then speed and parity.',
};
const garbledBus: Text = {
  ko: '모든 장치의 응답이 깨져 들어옵니다. 통신 속도나 패리티 설정이 장치와 다른 것으로 보입니다. 장치의 설정값과 비교하고, 같으면 A/B 배선과 종단저항을 점검하십시오.',
  en: 'What comes from every unit is garbled: most likely speed or parity differ from theirs. Compare them with the units; if they agree, check A/B wires and the terminating resistors.',
};
const noAnswer: Text = { ko: '응답이 없습니다', en: 'no answer' };
const garbledAnswer: Text = {
  ko: '응답이 깨져 들어옵니다. 통신 속도, 패리티, 배선을 확인하십시오',
  en: 'answers are garbled; check speed, parity and wiring',
};

/** Resolves when no unit answers and other settings are to be looked for. Else rejects with `sensors.line-lost`, or with the signal's reason. The bus works when a unit answers, not when its port opens. */
export async function pollUntilLost(line: Line, polling: Polling, signal: AbortSignal): Promise<void> {
  const { units, env, health, errands } = polling;
  using _ = errands.opened();
  for (;;) {
    signal.throwIfAborted();
    const unit = chooseTurn(units, env.clock.monotonicMs());
    if (await errands.serve(line, !unit, signal)) continue;
    if (!unit) {
      const next = Math.min(...units.map(({ dueAt }) => dueAt));
      await errands.wait(Math.max(1, next - env.clock.monotonicMs()), signal);
      continue;
    }
    await pollUnit(line, unit, polling, signal);
    const isDead = units.every(({ failures }) => failures >= 3);
    if (!isDead) continue;
    if (polling.isSeeking()) return;
    if (polling.deafness) health.broken(polling.deafness, polling.settings);
    else if (units.every(({ garbled }) => garbled)) health.broken(garbledBus, polling.settings);
    else health.broken(noUnitAnswers, polling.settings);
  }
}

/**
 * A unit that leaves its first read unanswered is silent for this poll. One that answers some reads and not others is heard, with a fault:
 * a missing register must not slow down its alarms.
 */
async function pollUnit(line: Line, unit: PolledUnit, polling: Polling, signal: AbortSignal): Promise<void> {
  const { clock } = polling.env;
  const startedAt = clock.monotonicMs();
  const values = new Map<string, number>();
  const faults: Text[] = [];
  for (const [index, read] of unit.reads.entries()) {
    const answer = await line.exchange(unit.unit, read.request, signal);
    if (answer.result === 'wait') {
      unit.dueAt = clock.monotonicMs() + answer.ms;
      return;
    }
    const silence = silenceOf(answer);
    if (silence !== undefined && index === 0) {
      unit.failures += 1;
      unit.garbled = answer.result === 'timeout' && answer.garbled;
      unit.dueAt = clock.monotonicMs() + waitAfterPoll(unit.failures, polling.pollIntervalMs);
      unit.observer.observe({ result: 'silent', problem: ofUnit(unit, silence) });
      return;
    }
    const problem = silence ?? take(answer, read, values);
    if (problem !== undefined) faults.push(ofRead(read, problem));
    if (silence !== undefined) break;
  }
  unit.failures = 0;
  polling.answered();
  unit.dueAt = startedAt + polling.pollIntervalMs;
  unit.observer.observe({ result: 'values', values, fault: faults.length === 0 ? undefined : ofUnit(unit, ...faults) });
}

function ofUnit({ unit }: PolledUnit, ...texts: readonly Text[]): Text {
  return { ko: `국번 ${unit}: ${texts.map(({ ko }) => ko).join('; ')}`, en: `unit ${unit}: ${texts.map(({ en }) => en).join('; ')}` };
}

function ofRead({ request }: PlannedRead, { ko, en }: Text): Text {
  const { function: code, address } = request;
  return { ko: `기능 코드 ${code}, 주소 ${address}: ${ko}`, en: `${en} at function ${code}, address ${address}` };
}

function silenceOf(answer: Answer): Text | undefined {
  if (answer.result === 'timeout') return answer.garbled ? garbledAnswer : noAnswer;
  if (answer.result === 'exception' && isGatewaySilence(answer.code)) return nameException(answer.code);
  return undefined;
}

/** Puts what was read into `values`; returns what is wrong with it. */
function take(answer: Answer, read: PlannedRead, values: Map<string, number>): Text | undefined {
  if (answer.result === 'exception') return nameException(answer.code);
  if (answer.result !== 'data') return undefined;
  let problem: Text | undefined;
  for (const point of read.points) {
    const value = pointValue(point, read.request, answer.values);
    if (value === undefined) problem = { ko: `${point.name} 값이 숫자가 아닙니다`, en: `${point.name} is no number` };
    else values.set(point.name, value);
  }
  return problem;
}
