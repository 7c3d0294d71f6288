// What a value says by itself, pure: thresholds, moves within a time, a value that never moves, enough of several points.
import type { Rule } from '../options.ts';

/** `between` lies in the hysteresis and leaves things as they are. */
export type Verdict = 'active' | 'inactive' | 'between';

/** The least and the greatest value of one slice of time; `slice` counts them. */
interface Slice {
  readonly slice: number;
  readonly low: number;
  readonly high: number;
}

/** What a predicate has to remember between values. Times are monotonic milliseconds. */
export type Memory =
  | { readonly of: 'nothing' }
  | { readonly of: 'stuck'; readonly value: number; readonly since: number }
  | { readonly of: 'move'; readonly slices: readonly Slice[] };

/** What is judged: the point's value now, and the newest value of every point of the sensor. */
export interface Seen {
  readonly value: number;
  readonly latest: ReadonlyMap<string, number>;
  /** When points that vote were last seen in their range, monotonic milliseconds. */
  readonly votes: ReadonlyMap<string, number>;
  readonly monotonicMs: number;
}

export const noMemory: Memory = { of: 'nothing' };

/** A window is remembered in so many slices: a move counts from up to 1/32 of the window before its begin. */
export const slicesOfWindow = 32;

/** When the oldest values may leave a window of `within` milliseconds: the begin of its next slice, a tenth of a second from now at the soonest. */
export function nextSlice(within: number, monotonicMs: number): number {
  const next = Math.floor((monotonicMs * slicesOfWindow) / within) + 1;
  return Math.max(Math.ceil((next * within) / slicesOfWindow), monotonicMs + 100);
}

/** The verdict on one value, and what to remember. */
export function judge(when: Rule['when'], memory: Memory, seen: Seen): { readonly verdict: Verdict; readonly memory: Memory } {
  const { rises, falls, stuckFor, atLeast } = when;
  if (rises || falls) return judgeMove(when, memory, seen);
  if (stuckFor !== undefined) return judgeStuck(stuckFor, memory, seen);
  if (atLeast) return { verdict: judgeVote(atLeast, seen), memory };
  return { verdict: judgeEnd(when, seen.value), memory };
}

/** A point that is out of its range or not heard any more may be either: its vote neither raises nor ends anything. One that was never seen has none. */
function judgeVote({ count, of, within }: NonNullable<Rule['when']['atLeast']>, { latest, votes, monotonicMs }: Seen): Verdict {
  let certain = 0;
  let possible = 0;
  for (const part of of) {
    const value = latest.get(part.point);
    if (value === undefined) continue;
    const seenAt = votes.get(part.point);
    const isKnown = seenAt !== undefined && monotonicMs - seenAt <= within;
    const verdict = isKnown ? judgeLevel(part, value) : 'between';
    if (verdict === 'active') certain += 1;
    if (verdict !== 'inactive') possible += 1;
  }
  if (certain >= count) return 'active';
  return possible >= count ? 'between' : 'inactive';
}

/** A value that raises nothing ends nothing either, where only those of a band do. */
function judgeEnd(when: Rule['when'], value: number): Verdict {
  const { between, margin = 0, clearBetween } = when;
  const verdict = between ? judgeBand(between, margin, value) : judgeLevel(when, value);
  if (verdict !== 'inactive' || !clearBetween) return verdict;
  return value >= clearBetween[0] && value <= clearBetween[1] ? 'inactive' : 'between';
}

type Level = Pick<Rule['when'], 'equals' | 'above' | 'below' | 'clearAt'>;

function judgeLevel({ equals, above, below, clearAt }: Level, value: number): Verdict {
  if (equals !== undefined) return value === Number(equals) ? 'active' : 'inactive';
  if (above !== undefined) {
    if (value > above) return 'active';
    return clearAt === undefined || value <= clearAt ? 'inactive' : 'between';
  }
  if (below !== undefined) {
    if (value < below) return 'active';
    return clearAt === undefined || value >= clearAt ? 'inactive' : 'between';
  }
  return 'inactive';
}

function judgeBand([low, high]: readonly [number, number], margin: number, value: number): Verdict {
  if (value >= low && value <= high) return 'active';
  return value > low - margin && value < high + margin ? 'between' : 'inactive';
}

function judgeStuck(stuckFor: number, memory: Memory, { value, monotonicMs }: Seen): ReturnType<typeof judge> {
  if (memory.of !== 'stuck' || memory.value !== value) return { verdict: 'inactive', memory: { of: 'stuck', value, since: monotonicMs } };
  return { verdict: monotonicMs - memory.since >= stuckFor ? 'active' : 'inactive', memory };
}

function judgeMove({ rises, falls }: Rule['when'], memory: Memory, { value, monotonicMs }: Seen): ReturnType<typeof judge> {
  const move = rises ?? falls;
  if (!move) return { verdict: 'inactive', memory };
  const now = Math.floor((monotonicMs * slicesOfWindow) / move.within);
  const before = (memory.of === 'move' ? memory.slices : []).filter(({ slice }) => slice >= now - slicesOfWindow);
  const last = before.at(-1);
  const slices =
    last?.slice === now
      ? [...before.slice(0, -1), { slice: now, low: Math.min(last.low, value), high: Math.max(last.high, value) }]
      : [...before, { slice: now, low: value, high: value }];
  const distance = rises ? value - Math.min(...slices.map(({ low }) => low)) : Math.max(...slices.map(({ high }) => high)) - value;
  return { verdict: distance >= move.by ? 'active' : 'inactive', memory: { of: 'move', slices } };
}
