// A panel as its lines tell it, pure: (state, meaning) → (state, what to say). Alarms stand until the panel's own end or reset.
import { createHash } from 'node:crypto';
import type { Clock, Text } from '#base';
import { type Alarm, alarmKinds, type Detail, type Report } from '#model';
import type { Grammar, Pattern } from '../grammar-option.ts';
import { isPlausible, nameSinceBoot } from '../messages/index.ts';
import { conditionOf, type Utterance } from '../rules/index.ts';
import type { Meaning } from './reader.ts';

/** What stands, and what was said within the window. Oldest first. */
export interface PanelState {
  readonly alarms: ReadonlyMap<string, Standing>;
  readonly faults: ReadonlyMap<string, FaultStanding>;
  readonly recent: ReadonlyMap<string, Recent>;
  /** The newest time that the panel printed, and when it was first heard, monotonic milliseconds. */
  readonly clock?: { readonly panelMs: number; readonly atMs: number };
  /** A reset was heard in this life: what is said behind it is no repeat of what an earlier life heard. */
  readonly isReset?: true;
}

type Standing = Pick<Report, 'channel' | 'kind'>;
type FaultStanding = { readonly channel: string; readonly pattern: FaultPattern; readonly facts: Meaning['facts'] };
type Recent = { readonly atMs: number; readonly detail: Detail };
type AlarmPattern = Extract<Pattern, { says: 'alarm' }>;
type FaultPattern = Extract<Pattern, { says: 'fault' }>;

/** Whose lines they are. */
export interface PanelName {
  readonly device: string;
  readonly grammar: Grammar;
}

/** A line, and when it came: wall and monotonic milliseconds, and the machine's own. */
export interface Heard {
  readonly meaning: Meaning;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly sinceBoot: ReturnType<Clock['sinceBoot']>;
}

/** Points that are remembered; the oldest is forgotten first, and a reset then does not end it. */
const maxStanding = 10_000;
const maxRecent = 1000;
/** A panel's clock names events while it is so near to ours, and does not stand still for longer than that. */
const nearMs = 600_000;
const stillMs = 10_000;

/** A panel at the start of the daemon: what is open in the store stands, so that a reset ends it. */
export function seedPanel(open: readonly Alarm[]): PanelState {
  const alarms = open.filter(({ test }) => !test).map(({ channel, kind }): [string, Standing] => [keyOf(channel, kind), { channel, kind }]);
  return { alarms: new Map(alarms), faults: new Map(), recent: new Map() };
}

/** One line. */
export function stepPanel(
  panel: PanelName,
  before: PanelState,
  heard: Heard,
): { readonly state: PanelState; readonly says: readonly Utterance[] } {
  const { pattern } = heard.meaning;
  const state = withClock(before, heard);
  if (pattern.says === 'alarm') return stepAlarm(panel, state, { heard, pattern });
  if (pattern.says === 'fault') return stepFault(panel, state, { heard, pattern });
  if (pattern.says === 'reset') return stepReset(panel, state, { heard, all: pattern.of === 'all' });
  return { state, says: [] };
}

/** Whether a line tells of a critical alarm. */
export function isGrave({ pattern }: Meaning): boolean {
  return pattern.says === 'alarm' && pattern.state !== 'inactive' && (pattern.severity ?? alarmKinds[pattern.kind]) === 'critical';
}

type Step = ReturnType<typeof stepPanel>;

function withClock(state: PanelState, { meaning: { panelTime }, monotonicMs }: Heard): PanelState {
  if (panelTime === undefined || panelTime === state.clock?.panelMs) return state;
  return { ...state, clock: { panelMs: panelTime, atMs: monotonicMs } };
}

function stepAlarm(
  { device, grammar }: PanelName,
  state: PanelState,
  { heard, pattern }: { readonly heard: Heard; readonly pattern: AlarmPattern },
): Step {
  const { meaning, monotonicMs } = heard;
  const { kind, severity } = pattern;
  const channel = channelName(pattern.channel, meaning) ?? kind;
  const key = keyOf(channel, kind);
  const alarms = new Map(state.alarms);
  alarms.delete(key);
  if (pattern.state === 'active') alarms.set(key, { channel, kind });
  const said = [key, pattern.state, ...Object.values(meaning.facts)].join('\n');
  const before = state.recent.get(said);
  const repeated = before !== undefined && monotonicMs - before.atMs < grammar.repeatWindow ? before : undefined;
  const next = { ...state, alarms: bounded(alarms, maxStanding) };
  if (repeated && pattern.state === 'pulse') return { state: next, says: [] };
  // A repeat tells the first time's facts: nothing about the open alarm changes, and one that a person closed meanwhile is raised.
  const detail = repeated?.detail ?? detailOf(grammar, meaning);
  const recent = repeated
    ? state.recent
    : bounded(new Map([...state.recent].filter(([each]) => each !== said)).set(said, { atMs: monotonicMs, detail }), maxRecent);
  const report: Report = {
    device,
    channel,
    kind,
    state: pattern.state,
    ...nameOf({ device, grammar, said }, state, heard),
    ...timeOf(grammar, heard),
    ...(severity ? { severity } : {}),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
  return { state: { ...next, recent }, says: [{ report }] };
}

/**
 * A point that stands is its own key. An event without an end has the panel's time to the second for one, while that clock is near ours and moves: the line that
 * a panel says again after our restart is the same event. A clock that stands would give one name to all calls of a point for days; else an event is known
 * by the machine's own time, within the time in which it counts as said again.
 */
function nameOf(
  { device, grammar, said }: { readonly device: string; readonly grammar: Grammar; readonly said: string },
  { clock, recent, isReset }: PanelState,
  { meaning, wallMs, monotonicMs, sinceBoot }: Heard,
): Pick<Report, 'occurrence' | 'occurrenceKind' | 'occurrenceAfter'> {
  const { panelTime, groups, pattern } = meaning;
  if (pattern.says !== 'alarm' || pattern.state !== 'pulse') return { occurrence: undefined };
  const digestOf = (...parts: unknown[]): string =>
    createHash('sha256')
      .update([device, said, ...parts].join('\n'))
      .digest('hex')
      .slice(0, 40);
  const isNear = panelTime !== undefined && groups['second'] !== undefined && Math.abs(panelTime - wallMs) <= nearMs;
  const stands = clock !== undefined && clock.panelMs === panelTime && monotonicMs - clock.atMs > stillMs;
  if (isNear && !stands) return { occurrence: `line:${digestOf(panelTime)}`, occurrenceKind: 'given' };
  const prefix = `line:${digestOf()}`;
  const isNew = isReset || recent.has(said);
  const earliest = nameSinceBoot(prefix, { ...sinceBoot, ms: sinceBoot.ms - grammar.repeatWindow });
  return { occurrence: nameSinceBoot(prefix, sinceBoot), ...(isNew ? {} : { occurrenceAfter: earliest }), occurrenceKind: 'derived' };
}

function stepFault(
  { device, grammar }: PanelName,
  state: PanelState,
  { heard, pattern }: { readonly heard: Heard; readonly pattern: FaultPattern },
): Step {
  const channel = channelName(pattern.channel, heard.meaning) ?? 'panel';
  const faults = new Map(state.faults);
  const key = keyOf(channel, pattern.as);
  faults.delete(key);
  const standing: FaultStanding = { channel, pattern, facts: heard.meaning.facts };
  if (pattern.state === 'active') faults.set(key, standing);
  const { time } = timeOf(grammar, heard);
  const says = [faultStep(device, standing, { state: pattern.state === 'active' ? 'raised' : 'cleared', time })];
  return { state: { ...state, faults: bounded(faults, maxStanding) }, says };
}

function stepReset(
  { device, grammar }: PanelName,
  state: PanelState,
  { heard, all }: { readonly heard: Heard; readonly all: boolean },
): Step {
  const when = timeOf(grammar, heard);
  const ends = [...state.alarms.values()].map(({ channel, kind }): Utterance => {
    return { report: { device, channel, kind, state: 'inactive', occurrence: undefined, ...when } };
  });
  const repaired = all ? [...state.faults.values()].map((fault) => faultStep(device, fault, { state: 'cleared', time: when.time })) : [];
  const faults = all ? new Map<string, FaultStanding>() : state.faults;
  return { state: { ...state, alarms: new Map(), faults, recent: new Map(), isReset: true }, says: [...ends, ...repaired] };
}

function faultStep(
  device: string,
  { channel, pattern, facts }: FaultStanding,
  step: { state: 'raised' | 'cleared'; time: number },
): Utterance {
  const fault = fill(pattern.fault, facts);
  const message =
    step.state === 'raised' || pattern.state === 'inactive' ? fault : { ko: `해소됨: ${fault.ko}`, en: `No longer: ${fault.en}` };
  return { condition: conditionOf(device, pattern.as, { channel, ...step, message }) };
}

/** `{group}` in a text for people. */
function fill(text: Text, facts: Meaning['facts']): Text {
  const put = (words: string): string => words.replaceAll(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? '');
  return { ko: put(text.ko), en: put(text.en) };
}

/** A channel has the form of an id: what else a panel calls its zones becomes hyphens, and a digest where the name would be lost. */
function channelName(pattern: string | undefined, { groups }: Meaning): string | undefined {
  if (pattern === undefined) return undefined;
  const whole = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => groups[name] ?? '');
  const plain = whole
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const isTelling = !/[^\x20-\x7e]/.test(whole) && plain !== '' && plain.length <= 40;
  return isTelling ? plain : `${plain.slice(0, 31)}-${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`.replace(/^-/, '');
}

/** A panel's clock is believed only where the grammar says that it is kept, and then within bounds. */
function timeOf(grammar: Grammar, { meaning: { panelTime }, wallMs }: Heard): Pick<Report, 'time' | 'clockQuality'> {
  return grammar.clock === 'panel' && isPlausible(panelTime, wallMs)
    ? { time: panelTime, clockQuality: 'synchronised' }
    : { time: wallMs, clockQuality: 'receipt' };
}

function detailOf({ clock }: Grammar, { facts, panelTime }: Meaning): Detail {
  return { ...facts, ...(clock === 'receipt' && panelTime !== undefined ? { panelTime: new Date(panelTime).toISOString() } : {}) };
}

function keyOf(channel: string, kind: string): string {
  return `${channel}\n${kind}`;
}

function bounded<T>(map: Map<string, T>, max: number): Map<string, T> {
  for (const key of map.keys()) {
    if (map.size <= max) break;
    map.delete(key);
  }
  return map;
}
