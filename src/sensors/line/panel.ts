// A panel as its lines tell it, pure: (state, meaning) → (state, what to say). Alarms stand until the panel's own end or reset.
import { createHash } from 'node:crypto';
import type { Text } from '#base';
import { type Alarm, alarmKinds, type Detail, type Report } from '#model';
import type { Grammar, Pattern } from '../grammar-option.ts';
import { isPlausible } from '../messages/index.ts';
import { conditionOf, type Utterance } from '../rules/index.ts';
import type { Meaning } from './reader.ts';

/** What stands, and what was said within the window. Oldest first. */
export interface PanelState {
  readonly alarms: ReadonlyMap<string, Standing>;
  readonly faults: ReadonlyMap<string, FaultStanding>;
  readonly recent: ReadonlyMap<string, Recent>;
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

/** A line, and when it came: wall and monotonic milliseconds. */
export interface Heard {
  readonly meaning: Meaning;
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Points that are remembered; the oldest is forgotten first, and a reset then does not end it. */
const maxStanding = 10_000;
const maxRecent = 1000;

/** A panel at the start of the daemon: what is open in the store stands, so that a reset ends it. */
export function seedPanel(open: readonly Alarm[]): PanelState {
  const alarms = open.filter(({ test }) => !test).map(({ channel, kind }): [string, Standing] => [keyOf(channel, kind), { channel, kind }]);
  return { alarms: new Map(alarms), faults: new Map(), recent: new Map() };
}

/** One line. */
export function stepPanel(
  panel: PanelName,
  state: PanelState,
  heard: Heard,
): { readonly state: PanelState; readonly says: readonly Utterance[] } {
  const { pattern } = heard.meaning;
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
    ...nameOf(device, said, { pattern, meaning }),
    ...timeOf(grammar, heard),
    ...(severity ? { severity } : {}),
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  };
  return { state: { ...next, recent }, says: [{ report }] };
}

/**
 * A point that stands is its own key. An event without an end has the panel's time to the second for one: the line that a panel says again after our
 * restart is the same event. Without such a time it has none.
 */
function nameOf(
  device: string,
  said: string,
  { pattern, meaning }: { readonly pattern: AlarmPattern; readonly meaning: Meaning },
): Pick<Report, 'occurrence' | 'occurrenceKind'> {
  const { panelTime, groups } = meaning;
  if (pattern.state !== 'pulse' || panelTime === undefined || groups['second'] === undefined) return { occurrence: undefined };
  const digest = createHash('sha256').update([device, said, panelTime].join('\n')).digest('hex');
  return { occurrence: `line:${digest.slice(0, 40)}`, occurrenceKind: 'given' };
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
  return { state: { alarms: new Map(), faults: all ? new Map() : state.faults, recent: new Map() }, says: [...ends, ...repaired] };
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
