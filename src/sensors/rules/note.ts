// What must outlive the gateway of a sensor that tells, pure: what time alone decides next, as a short text with the machine's running time in it.
import { z } from 'zod';
import { type Clock, plausibleFromMs } from '#base';
import type { Detail } from '#model';
import { pointsOf, type Rule, type Template, thingOf } from '../options.ts';
import { type Memory, slicesOfWindow } from './predicate.ts';
import { sift } from './range.ts';
import type { RuleState } from './rule.ts';
import type { Moment, SensorState } from './sensor.ts';

/** A moment, also as the machine's running time: monotonic milliseconds of one process say nothing to the next. */
export interface NoteMoment extends Moment {
  readonly sinceBoot: ReturnType<Clock['sinceBoot']>;
}

const ms = z.number();
const memory = z.union([
  z.object({ of: z.literal('stuck'), value: z.number(), since: ms }),
  z.object({ of: z.literal('move'), within: ms, slices: z.array(z.tuple([z.number(), z.number(), z.number()])).max(40) }),
]);
const keptRule = z.object({
  candidate: z.object({ to: z.enum(['active', 'inactive']), since: ms, count: z.int(), muted: z.boolean() }).optional(),
  changedAt: ms.optional(),
  muted: z.int().optional(),
  memory: memory.optional(),
  ended: z.literal(true).optional(),
});
type KeptRule = z.output<typeof keptRule>;
const noteText = z.object({
  note: z.literal(1),
  /** When it was written. */
  boot: z.string(),
  ms,
  wall: ms,
  rules: z.record(z.string(), keptRule),
  latest: z.record(z.string(), z.number()),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** A note, and what of it tells whether another is due: not the time at which it was written. */
export interface Note {
  readonly text: string;
  readonly essence: string;
}

const maxNoteBytes = 65_536;

/** Notes what time alone decides; undefined where there is nothing of the kind, or more than 64 KiB of it. */
export function noteOf(template: Template, state: SensorState, { at, detail }: { at: NoteMoment; detail: Detail }): Note | undefined {
  const offset = at.sinceBoot.ms - at.monotonicMs;
  const rules: Record<string, KeptRule> = {};
  const points = new Set<string>();
  const newest = state.beyond.size === 0 ? state.latest : new Map([...state.latest, ...state.beyond]);
  for (const [index, rule] of template.rules.entries()) {
    const before = state.rules[index];
    const kept = before && keep(rule, before, { offset, monotonicMs: at.monotonicMs });
    if (kept) rules[thingOf(rule)] = kept;
    if (kept || rule.during) for (const name of pointsOf(rule)) if (newest.has(name)) points.add(name);
  }
  if (points.size === 0) return undefined;
  const latest = Object.fromEntries([...points].map((name) => [name, newest.get(name) ?? 0]));
  const content = { rules, latest, detail };
  const { boot, ms: written } = at.sinceBoot;
  const text = JSON.stringify({ note: 1, boot, ms: written, wall: at.wallMs, ...content });
  return text.length > maxNoteBytes ? undefined : { text, essence: JSON.stringify(content) };
}

/** A sensor at the start, as the store's alarms have seeded it, with what a note of an earlier life says. A damaged note says nothing. */
export function recallNote(
  template: Template,
  seeded: SensorState,
  { text, at }: { text: string; at: NoteMoment },
): { state: SensorState; detail: Detail } {
  const note = read(text);
  if (!note) return { state: seeded, detail: {} };
  // Over a start of the machine only the wall clock knows how long it took, where it is set.
  const slept = note.wall >= plausibleFromMs && at.wallMs > note.wall ? at.wallMs - note.wall : 0;
  const offset = note.boot === at.sinceBoot.boot ? at.monotonicMs - at.sinceBoot.ms : at.monotonicMs - note.ms - slept;
  const rules = seeded.rules.map((before, index): RuleState => {
    const rule = template.rules[index];
    const kept = rule && note.rules[thingOf(rule)];
    return kept ? restore(rule, before, { kept, offset }) : before;
  });
  const names = new Set(template.points.map(({ name }) => name));
  const newest = new Map(Object.entries(note.latest).filter(([name]) => names.has(name)));
  const { good: latest, beyond } = sift(template, { values: newest, fault: undefined });
  const votes = new Map([...newest.keys()].map((name) => [name, note.ms + offset]));
  return { state: { ...seeded, rules, latest, beyond, votes }, detail: note.detail };
}

function read(text: string): z.output<typeof noteText> | undefined {
  try {
    return noteText.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Times go from this process's count to the machine's by `offset`. */
function keep(rule: Rule, state: RuleState, { offset, monotonicMs }: { offset: number; monotonicMs: number }): KeptRule | undefined {
  const { candidate, changedAt, muted, ended } = state;
  const isHeld = changedAt !== undefined && monotonicMs - changedAt < Math.max(rule.hold, rule.quiet);
  const kept: KeptRule = {
    ...(candidate && { candidate: { ...candidate, since: Math.round(candidate.since + offset) } }),
    ...(isHeld && { changedAt: Math.round(changedAt + offset) }),
    ...(muted > 0 && { muted }),
    ...(ended && { ended }),
    ...keepMemory(rule, state.memory, offset),
  };
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function keepMemory({ when }: Rule, memory: Memory, offset: number): Pick<KeptRule, 'memory'> {
  if (memory.of === 'stuck') return { memory: { ...memory, since: Math.round(memory.since + offset) } };
  const within = (when.rises ?? when.falls)?.within;
  if (memory.of === 'nothing' || within === undefined) return {};
  const slices = memory.slices.map(({ slice, low, high }): [number, number, number] => {
    return [Math.round((slice * within) / slicesOfWindow + offset), low, high];
  });
  return { memory: { of: 'move', within, slices } };
}

function restore(rule: Rule, seeded: RuleState, { kept, offset }: { kept: KeptRule; offset: number }): RuleState {
  const { candidate, changedAt, muted = 0 } = kept;
  return {
    ...seeded,
    candidate: candidate && { ...candidate, since: candidate.since + offset },
    changedAt: changedAt === undefined ? undefined : changedAt + offset,
    muted,
    // What is open was raised after it.
    ended: kept.ended === true && seeded.active !== true,
    memory: restoreMemory(rule, seeded.memory, { kept: kept.memory, offset }),
  };
}

function restoreMemory({ when }: Rule, seeded: Memory, { kept, offset }: { kept: KeptRule['memory']; offset: number }): Memory {
  if (kept?.of === 'stuck' && when.stuckFor !== undefined) return { ...kept, since: kept.since + offset };
  const within = (when.rises ?? when.falls)?.within;
  if (kept?.of !== 'move' || kept.within !== within) return seeded;
  const slices = kept.slices.map(([at, low, high]) => ({ slice: Math.floor(((at + offset) * slicesOfWindow) / within), low, high }));
  return { of: 'move', slices };
}
