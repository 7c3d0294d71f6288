// A whole sensor, pure: (state, observation, moment) → (state, what to say). Rules, faults, readings and silence of one template together.
import { sameText, type Text } from '#base';
import {
  type Alarm,
  type AlarmKind,
  type ClockQuality,
  type Condition,
  type ConditionKind,
  conditionKinds,
  type Detail,
  type Reading,
  type Report,
} from '#model';
import { channelOf, pointsOf, type Rule, type Template } from '../options.ts';
import { type Calm, calmDueOf, nothingSaid, stepCalm, unsaidOf } from './calm.ts';
import { type Contact, type HealthState, stepHealth, unknownHealth } from './health.ts';
import { noMemory } from './predicate.ts';
import { countedFor, nothingBeyond, type Sifted, sift, stepBeyond, votesFor } from './range.ts';
import { type SentReadings, stepReadings } from './readings.ts';
import { dueOf, type RuleState, type RuleStep, ruleAfterPerson, ruleAtStart, stepRule } from './rule.ts';

/** What a message says beside its values. */
export interface Told {
  /** Names the message, the same on every retry; at most 100 characters. Undefined: only the open alarm tells a retry. */
  readonly id: string | undefined;
  /** When it happened, wall milliseconds. */
  readonly time: number;
  readonly clockQuality: ClockQuality;
  readonly detail: Detail;
}

/** What one poll saw, or one message said. */
export type Observation =
  /** The values that could be read, and what was wrong with the others. */
  | { readonly result: 'values'; readonly values: ReadonlyMap<string, number>; readonly fault: Text | undefined; readonly told?: Told }
  | { readonly result: 'silent'; readonly problem: Text }
  /** Nothing new: what was told last still holds. `told`: with what it is then said. */
  | { readonly result: 'time'; readonly told?: Told };

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
  /** Newest plausible value of each point. */
  readonly latest: ReadonlyMap<string, number>;
  /** The newest value of each point where that is beyond its range. */
  readonly beyond: ReadonlyMap<string, number>;
  /** When each point of a rule that counts votes was last seen, monotonic milliseconds. */
  readonly votes: ReadonlyMap<string, number>;
  readonly sent: SentReadings;
  /** What was said of its conditions, and is kept back of them. */
  readonly calm: Calm;
}

/** What one observation leads to. What is said is in order: gravest things are not delayed by health. */
export interface SensorStep {
  readonly state: SensorState;
  readonly says: readonly Utterance[];
  readonly readings: readonly Reading[];
}

type SensorName = { readonly device: string; readonly template: Template };

/** The channel of conditions that concern the whole sensor. */
export const wholeSensor = 'device';

/** A sensor at the start of the daemon: what is open in the store is active, so it is neither raised twice nor forgotten. A test is not the real thing. */
export function seedSensor(template: Template, open: readonly Alarm[]): SensorState {
  const isOpen = (rule: Rule): boolean =>
    open.some((alarm) => alarm.channel === channelOf(rule) && alarm.kind === rule.alarm && !alarm.test);
  return {
    rules: template.rules.map((rule) => ruleAtStart(rule.alarm === undefined ? undefined : isOpen(rule))),
    health: unknownHealth,
    latest: new Map(),
    beyond: nothingBeyond,
    votes: new Map(),
    sent: new Map(),
    calm: nothingSaid,
  };
}

/** The sensor without what its rules remember of earlier values: what was open stays. */
export function withoutMemory(state: SensorState): SensorState {
  return { ...state, rules: state.rules.map((rule) => ({ ...rule, memory: noMemory })) };
}

/** The sensor after a silence: what had been on its way to be said is not, and what is counted is counted anew. */
export function afterSilence(state: SensorState): SensorState {
  return { ...state, rules: state.rules.map((rule) => (rule.candidate ? { ...rule, candidate: undefined } : rule)) };
}

/** The sensor after a person has ended one of its alarms: its next value that says so raises it again. */
export function endedByPerson(
  template: Template,
  state: SensorState,
  { channel, kind }: Pick<Alarm, 'channel' | 'kind'>,
  { monotonicMs }: Moment,
): SensorState {
  const rules = state.rules.map((before, index) => {
    const rule = template.rules[index];
    return rule?.alarm === kind && channelOf(rule) === channel ? ruleAfterPerson(monotonicMs) : before;
  });
  return { ...state, rules };
}

/** The sensor as if these conditions had not been said: it says them with its next observation, where they still hold. */
export function unsaid(template: Template, state: SensorState, conditions: readonly Condition[]): SensorState {
  const isMeant = (channel: string, as: ConditionKind): boolean => conditions.some((each) => each.channel === channel && each.kind === as);
  const rules = state.rules.map((before, index) => {
    const rule = template.rules[index];
    return rule && rule.alarm === undefined && isMeant(channelOf(rule), rule.as) ? { ...before, active: undefined } : before;
  });
  const silent = isMeant(wholeSensor, 'sensor-silent') ? undefined : state.health.silent;
  const fault = isMeant(wholeSensor, 'sensor-fault') ? undefined : state.health.fault;
  return { ...state, rules, health: { ...state.health, silent, fault }, calm: unsaidOf(state.calm, conditions) };
}

/** One observation of `device`. Its conditions are said after its alarms, and no more often than people can read them. */
export function stepSensor(
  sensor: SensorName,
  state: SensorState,
  seen: { readonly observation: Observation; readonly moment: Moment },
): SensorStep {
  const step = stepWhole(sensor, state, seen);
  const conditions = step.says.flatMap((said) => ('condition' in said ? [said.condition] : []));
  const { calm, says } = stepCalm(state.calm, conditions, seen.moment.monotonicMs);
  if (calm === state.calm) return step;
  const reports = step.says.filter((said) => 'report' in said);
  return { ...step, state: { ...step.state, calm }, says: [...reports, ...says.map((condition) => ({ condition }))] };
}

function stepWhole(
  sensor: SensorName,
  state: SensorState,
  { observation, moment }: { readonly observation: Observation; readonly moment: Moment },
): SensorStep {
  if (observation.result === 'silent') {
    const contact: Contact = { answered: false, problem: observation.problem };
    const { state: next, says } = withHealth(sensor, state, { contact, moment });
    return { state: next.health.silent === true ? afterSilence(next) : next, says, readings: [] };
  }
  if (observation.result === 'time') {
    const { latest, votes, beyond } = state;
    const seen = { good: latest, latest, fresh: beyond, beyond, votes, moment, told: observation.told, isRepeat: true };
    const { rules, says } = judgeAll(sensor, state.rules, seen);
    return { state: { ...state, rules }, says, readings: [] };
  }
  const sifted = sift(sensor.template, observation);
  const { good, fault } = sifted;
  const latest = mergeValues(sensor.template, state.latest, good);
  const beyond = stepBeyond(state.beyond, sifted);
  const votes = stepVotes(sensor.template, state.votes, { sifted, monotonicMs: moment.monotonicMs });
  const judged = { good, latest, fresh: sifted.beyond, beyond, votes, moment, told: observation.told };
  const { rules, says } = judgeAll(sensor, state.rules, judged);
  const measured = { ...sifted, monotonicMs: moment.monotonicMs, time: observation.told?.time ?? moment.wallMs };
  const { sent, readings } = stepReadings(sensor, state.sent, measured);
  const health = withHealth(sensor, { ...state, rules, latest, beyond, votes, sent }, { contact: { answered: true, fault }, moment });
  return { state: health.state, says: [...says, ...health.says], readings };
}

/** When time alone may change what the sensor says, monotonic milliseconds; undefined: it takes another observation. */
export function sensorDueOf(template: Template, { rules, latest, beyond, calm }: SensorState, moment: Moment): number | undefined {
  const dues = template.rules.map((rule, index) => {
    const state = rules[index];
    return state && pointsOf(rule).some((name) => latest.has(name) || beyond.has(name))
      ? (dueOf(rule, state, moment) ?? Infinity)
      : Infinity;
  });
  const soonest = Math.min(...dues, calmDueOf(calm));
  return soonest === Infinity ? undefined : soonest;
}

interface Judged {
  /** Points that are judged. */
  readonly good: ReadonlyMap<string, number>;
  readonly latest: ReadonlyMap<string, number>;
  /** What is beyond its range: by this observation, and by this or an earlier one. */
  readonly fresh: ReadonlyMap<string, number>;
  readonly beyond: ReadonlyMap<string, number>;
  readonly votes: ReadonlyMap<string, number>;
  readonly moment: Moment;
  readonly told: Told | undefined;
  readonly isRepeat?: boolean;
}

function judgeAll(
  sensor: SensorName,
  states: readonly RuleState[],
  { good, latest, fresh, beyond, votes, moment, told, isRepeat }: Judged,
): { readonly rules: readonly RuleState[]; readonly says: Utterance[] } {
  const says: Utterance[] = [];
  const rules = states.map((before, index) => {
    const rule = sensor.template.rules[index];
    if (!rule) return before;
    const counted = countedFor(rule, sensor.template, beyond);
    if (!pointsOf(rule).some((name) => good.has(name) || (counted.has(name) && fresh.has(name)))) return before;
    const newest = counted.size === 0 ? latest : new Map([...latest, ...counted]);
    const value = newest.get(rule.point);
    if (value === undefined && !rule.when.atLeast) return before;
    const seen = { value: value ?? Number.NaN, latest: newest, votes: votesFor(rule, votes, { beyond, counted }) };
    const step = stepRule(rule, before, { ...seen, ...moment, isRepeat });
    if (step.change) says.push(utter(sensor, rule, { step, value, moment, told }));
    return step.state;
  });
  return { rules, says };
}

function mergeValues(
  template: Template,
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return now.size === template.points.length || before.size === 0 ? now : new Map([...before, ...now]);
}

function stepVotes(
  { rules }: Template,
  before: ReadonlyMap<string, number>,
  { sifted, monotonicMs }: { readonly sifted: Sifted; readonly monotonicMs: number },
): ReadonlyMap<string, number> {
  if (!rules.some(({ when }) => when.atLeast)) return before;
  const votes = new Map(before);
  for (const name of [...sifted.good.keys(), ...sifted.beyond.keys()]) votes.set(name, monotonicMs);
  for (const name of sifted.odd) votes.delete(name);
  return votes;
}

function withHealth(
  sensor: SensorName,
  state: SensorState,
  { contact, moment }: { readonly contact: Contact; readonly moment: Moment },
): { state: SensorState; says: Utterance[] } {
  const health = stepHealth(state.health, contact, sensor.template.silence.polls);
  const says = health.changes.map(({ kind, state: step, message }): Utterance => {
    return { condition: conditionOf(sensor.device, kind, { channel: wholeSensor, state: step, time: moment.wallMs, message }) };
  });
  return { state: { ...state, health: health.state }, says };
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
  readonly step: RuleStep;
  readonly value: number | undefined;
  readonly moment: Moment;
  readonly told: Told | undefined;
}

function utter(sensor: SensorName, rule: Rule, what: Change): Utterance {
  if (rule.alarm === undefined) {
    const raised = what.step.change === 'active';
    const fault = rule.fault ?? sameText(rule.point);
    const message = raised ? fault : { ko: `해소됨: ${fault.ko}`, en: `No longer: ${fault.en}` };
    const time = what.told?.time ?? what.moment.wallMs;
    const step = { channel: channelOf(rule), state: raised ? 'raised' : 'cleared', time, message } as const;
    return { condition: conditionOf(sensor.device, rule.as, step) };
  }
  return { report: reportOf(sensor, rule, { ...what, kind: rule.alarm }) };
}

function reportOf(sensor: SensorName, rule: Rule, what: Change & { readonly kind: AlarmKind }): Report {
  const { step, told, value, kind, moment } = what;
  const point = sensor.template.points.find(({ name }) => name === rule.point);
  const isMeasure = point !== undefined && point.modbus?.type !== 'bit' && point.words === undefined && value !== undefined;
  const detail: Detail = {
    ...told?.detail,
    ...(isMeasure ? { value, ...(point.unit === '' ? {} : { unit: point.unit }) } : {}),
    ...(step.repeats !== undefined && step.repeats > 1 ? { repeats: step.repeats } : {}),
  };
  const channel = channelOf(rule);
  return {
    device: sensor.device,
    channel,
    kind,
    state: step.change ?? 'inactive',
    occurrence: told?.id === undefined ? undefined : `${told.id}/${channel}/${kind}/${step.change}`,
    time: told?.time ?? moment.wallMs,
    clockQuality: told?.clockQuality ?? 'receipt',
    ...(rule.severity ? { severity: rule.severity } : {}),
    ...(rule.latch === undefined ? {} : { latch: rule.latch }),
    ...(step.outOfHours ? { reason: 'handling' } : {}),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
}
