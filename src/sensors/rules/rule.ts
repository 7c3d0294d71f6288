// One rule over one value, pure: predicate with hysteresis, then debounce (raise and clear each by count and time).
import type { Template } from '../options.ts';

export type Rule = Template['rules'][number];

/** What is remembered of a rule between observations. */
export interface RuleState {
  /** What was last said; undefined when nothing was yet and the first decision must be said. */
  readonly active: boolean | undefined;
  /** The opposite was seen `count` times in a row since `since` (monotonic milliseconds). */
  readonly candidate: { readonly since: number; readonly count: number } | undefined;
}

/** The next state, and what changed: undefined when nothing is to be said. */
export interface RuleStep {
  readonly state: RuleState;
  readonly change: 'active' | 'inactive' | undefined;
}

/** What a value says by itself; `between` lies in the hysteresis and leaves things as they are. */
function judge(when: Rule['when'], value: number): 'active' | 'inactive' | 'between' {
  if (when.equals !== undefined) return value === Number(when.equals) ? 'active' : 'inactive';
  if (when.above !== undefined) {
    if (value > when.above) return 'active';
    return when.clearAt === undefined || value <= when.clearAt ? 'inactive' : 'between';
  }
  if (when.below !== undefined) {
    if (value < when.below) return 'active';
    return when.clearAt === undefined || value >= when.clearAt ? 'inactive' : 'between';
  }
  return 'inactive';
}

/** One observation. `nowMs` is monotonic. */
export function stepRule(rule: Rule, state: RuleState, value: number, nowMs: number): RuleStep {
  const verdict = judge(rule.when, value);
  if (verdict === 'between' || (verdict === 'active') === state.active)
    return { state: { ...state, candidate: undefined }, change: undefined };
  const candidate = { since: state.candidate?.since ?? nowMs, count: (state.candidate?.count ?? 0) + 1 };
  const needed = verdict === 'active' ? rule.raiseAfter : rule.clearAfter;
  if (candidate.count < needed.count || nowMs - candidate.since < needed.time) return { state: { ...state, candidate }, change: undefined };
  return { state: { active: verdict === 'active', candidate: undefined }, change: verdict };
}
