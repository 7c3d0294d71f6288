// What an observation would do to the critical alarms of its sensor, pure: by this it is decided what is dropped in a flood.
import { alarmKinds } from '#model';
import type { Rule, Template } from '../options.ts';
import type { RuleState } from './rule.ts';
import type { SensorState } from './sensor.ts';

/** `raises`: it raises a critical alarm or brings it nearer. `eases`: it ends one or takes it farther off. `none`: neither. */
export type Urgency = 'raises' | 'eases' | 'none';

/** Compares a sensor before and after an observation. `raises` comes once for each alarm, and again only behind something that eased it. */
export function urgencyOf(template: Template, before: SensorState, after: SensorState): Urgency {
  let urgency: Urgency = 'none';
  for (const [index, rule] of template.rules.entries()) {
    const [was, is] = [before.rules[index], after.rules[index]];
    if (!was || !is || !isCritical(rule)) continue;
    if (isNearer(rule, was, is)) return 'raises';
    if (was.active !== is.active || was.candidate?.to !== is.candidate?.to) urgency = 'eases';
  }
  return urgency;
}

/** Whether any rule raises a critical alarm. */
export function hasCriticalRule({ rules }: Template): boolean {
  return rules.some(isCritical);
}

function isCritical({ alarm, severity }: Rule): boolean {
  return alarm !== undefined && (severity ?? alarmKinds[alarm]) === 'critical';
}

function isNearer({ raiseAfter }: Rule, was: RuleState, is: RuleState): boolean {
  if (is.active === true) return was.active !== true;
  if (is.candidate?.to !== 'active') return false;
  return was.candidate?.to !== 'active' || (was.candidate.count < raiseAfter.count && is.candidate.count > was.candidate.count);
}
