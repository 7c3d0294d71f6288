// Breaks: the times in which a camera was not heard. Its states are synchronised afterwards; what it said as a mere moment is lost, and that is counted and told.
import { type Clock, durationText, type Text } from '#base';
import { type Condition, conditionKinds } from '#model';

/** A time in which a camera was not heard, wall milliseconds. */
export interface Break {
  readonly from: number;
  readonly to: number;
}

/** What breaks have cost one camera since the daemon started. */
export interface BreakCounts {
  count: number;
  /** Sum of all breaks, milliseconds. */
  unheardMs: number;
  last: Break | undefined;
}

/** The breaks of one camera. Pure memory. */
export interface Breaks {
  /** A pull was answered, or a push came: up to now everything was heard. */
  heard(): void;
  /** The camera is heard again, `anew` by a subscription that knows nothing of before: the condition of the break that ended, if it had been heard before. */
  resumed(anew: boolean): Condition | undefined;
  /** Ends the condition when an hour has passed without a break. */
  due(): Condition | undefined;
  readonly counts: BreakCounts;
}

/** How long the condition stands after the last break. */
const standsMs = 3_600_000;

/** Nothing yet. */
export function openBreakCounts(): BreakCounts {
  return { count: 0, unheardMs: 0, last: undefined };
}

/** Opens the breaks of a camera that was heard until `heardBefore` (wall milliseconds; undefined: never) by a former daemon. Any message that was on its way when the connection broke may be lost, so that also a resumed subscription had a break. */
export function openBreaks(
  camera: { readonly device: string; readonly heardBefore: number | undefined },
  counts: BreakCounts,
  clock: Clock,
): Breaks {
  const { device } = camera;
  let { heardBefore } = camera;
  let heard: { readonly at: number; readonly ms: number } | undefined;
  let told: { readonly count: number; readonly unheardMs: number } | undefined;
  let quietSinceMs = clock.monotonicMs();
  /** What the alarms room has of a former life is not known. */
  let state: Condition['state'] | 'unknown' = 'unknown';
  const condition = (next: Condition['state'], message: Text, time: number): Condition => {
    state = next;
    return { device, channel: '', kind: 'events-missed', state: next, severity: conditionKinds['events-missed'], time, message };
  };
  return {
    counts,
    heard() {
      heard = { at: clock.now(), ms: clock.monotonicMs() };
    },
    resumed(anew) {
      const from = heard?.at ?? (anew ? heardBefore : undefined);
      heardBefore = undefined;
      if (from === undefined) return undefined;
      const lengthMs = heard ? clock.monotonicMs() - heard.ms : Math.max(0, clock.now() - from);
      counts.count += 1;
      counts.unheardMs += lengthMs;
      counts.last = { from, to: clock.now() };
      quietSinceMs = clock.monotonicMs();
      heard = undefined;
      if (state === 'raised') return undefined;
      told = { count: counts.count - 1, unheardMs: counts.unheardMs - lengthMs };
      return condition('raised', raisedText(from, clock.now()), from);
    },
    due() {
      if (state === 'cleared' || clock.monotonicMs() - quietSinceMs < standsMs) return undefined;
      const before = told ?? { count: counts.count, unheardMs: counts.unheardMs };
      return condition('cleared', clearedText(counts.count - before.count, counts.unheardMs - before.unheardMs), clock.now());
    },
  };
}

function raisedText(from: number, to: number): Text {
  const [begin, end] = [timeText(from), timeText(to)];
  return {
    ko: `${begin}부터 ${end}까지 카메라의 이벤트를 받지 못했습니다. 상태는 다시 맞췄고, 그동안의 순간 이벤트(경계선 통과 등)는 없을 수 있습니다. 되풀이되면 망과 전원을 점검하십시오.`,
    en: `Nothing was heard of the camera from ${begin} to ${end}. Its states are right again; what it told as a mere moment (a line crossed) in that time may be missing. If it recurs check network and power.`,
  };
}

function clearedText(count: number, unheardMs: number): Text {
  const length = durationText(Math.max(1, Math.round(unheardMs / 1000)) * 1000);
  if (count === 0)
    return { ko: '한 시간 동안 카메라의 이벤트를 빠짐없이 받았습니다.', en: 'For an hour the camera was heard without a break.' };
  return {
    ko: `한 시간 동안 빠짐없이 받았습니다. 그 전에 ${count}번, 모두 ${length.ko} 동안 받지 못했습니다.`,
    en: `For an hour the camera was heard without a break. Before that it was not heard ${count} times, ${length.en} in all.`,
  };
}

/** Local date and time to the second. */
function timeText(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
