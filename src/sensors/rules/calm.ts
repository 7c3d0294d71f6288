// How often the conditions of one sensor are said, pure: what comes and goes stands until it has been calm for a minute, and is then told with its count.
import { isSameText, type Text } from '#base';
import type { Condition } from '#model';

/** What was last said of one condition, and what is kept back since. Times are monotonic milliseconds. */
interface Said {
  readonly condition: Condition;
  /** When it was said to be over, or otherwise than before, within the last minute. */
  readonly changes: readonly number[];
  /** Undefined: nothing is kept back; else when it last came or went. */
  readonly heldAt: number | undefined;
  /** What is then to be said; undefined: what was said holds. */
  readonly held: Condition | undefined;
  /** How often it came back unsaid. */
  readonly again: number;
}

/** By channel and kind: as many as a template has, and two. */
export type Calm = ReadonlyMap<string, Said>;

const calmMs = 60_000;
/** Ends and other texts that are said in a minute; that it begins is said always. */
const maxChanges = 3;

export const nothingSaid: Calm = new Map();

/** What is said of `conditions`, and of what was kept back and is calm now. */
export function stepCalm(
  before: Calm,
  conditions: readonly Condition[],
  nowMs: number,
): { readonly calm: Calm; readonly says: readonly Condition[] } {
  if (conditions.length === 0 && !isDue(before, nowMs)) return { calm: before, says: [] };
  const calm = new Map(before);
  const says: Condition[] = [];
  for (const condition of conditions) {
    const key = keyOf(condition);
    const last = calm.get(key);
    // What never began is over without a trace: thousands of sensors say so at their first answer.
    if (!last && condition.state === 'cleared') {
      says.push(condition);
      continue;
    }
    const next = stepOne(last, condition, nowMs);
    calm.set(key, next);
    if (next.heldAt === undefined) says.push(condition.state === 'cleared' ? counted(condition, last?.again ?? 0) : condition);
  }
  for (const [key, said] of calm) {
    if (isPast(said, nowMs)) calm.delete(key);
    if (!isCalm(said.heldAt, nowMs)) continue;
    const { held, again } = said;
    calm.set(key, { ...said, heldAt: undefined, held: undefined, ...(held && { condition: held, changes: [nowMs], again: 0 }) });
    if (held) says.push(counted(held, again));
  }
  return { calm, says };
}

/** When what is kept back is to be said, monotonic milliseconds. */
export function calmDueOf(calm: Calm): number {
  let soonest = Infinity;
  for (const { held, heldAt } of calm.values()) if (held && heldAt !== undefined) soonest = Math.min(soonest, heldAt + calmMs);
  return soonest;
}

/** As if these had not been said. */
export function unsaidOf(calm: Calm, conditions: readonly Condition[]): Calm {
  const keys = new Set(conditions.map(keyOf));
  return new Map([...calm].filter(([key]) => !keys.has(key)));
}

function stepOne(last: Said | undefined, condition: Condition, nowMs: number): Said {
  if (!last) return { condition, changes: [], heldAt: undefined, held: undefined, again: 0 };
  const changes = last.changes.filter((at) => nowMs - at < calmMs);
  const isRaise = condition.state === 'raised';
  if (isRaise && last.condition.state === 'cleared') return { ...last, condition, changes, heldAt: undefined, held: undefined, again: 0 };
  if (last.heldAt === undefined && changes.length < maxChanges)
    return { condition, changes: [...changes, nowMs], heldAt: undefined, held: undefined, again: 0 };
  const isKnown = condition.state === last.condition.state && isSameText(condition.message, last.condition.message);
  return { ...last, changes, heldAt: nowMs, held: isKnown ? undefined : condition, again: last.again + (isRaise ? 1 : 0) };
}

function isDue(calm: Calm, nowMs: number): boolean {
  for (const { heldAt } of calm.values()) if (isCalm(heldAt, nowMs)) return true;
  return false;
}

/** Over, and for a minute: nothing is to be remembered of it. */
function isPast({ condition, changes, heldAt }: Said, nowMs: number): boolean {
  return condition.state === 'cleared' && heldAt === undefined && changes.every((at) => nowMs - at >= calmMs);
}

function isCalm(heldAt: number | undefined, nowMs: number): boolean {
  return heldAt !== undefined && nowMs - heldAt >= calmMs;
}

function counted(condition: Condition, again: number): Condition {
  if (again === 0) return condition;
  const { ko, en } = condition.message;
  const message: Text = { ko: `${ko} (그동안 ${again}번 반복됨)`, en: `${en} (it came back ${again} times)` };
  return { ...condition, message };
}

function keyOf({ channel, kind }: Condition): string {
  return `${channel} ${kind}`;
}
