// The topics that cameras have said, for a technician: how often, by how many, what each means here, and a sample of what means nothing.
import type { EventCounters } from './counters.ts';
import type { Samples } from './samples.ts';
import { kindOf } from './subject.ts';
import { findMeaning } from './topics.ts';

/** One topic. */
export interface TopicRow {
  readonly topic: string;
  readonly count: number;
  /** How many cameras say it. */
  readonly cameras: number;
  /** `unclear`: the topic is known, and this value of its state (`Name=value` after the topic) is neither true nor false. */
  readonly state: 'known' | 'unknown' | 'unclear';
  /** What the built-in tables take it for; undefined: nothing, or a rule of the site decides. */
  readonly kind: string | undefined;
  /** The first message of it that was not understood, as XML. */
  readonly sample: { readonly device: string; readonly at: number; readonly xml: string } | undefined;
}

/** The topics of these cameras together: what is not understood first, and the most frequent first. */
export function listTopics(cameras: Iterable<EventCounters>, samples: Samples): readonly TopicRow[] {
  const rows = new Map<string, { topic: string; state: TopicRow['state']; count: number; cameras: number }>();
  const add = (names: ReadonlyMap<string, number>, state: TopicRow['state']): void => {
    for (const [topic, count] of names) {
      const row = rows.get(`${state} ${topic}`) ?? { topic, state, count: 0, cameras: 0 };
      row.count += count;
      row.cameras += 1;
      rows.set(`${state} ${topic}`, row);
    }
  };
  for (const { knownTopics, unknownTopics, unknownValues } of cameras) {
    add(unknownTopics, 'unknown');
    add(unknownValues, 'unclear');
    add(knownTopics, 'known');
  }
  const sampled = new Map(samples.list().map((sample) => [sample.topic, sample]));
  return [...rows.values()].toSorted(byNeed).map((row) => {
    const topic = row.state === 'unclear' ? row.topic.slice(0, row.topic.indexOf(' ')) : row.topic;
    const about = findMeaning(topic)?.about;
    const sample = row.state === 'known' ? undefined : sampled.get(topic);
    return { ...row, kind: about && kindOf(about), sample: sample && { device: sample.device, at: sample.at, xml: sample.xml } };
  });
}

function byNeed(left: Pick<TopicRow, 'state' | 'count'>, right: Pick<TopicRow, 'state' | 'count'>): number {
  return Number(left.state === 'known') - Number(right.state === 'known') || right.count - left.count;
}
