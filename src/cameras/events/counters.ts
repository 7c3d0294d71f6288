// What was heard of one camera, counted: pulls, messages, and the topics and values that mean nothing here.
import { compact } from '../compact.ts';
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

/** There is one for each camera. */
class Counters implements EventCounters {
  pulls = 0;
  pushes = 0;
  messages = 0;
  created = 0;
  resumed = 0;
  readonly breaks = openBreakCounts();
  #known: Counted = none;
  #unknown: Counted = none;
  #unclear: Counted = none;

  get knownTopics(): ReadonlyMap<string, number> {
    return mapOf(this.#known);
  }

  get unknownTopics(): ReadonlyMap<string, number> {
    return mapOf(this.#unknown);
  }

  get unknownValues(): ReadonlyMap<string, number> {
    return mapOf(this.#unclear);
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

/** Names and how often each was counted, in turn: most cameras say one or two, for which a map is large. */
type Counted = readonly (string | number)[] | Map<string, number>;

/** Beyond so many names a map is quicker. */
const maxListed = 8;
const none: Counted = [];
const noNames: ReadonlyMap<string, number> = new Map();

function mapOf(counted: Counted): ReadonlyMap<string, number> {
  if (counted instanceof Map) return counted;
  if (counted.length === 0) return noNames;
  const pairs = counted.flatMap((name, at) => (typeof name === 'string' ? [[name, Number(counted[at + 1])] as const] : []));
  return new Map(pairs);
}

function count(counted: Counted, name: string): Counted {
  if (!(counted instanceof Map)) {
    const at = counted.indexOf(name);
    if (at >= 0) return counted.with(at + 1, Number(counted[at + 1]) + 1);
    // As long as it must be, where a spread would leave room for more.
    if (counted.length < 2 * maxListed) return counted.concat(compact(name), 1);
  }
  const names = counted instanceof Map ? counted : new Map(mapOf(counted));
  const kept = names.has(name) || names.size < maxNames - 1 ? name : rest;
  return names.set(kept, (names.get(kept) ?? 0) + 1);
}
