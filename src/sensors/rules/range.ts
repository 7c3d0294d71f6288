// What a sensor can have measured, pure: a value beyond its range is a fault, and still counts for an alarm that it makes worse.
import type { Text } from '#base';
import { pointsOf, type Rule, type Template } from '../options.ts';

type Values = ReadonlyMap<string, number>;

/** The values of one observation, parted. */
export interface Sifted {
  /** Finite and within the range. */
  readonly good: Values;
  /** Finite and outside of it. */
  readonly beyond: Values;
  /** No finite number. */
  readonly odd: readonly string[];
  readonly fault: Text | undefined;
}

export const nothingBeyond: Values = new Map();

/** Parts `values` and joins what is wrong with them to `fault`. */
export function sift(template: Template, { values, fault }: { readonly values: Values; readonly fault: Text | undefined }): Sifted {
  const out: [string, number][] = [];
  const odd: string[] = [];
  for (const { name, range } of template.points) {
    const value = values.get(name);
    if (value === undefined) continue;
    if (!Number.isFinite(value)) odd.push(name);
    else if (range && (value < range[0] || value > range[1])) out.push([name, value]);
  }
  if (out.length + odd.length === 0) return { good: values, beyond: nothingBeyond, odd, fault };
  const bad = new Set([...out.map(([name]) => name), ...odd]);
  const names = [...bad].join(', ');
  const outside: Text = { ko: `${names} 값이 측정 범위를 벗어났습니다`, en: `${names} is outside of what the sensor can measure` };
  const whole = fault ? { ko: `${fault.ko}; ${outside.ko}`, en: `${fault.en}; ${outside.en}` } : outside;
  return { good: new Map([...values].filter(([name]) => !bad.has(name))), beyond: new Map(out), odd, fault: whole };
}

/** What is beyond its range after an observation. */
export function stepBeyond(before: Values, { good, beyond, odd }: Sifted): Values {
  if (before.size === 0) return beyond;
  return new Map([...[...before].filter(([name]) => !good.has(name) && !odd.includes(name)), ...beyond]);
}

/** When the points of a rule were last seen with a value that counts for it. */
export function votesFor(
  { when }: Rule,
  votes: Values,
  { beyond, counted }: { readonly beyond: Values; readonly counted: Values },
): Values {
  if (!when.atLeast || beyond.size === counted.size) return votes;
  return new Map([...votes].filter(([name]) => !beyond.has(name) || counted.has(name)));
}

/**
 * Of what is beyond its range, what counts for this rule all the same: in a fire a detector is driven over its range, so what lies on the dangerous side of an
 * alarm's bound is judged. What would end an alarm, and what merely complains, is not.
 */
export function countedFor(rule: Rule, template: Template, beyond: Values): Values {
  if (rule.alarm === undefined || beyond.size === 0) return nothingBeyond;
  const counted = new Map<string, number>();
  for (const name of pointsOf(rule)) {
    const value = beyond.get(name);
    const range = template.points.find((point) => point.name === name)?.range;
    if (value !== undefined && range && isWorse(rule, name, value > range[1])) counted.set(name, value);
  }
  return counted;
}

function isWorse({ point, when }: Rule, name: string, isHigh: boolean): boolean {
  const parts = when.atLeast?.of.filter((part) => part.point === name) ?? (point === name ? [when] : []);
  if (parts.some(({ above, below }) => (isHigh ? above : below) !== undefined)) return true;
  return point === name && (isHigh ? when.rises : when.falls) !== undefined;
}
