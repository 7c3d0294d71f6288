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
  readonly knownTopics: ReadonlyMap<string, number>;
  /** Messages by topic that means nothing here; at most 256 topics, the rest under `(other)`. */
  readonly unknownTopics: ReadonlyMap<string, number>;
  /** States that were neither true nor false, by topic, name and value; at most 256, the rest under `(other)`. */
  readonly unknownValues: ReadonlyMap<string, number>;
  readonly breaks: BreakCounts;
  /** Counts a message whose topic is understood. */
  countKnown(topic: string): void;
  /** Counts a message whose topic is unknown. */
  countUnknown(topic: string): void;
  /** Counts a message whose state is no state: `Name=value`. */
  countUnclear(topic: string, value: string): void;
}

const maxNames = 256;
const maxValueLength = 64;
const rest = '(other)';

/** All zero. */
export function openCounters(): EventCounters {
  return new Counters();
}

/** There is one for each camera: a map is made with the first message. */
class Counters implements EventCounters {
  pulls = 0;
  pushes = 0;
  messages = 0;
  created = 0;
  resumed = 0;
  readonly breaks = openBreakCounts();
  #known: Map<string, number> | undefined;
  #unknown: Map<string, number> | undefined;
  #unclear: Map<string, number> | undefined;

  get knownTopics(): ReadonlyMap<string, number> {
    return this.#known ?? none;
  }

  get unknownTopics(): ReadonlyMap<string, number> {
    return this.#unknown ?? none;
  }

  get unknownValues(): ReadonlyMap<string, number> {
    return this.#unclear ?? none;
  }

  countKnown(topic: string): void {
    this.#known = count(this.#known, topic);
  }

  countUnknown(topic: string): void {
    this.#unknown = count(this.#unknown, topic);
  }

  countUnclear(topic: string, value: string): void {
    this.#unclear = count(this.#unclear, `${topic} ${value.slice(0, maxValueLength).toWellFormed()}`);
  }
}

const none: ReadonlyMap<string, number> = new Map();

function count(counted: Map<string, number> | undefined, name: string): Map<string, number> {
  const names = counted ?? new Map<string, number>();
  const kept = names.has(name) || names.size < maxNames - 1 ? name : rest;
  return names.set(kept, (names.get(kept) ?? 0) + 1);
}
