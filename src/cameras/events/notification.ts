// Notification messages out of a pull's reply: topic, operation, time and items as plain values (ONVIF Core §9.5, tt:Message).
import { attribute, child, childrenOf, textAt, type XmlElement } from '../xml/index.ts';

/** A named value of a message. */
export interface Item {
  readonly name: string;
  readonly value: string;
}

/** One message. */
export interface Notification {
  /** Local names only, joined by `/`: `RuleEngine/CellMotionDetector/Motion`. */
  readonly topic: string;
  /** How the message stands to a property; `event` when the topic is no property. */
  readonly operation: 'initialized' | 'changed' | 'deleted' | 'event';
  /** As the camera wrote it; empty when it did not. */
  readonly utcTime: string;
  /** What it is about: the items of Source and of Key. */
  readonly source: readonly Item[];
  readonly data: readonly Item[];
  /** Its Key names one of many (an object): the property is on as long as it exists (ONVIF Core §9.4.2). */
  readonly keyed: boolean;
  /** The element that it came in, for a sample of what is not understood. */
  readonly holder?: XmlElement;
}

const maxMessages = 1000;
const maxItems = 64;
const maxTopicLength = 200;
const maxValueLength = 256;
const operations: Readonly<Record<string, Notification['operation']>> = {
  initialized: 'initialized',
  changed: 'changed',
  deleted: 'deleted',
};

/** The messages of a PullMessagesResponse in their order; at most 1,000, each with at most 64 items. */
export function readNotifications(response: XmlElement | undefined): readonly Notification[] {
  const found: Notification[] = [];
  for (const holder of childrenOf(response, 'NotificationMessage')) {
    const topic = plainTopic(textAt(holder, 'Topic'));
    // Hanwha puts several messages under one topic.
    for (const message of childrenOf(child(holder, 'Message'), 'Message')) {
      if (found.length >= maxMessages) return found;
      found.push({ ...readMessage(topic, message), holder });
    }
  }
  return found;
}

function readMessage(topic: string, message: XmlElement): Notification {
  const key = readItems(child(message, 'Key'));
  return {
    topic,
    operation: operations[(attribute(message, 'PropertyOperation') ?? '').toLowerCase()] ?? 'event',
    utcTime: (attribute(message, 'UtcTime') ?? '').slice(0, 64),
    source: [...readItems(child(message, 'Source')), ...key],
    data: readItems(child(message, 'Data')),
    keyed: key.length > 0,
  };
}

function readItems(group: XmlElement | undefined): Item[] {
  return childrenOf(group, 'SimpleItem')
    .slice(0, maxItems)
    .map((item) => ({
      name: (attribute(item, 'Name') ?? '').slice(0, 64),
      value: (attribute(item, 'Value') ?? item.text).slice(0, maxValueLength),
    }));
}

/** A topic without prefixes, which cameras choose freely, and without a trailing `/.` or `//.` of a topic expression. */
export function plainTopic(text: string): string {
  return text
    .slice(0, maxTopicLength)
    .split('/')
    .map((segment) => segment.trim().replace(/^.*:/, ''))
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}
