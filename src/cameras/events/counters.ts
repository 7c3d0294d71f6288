// What was heard of one camera, counted: pulls, messages, and the topics that mean nothing here.

/** Counters of one camera since the daemon started. */
export interface EventCounters {
  pulls: number;
  messages: number;
  /** Subscriptions made anew and taken up again. */
  created: number;
  resumed: number;
  /** Messages by topic that means nothing here; at most 256 topics, the rest under `(other)`. */
  readonly unknownTopics: Map<string, number>;
}

const maxTopics = 256;
const rest = '(other)';

/** All zero. */
export function openCounters(): EventCounters {
  return { pulls: 0, messages: 0, created: 0, resumed: 0, unknownTopics: new Map() };
}

/** Counts a message whose topic is unknown. */
export function countUnknown({ unknownTopics }: EventCounters, topic: string): void {
  const name = unknownTopics.has(topic) || unknownTopics.size < maxTopics - 1 ? topic : rest;
  unknownTopics.set(name, (unknownTopics.get(name) ?? 0) + 1);
}
