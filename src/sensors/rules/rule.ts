// One rule over one value, pure: hours, predicate, debounce (raise and clear each by count and time), hold, and quiet after an end.
import { isWithinHours, plausibleFromMs } from '#base';
import type { Rule } from '../options.ts';
import { judge, type Memory, nextSlice, noMemory, type Seen } from './predicate.ts';

/** It was seen to be `to`, `count` times in a row since `since`; `muted`: only `quiet` keeps it back. */
export interface Candidate {
  readonly to: 'active' | 'inactive';
  readonly since: number;
  readonly count: number;
  readonly muted: boolean;
}

/** What is remembered of a rule between values. Times are monotonic milliseconds. */
export interface RuleState {
  /** What was last said; undefined when nothing was yet and the first decision must be said. */
  readonly active: boolean | undefined;
  /** What was last said does not hold any more, and this is not said yet. */
  readonly candidate: Candidate | undefined;
  /** When it was last said to be active, or over; undefined: before the start. */
  readonly changedAt: number | undefined;
  /** How often it came and went in its quiet time. */
  readonly muted: number;
  readonly memory: Memory;
  /** A person has ended it, and no value has come since: time alone does not raise it again. */
  readonly ended: boolean;
}

/** The next state, and what changed: undefined when nothing is to be said. */
export interface RuleStep {
  readonly state: RuleState;
  readonly change: 'active' | 'inactive' | undefined;
  /** Its hours are over: that, and not the value, ends it. */
  readonly outOfHours?: true;
  /** How often it has come since it was last told, this time included; 1 as a rule. */
  readonly repeats?: number;
}

/** A rule at the start; `active`: what the store says. */
export function ruleAtStart(active: boolean | undefined): RuleState {
  return { active, candidate: undefined, changedAt: undefined, muted: 0, memory: noMemory, ended: false };
}

/** A rule whose alarm a person has ended begins anew, with its quiet time: whatever the next value says is said. */
export function ruleAfterPerson(monotonicMs: number): RuleState {
  return { ...ruleAtStart(undefined), changedAt: monotonicMs, ended: true };
}

/** One value. `wallMs` decides on hours alone. `isRepeat`: no new value, only time has passed; default false. */
export function stepRule(
  rule: Rule,
  before: RuleState,
  seen: Seen & { readonly wallMs: number; readonly isRepeat?: boolean | undefined },
): RuleStep {
  const { monotonicMs, wallMs, isRepeat = false } = seen;
  const state = before.ended && !isRepeat ? { ...before, ended: false } : before;
  if (!isInHours(rule, wallMs)) {
    const ended = { ...state, active: false, candidate: undefined, memory: noMemory };
    if (state.active === false) return { state: state.candidate === undefined ? state : ended, change: undefined };
    return { state: { ...ended, changedAt: monotonicMs }, change: 'inactive', outOfHours: true };
  }
  if (state.ended) return { state, change: undefined };
  const { verdict, memory } = judge(rule.when, state.memory, seen);
  if (verdict === 'between' || (verdict === 'active') === state.active) return { state: settle(state, memory), change: undefined };
  const sofar = state.candidate?.to === verdict ? state.candidate : { since: monotonicMs, count: isRepeat ? 1 : 0, muted: false };
  const candidate = { ...sofar, to: verdict, count: sofar.count + (isRepeat ? 0 : 1) };
  const waiting = { ...state, candidate, memory };
  const needed = verdict === 'active' ? rule.raiseAfter : rule.clearAfter;
  if (candidate.count < needed.count || monotonicMs - candidate.since < needed.time) return { state: waiting, change: undefined };
  const sinceChange = state.changedAt === undefined ? Infinity : monotonicMs - state.changedAt;
  if (verdict === 'inactive' && sinceChange < rule.hold) return { state: waiting, change: undefined };
  if (verdict === 'active' && sinceChange < rule.quiet)
    return { state: { ...waiting, candidate: { ...candidate, muted: true } }, change: undefined };
  const changed = { active: verdict === 'active', candidate: undefined, changedAt: monotonicMs, memory, ended: false };
  if (verdict === 'inactive') return { state: { ...changed, muted: state.muted }, change: 'inactive' };
  return { state: { ...changed, muted: 0 }, change: 'active', repeats: state.muted + 1 };
}

const minuteMs = 60_000;

/** When time alone may change what a rule says, monotonic milliseconds, if the value stays; undefined: it takes another value. */
export function dueOf(rule: Rule, state: RuleState, now: { readonly monotonicMs: number; readonly wallMs: number }): number | undefined {
  const dues = [dueOfCandidate(rule, state), dueOfMemory(rule.when, state, now.monotonicMs)];
  // The wall clock may be set: hours are looked at every minute.
  if (rule.during) dues.push(now.monotonicMs + minuteMs - (now.wallMs % minuteMs));
  const soonest = Math.min(...dues.map((due) => due ?? Infinity));
  return soonest === Infinity ? undefined : soonest;
}

function dueOfCandidate(rule: Rule, { candidate, changedAt = -Infinity }: RuleState): number | undefined {
  if (!candidate) return undefined;
  const isRaise = candidate.to === 'active';
  const needed = isRaise ? rule.raiseAfter : rule.clearAfter;
  if (candidate.count < needed.count) return undefined;
  return Math.max(candidate.since + needed.time, changedAt + (isRaise ? rule.quiet : rule.hold));
}

function dueOfMemory(
  { stuckFor, rises, falls }: Rule['when'],
  { active, candidate, memory }: RuleState,
  nowMs: number,
): number | undefined {
  if (memory.of === 'stuck' && stuckFor !== undefined && active !== true && !candidate) return memory.since + stuckFor;
  const within = (rises ?? falls)?.within;
  const stands = active === true || candidate?.to === 'active';
  return memory.of === 'move' && within !== undefined && stands ? nextSlice(within, nowMs) : undefined;
}

/** The value agrees with what was said: what was on its way to the opposite is forgotten, and counted where quiet alone held it. */
function settle(state: RuleState, memory: Memory): RuleState {
  if (state.candidate === undefined && memory === state.memory) return state;
  return { ...state, candidate: undefined, muted: state.muted + (state.candidate?.muted ? 1 : 0), memory };
}

/** While the clock was never set nobody knows the hour: then every rule holds. */
function isInHours({ during }: Rule, wallMs: number): boolean {
  return during === undefined || wallMs < plausibleFromMs || during.some((hours) => isWithinHours(hours, wallMs));
}
