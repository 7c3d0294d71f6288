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
  return new Gaps(camera, counts, clock);
}

/** There is one for each camera: its methods are shared. */
class Gaps implements Breaks {
  readonly counts: BreakCounts;
  readonly #device: string;
  readonly #clock: Clock;
  #heardBefore: number | undefined;
  /** When it was heard last, wall and monotonic milliseconds. */
  #heardAt: number | undefined;
  #heardMs = 0;
  #told: { readonly count: number; readonly unheardMs: number } | undefined;
  #quietSinceMs: number;
  /** What the alarms room has of a former life is not known. */
  #state: Condition['state'] | 'unknown' = 'unknown';

  constructor(
    { device, heardBefore }: { readonly device: string; readonly heardBefore: number | undefined },
    counts: BreakCounts,
    clock: Clock,
  ) {
    this.counts = counts;
    this.#device = device;
    this.#clock = clock;
    this.#heardBefore = heardBefore;
    this.#quietSinceMs = clock.monotonicMs();
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#heardMs = this.#clock.monotonicMs();
  }

  resumed(anew: boolean): Condition | undefined {
    const from = this.#heardAt ?? (anew ? this.#heardBefore : undefined);
    this.#heardBefore = undefined;
    if (from === undefined) return undefined;
    const [now, nowMs] = [this.#clock.now(), this.#clock.monotonicMs()];
    const lengthMs = this.#heardAt === undefined ? Math.max(0, now - from) : nowMs - this.#heardMs;
    const { counts } = this;
    counts.count += 1;
    counts.unheardMs += lengthMs;
    counts.last = { from, to: now };
    this.#quietSinceMs = nowMs;
    this.#heardAt = undefined;
    if (this.#state === 'raised') return undefined;
    this.#told = { count: counts.count - 1, unheardMs: counts.unheardMs - lengthMs };
    return this.#condition('raised', raisedText(from, now), from);
  }

  due(): Condition | undefined {
    if (this.#state === 'cleared' || this.#clock.monotonicMs() - this.#quietSinceMs < standsMs) return undefined;
    const { counts } = this;
    const before = this.#told ?? { count: counts.count, unheardMs: counts.unheardMs };
    return this.#condition('cleared', clearedText(counts.count - before.count, counts.unheardMs - before.unheardMs), this.#clock.now());
  }

  #condition(state: Condition['state'], message: Text, time: number): Condition {
    this.#state = state;
    const severity = conditionKinds['events-missed'];
    return { device: this.#device, channel: '', kind: 'events-missed', state, severity, time, message };
  }
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
