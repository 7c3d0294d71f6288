// What was heard of one camera, counted: pulls, messages, and the topics and values that mean nothing here.
import { type BreakCounts, openBreakCounts } from './breaks.ts';

/** Counters of one camera since the daemon started. */
export interface EventCounters {
  pulls: number;
  /** Pushes of a camera that cannot be pulled. */
  pushes: number;
  messages: number;
  /** Subscriptions made anew and taken up again. */
  created: number;
  resumed: number;
  /** Messages by topic that is understood; at most 256 topics, the rest under `(other)`. */
  readonly knownTopics: Map<string, number>;
  /** Messages by topic that means nothing here; at most 256 topics, the rest under `(other)`. */
  readonly unknownTopics: Map<string, number>;
  /** States that were neither true nor false, by topic, name and value; at most 256, the rest under `(other)`. */
  readonly unknownValues: Map<string, number>;
  readonly breaks: BreakCounts;
}

const maxNames = 256;
const maxValueLength = 64;
const rest = '(other)';

/** All zero. */
export function openCounters(): EventCounters {
  const names = { knownTopics: new Map(), unknownTopics: new Map(), unknownValues: new Map() };
  return { pulls: 0, pushes: 0, messages: 0, created: 0, resumed: 0, ...names, breaks: openBreakCounts() };
}

/** Counts a message whose topic is understood. */
export function countKnown({ knownTopics }: EventCounters, topic: string): void {
  count(knownTopics, topic);
}

/** Counts a message whose topic is unknown. */
export function countUnknown({ unknownTopics }: EventCounters, topic: string): void {
  count(unknownTopics, topic);
}

/** Counts a message whose state is no state: `Name=value`. */
export function countUnclear({ unknownValues }: EventCounters, topic: string, value: string): void {
  count(unknownValues, `${topic} ${value.slice(0, maxValueLength).toWellFormed()}`);
}

function count(names: Map<string, number>, name: string): void {
  const kept = names.has(name) || names.size < maxNames - 1 ? name : rest;
  names.set(kept, (names.get(kept) ?? 0) + 1);
}
