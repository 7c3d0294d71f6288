// What a camera's topic means here: rows of the tables are compared segment by segment, and words that vendors agree on stand in where no row fits.
import { standardTopics } from './standard-topics.ts';
import type { TopicMeaning } from './subject.ts';
import { vendorTopics } from './vendor-topics.ts';
import { wordsMeaning } from './words.ts';

interface Row {
  readonly meaning: TopicMeaning;
  readonly segments: readonly string[];
}

const rows: readonly Row[] = [...standardTopics, ...vendorTopics].map((meaning) => ({ meaning, segments: segmentsOf(meaning.topic) }));

/** What topics were found to mean, the newest 512: a site says few, and each of them a thousand times. */
const found = new Map<string, TopicMeaning | undefined>();
const maxFound = 512;

/** What a plain topic means; undefined when it is unknown. Rows are tried in order, the first that fits holds. */
export function findMeaning(topic: string): TopicMeaning | undefined {
  if (found.has(topic)) return found.get(topic);
  const oldest = found.size >= maxFound ? found.keys().next().value : undefined;
  if (oldest !== undefined) found.delete(oldest);
  const meaning = lookUp(topic);
  found.set(topic, meaning);
  return meaning;
}

function lookUp(topic: string): TopicMeaning | undefined {
  const segments = segmentsOf(topic);
  return rows.find((row) => fitsTopic(row.segments, segments))?.meaning ?? wordsMeaning(topic);
}

/** The segments of a plain topic or pattern, ready for comparison. */
export function segmentsOf(topic: string): readonly string[] {
  return topic.toLowerCase().split('/');
}

/** Whether a topic fits a pattern; both as `segmentsOf` gives them. */
export function fitsTopic(pattern: readonly string[], segments: readonly string[]): boolean {
  const open = pattern.at(-1) === '*';
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((name, index) => name === '*' || name === segments[index]);
}
