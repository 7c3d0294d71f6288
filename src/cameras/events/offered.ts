// The topics that a camera offers (GetEventProperties, ONVIF Core §9.4), for a technician: what it could say, before it has said it.
import type { Failure } from '../faults.ts';
import { composeEnvelope, type SoapSession } from '../soap/index.ts';
import { attribute, child, descend, type XmlElement } from '../xml/index.ts';
import { kindOf } from './subject.ts';
import type { TopicRow } from './topic-list.ts';
import { findMeaning } from './topics.ts';

/** What became of asking. */
export type Offered =
  | { readonly result: 'ok'; readonly topics: readonly TopicRow[] }
  | { readonly result: 'failed'; readonly failure: Failure };

const question = composeEnvelope('<GetEventProperties xmlns="http://www.onvif.org/ver10/events/wsdl"/>');
const maxTopics = 512;
const maxDepth = 16;
const maxTopicLength = 200;

/** Asks the event service; each topic with what it would mean here, its count 0. Rejects with the reason of `signal` alone. */
export async function askOffered(session: SoapSession, events: URL, signal: AbortSignal): Promise<Offered> {
  const said = await session.call({ url: events, envelope: question, expect: 'GetEventPropertiesResponse' }, signal);
  if (said.result !== 'ok') return { result: 'failed', failure: said.failure };
  const topics = readTopicSet(descend(said.body, 'GetEventPropertiesResponse', 'TopicSet'));
  return { result: 'ok', topics: topics.map(unsaid) };
}

/** The topics of a TopicSet (WS-Topics §6) by local names, as messages are compared; at most 512, 16 levels deep. */
export function readTopicSet(set: XmlElement | undefined): readonly string[] {
  const found = new Set<string>();
  const walk = (element: XmlElement, path: readonly string[]): void => {
    for (const one of element.children) {
      if (found.size >= maxTopics || path.length >= maxDepth) return;
      if (one.name === 'MessageDescription' || one.name === 'documentation') continue;
      const names = [...path, one.name];
      if (isTopic(one)) found.add(names.join('/').slice(0, maxTopicLength));
      walk(one, names);
    }
  };
  if (set) walk(set, []);
  return [...found];
}

/** Not every camera marks its topics. */
function isTopic(element: XmlElement): boolean {
  const mark = attribute(element, 'topic')?.trim();
  return mark === 'true' || mark === '1' || child(element, 'MessageDescription') !== undefined;
}

function unsaid(topic: string): TopicRow {
  const meaning = findMeaning(topic);
  const kind = meaning?.about && kindOf(meaning.about);
  return { topic, count: 0, cameras: 0, state: meaning ? 'known' : 'unknown', kind, sample: undefined };
}
