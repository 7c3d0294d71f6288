// A whole sensor, pure: (state, observation, moment) → (state, what to say). Rules, faults and silence of one template together.
import { sameText, type Text } from '#base';
import { type Alarm, type AlarmKind, type Condition, type ConditionKind, conditionKinds, type Report } from '#model';
import type { Template } from '../options.ts';
import { type Contact, type HealthState, stepHealth, unknownHealth } from './health.ts';
import { type Rule, type RuleState, stepRule } from './rule.ts';

/** What one poll saw. */
export type Observation =
  /** The values that could be read, and what was wrong with the others. */
  | { readonly result: 'values'; readonly values: ReadonlyMap<string, number>; readonly fault: Text | undefined }
  | { readonly result: 'silent'; readonly problem: Text };

/** When: wall time for what is said, monotonic time for how long it lasted. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Something to commit. */
export type Utterance = { readonly report: Report } | { readonly condition: Condition };

/** What is remembered of a sensor between observations. Rules in the template's order. */
export interface SensorState {
  readonly rules: readonly RuleState[];
  readonly health: HealthState;
}

/** The channel of conditions that concern the whole sensor. */
export const wholeSensor = 'device';

/** A sensor at the start of the daemon: what is open in the store is active, so it is neither raised twice nor forgotten. A test is not the real thing. */
export function seedSensor(template: Template, open: readonly Alarm[]): SensorState {
  const isOpen = (rule: Rule): boolean => open.some((alarm) => alarm.channel === rule.point && alarm.kind === rule.alarm && !alarm.test);
  return {
    rules: template.rules.map((rule) => ({ active: rule.alarm === undefined ? undefined : isOpen(rule), candidate: undefined })),
    health: unknownHealth,
  };
}

/** One observation of `device`. What is said is in order: gravest things are not delayed by health. */
export function stepSensor(
  sensor: { readonly device: string; readonly template: Template },
  state: SensorState,
  seen: { readonly observation: Observation; readonly moment: Moment },
): { state: SensorState; says: Utterance[] } {
  const { observation, moment } = seen;
  const says: Utterance[] = [];
  const rules = state.rules.map((before, index) => {
    const rule = sensor.template.rules[index];
    const value = observation.result === 'values' && rule ? observation.values.get(rule.point) : undefined;
    if (!rule || value === undefined) return before;
    const step = stepRule(rule, before, value, moment.monotonicMs);
    if (step.change) says.push(utter(sensor, rule, { change: step.change, value, wallMs: moment.wallMs }));
    return step.state;
  });
  const contact: Contact =
    observation.result === 'values' ? { answered: true, fault: observation.fault } : { answered: false, problem: observation.problem };
  const health = stepHealth(state.health, contact, sensor.template.silence.polls);
  for (const { kind, state: step, message } of health.changes) {
    says.push({ condition: conditionOf(sensor.device, kind, { channel: wholeSensor, state: step, time: moment.wallMs, message }) });
  }
  return { state: { rules, health: health.state }, says };
}

/** A condition with the severity of its kind. */
export function conditionOf(
  device: string,
  kind: ConditionKind,
  step: Pick<Condition, 'channel' | 'state' | 'time' | 'message' | 'detail'>,
): Condition {
  return { device, kind, severity: conditionKinds[kind], ...step };
}

interface Change {
  readonly change: 'active' | 'inactive';
  readonly value: number;
  readonly wallMs: number;
}

function utter(sensor: { readonly device: string; readonly template: Template }, rule: Rule, what: Change): Utterance {
  if (rule.alarm === undefined) {
    const raised = what.change === 'active';
    const fault = rule.fault ?? sameText(rule.point);
    const message = raised ? fault : { ko: `해소됨: ${fault.ko}`, en: `No longer: ${fault.en}` };
    const step = { channel: rule.point, state: raised ? 'raised' : 'cleared', time: what.wallMs, message } as const;
    return { condition: conditionOf(sensor.device, 'sensor-fault', step) };
  }
  return { report: reportOf(sensor, rule, { ...what, kind: rule.alarm }) };
}

function reportOf(
  sensor: { readonly device: string; readonly template: Template },
  rule: Rule,
  what: Change & { readonly kind: AlarmKind },
): Report {
  const point = sensor.template.points.find(({ name }) => name === rule.point);
  const measured = point && point.type !== 'bit' ? { value: what.value, ...(point.unit === '' ? {} : { unit: point.unit }) } : undefined;
  return {
    device: sensor.device,
    channel: rule.point,
    kind: what.kind,
    state: what.change,
    occurrence: undefined,
    time: what.wallMs,
    clockQuality: 'receipt',
    ...(rule.severity ? { severity: rule.severity } : {}),
    ...(measured ? { detail: measured } : {}),
  };
}
