// Pure writing of what a camera reports: notification messages and the topic set, in the form of its personality.
import type { Personality } from './personality/index.ts';
import { type CameraTopic, logical, standardTopics, type TopicForm } from './topics.ts';
import { escapeXml } from './xml.ts';

/** Something that begins, ends or happens on a channel. */
export interface Report {
  readonly topic: CameraTopic;
  readonly active: boolean;
  /** Default 1. */
  readonly channel?: number;
}

/** A report in the words of whoever makes it: any topic, any items. */
export interface RawReport {
  /** With prefixes, as it is to stand in the message. */
  readonly path: string;
  readonly source?: Readonly<Record<string, string>>;
  readonly key?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
  /** Default: an event that is no property. */
  readonly operation?: 'Initialized' | 'Changed' | 'Deleted';
  /** Default: the camera's time. */
  readonly utcTime?: string;
}

/** A written message and the topic under which it goes. */
export interface Notice {
  readonly topic: string;
  readonly message: string;
}

const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';

/** How a personality writes a topic. */
export function formOf(personality: Personality, topic: CameraTopic): TopicForm {
  return personality.topics[topic] ?? standardTopics[topic];
}

/** Whether the topic has a state that begins and ends; the others are pulses. */
export function hasState(personality: Personality, topic: CameraTopic): boolean {
  return formOf(personality, topic).values !== undefined;
}

function fill(text: string, personality: Personality, channel: number): string {
  const { tokens } = personality;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (name === 'n') return String(channel);
    return name === 'source' || name === 'configuration' || name === 'analytics' ? tokens[name](channel) : whole;
  });
}

function writePath(path: string, personality: Personality, channel: number): string {
  const filled = fill(path, personality, channel);
  if (personality.quirks.prefixes === 'first') return filled;
  return filled
    .split('/')
    .map((segment) => (segment.includes(':') ? segment : `tns1:${segment}`))
    .join('/');
}

function writeTime(personality: Personality, utcMs: number): string {
  const { times } = personality.quirks;
  if (times === 'zero') return '0000-00-00T00:00:00Z';
  const iso = new Date(utcMs).toISOString();
  return times === 'no-zone' ? iso.slice(0, -1) : iso;
}

type Items = readonly (readonly [name: string, value: string])[];

function writeItems(tag: string, items: Items): string {
  const written = items.map(([name, value]) => `<tt:SimpleItem Name="${escapeXml(name)}" Value="${escapeXml(value)}"/>`);
  return `<tt:${tag}>${written.join('')}</tt:${tag}>`;
}

function writeValue(form: TopicForm, active: boolean, personality: Personality, pulse: number): string {
  if (form.values === undefined) return String(pulse);
  const values = form.values === logical ? (personality.quirks.values ?? logical) : form.values;
  return values[active ? 0 : 1];
}

/** Writes a report. `pulse` is the datum of an event without an end, `utcMs` the camera's clock. */
export function writeNotice(
  { topic, active, channel = 1 }: Report,
  operation: 'Initialized' | 'Changed',
  personality: Personality,
  { utcMs, pulse }: { utcMs: number; pulse: number },
): Notice {
  const form = formOf(personality, topic);
  const value = writeValue(form, active, personality, pulse);
  const property = form.values === undefined || !personality.quirks.operations ? '' : ` PropertyOperation="${operation}"`;
  const source = form.source.map(([name, text]) => [name, fill(text, personality, channel)] as const);
  const inside = writeItems('Source', source) + writeItems('Data', [[form.data, value], ...(form.more ?? [])]);
  return {
    topic: writePath(form.path, personality, channel),
    message: `<tt:Message UtcTime="${writeTime(personality, utcMs)}"${property}>${inside}</tt:Message>`,
  };
}

/** Writes a report of any topic. */
export function writeRaw(report: RawReport, personality: Personality, utcMs: number): Notice {
  const { path, source = {}, key, data = {}, operation, utcTime } = report;
  const property = operation === undefined ? '' : ` PropertyOperation="${operation}"`;
  const keys = key === undefined ? '' : writeItems('Key', Object.entries(key));
  const inside = writeItems('Source', Object.entries(source)) + keys + writeItems('Data', Object.entries(data));
  const time = escapeXml(utcTime ?? writeTime(personality, utcMs));
  return { topic: escapeXml(path), message: `<tt:Message UtcTime="${time}"${property}>${inside}</tt:Message>` };
}

/** The notification elements of a reply; with the quirk `bundles`, messages of one topic that follow each other share one element. */
export function joinNotices(notices: readonly Notice[], personality: Personality): string {
  const spaces = declare(personality);
  let written = '';
  for (let at = 0; at < notices.length; at += 1) {
    const topic = notices[at]?.topic ?? '';
    let messages = notices[at]?.message ?? '';
    while (personality.quirks.bundles && notices[at + 1]?.topic === topic) {
      at += 1;
      messages += notices[at]?.message ?? '';
    }
    const head = `<wsnt:Topic Dialect="${dialect}">${topic}</wsnt:Topic>`;
    written += `<wsnt:NotificationMessage${spaces}>${head}<wsnt:Message>${messages}</wsnt:Message></wsnt:NotificationMessage>`;
  }
  return written;
}

function declare(personality: Personality): string {
  return Object.entries(personality.namespaces)
    .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
    .join('');
}

interface Branch {
  readonly children: Map<string, Branch>;
  description: string;
}

/** The topic set as nested elements (WS-Topics), each leaf with the description of its message. */
export function topicSet(personality: Personality): string {
  const root: Branch = { children: new Map(), description: '' };
  for (const topic of personality.has) {
    const form = formOf(personality, topic);
    let at = root;
    for (const name of namesOf(writePath(form.path, personality, 1))) {
      const next = at.children.get(name) ?? { children: new Map(), description: '' };
      at.children.set(name, next);
      at = next;
    }
    at.description = describe(form);
  }
  return `<wstop:TopicSet${declare(personality)}>${writeBranch(root)}</wstop:TopicSet>`;
}

/** Names of elements; a rule's name may have spaces, which an element's may not. */
function namesOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '.')
    .map((name) => name.replaceAll(' ', '_'));
}

function describe(form: TopicForm): string {
  const item = (name: string, kind: string): string => `<tt:SimpleItemDescription Name="${name}" Type="${kind}"/>`;
  const source = form.source.map(([name]) => item(name, 'tt:ReferenceToken')).join('');
  const more = (form.more ?? []).map(([name]) => item(name, 'xs:string')).join('');
  const data = item(form.data, form.values === undefined ? 'xs:integer' : 'xs:boolean') + more;
  const inside = `<tt:Source>${source}</tt:Source><tt:Data>${data}</tt:Data>`;
  return `<tt:MessageDescription IsProperty="${form.values !== undefined}">${inside}</tt:MessageDescription>`;
}

function writeBranch(branch: Branch): string {
  return [...branch.children]
    .map(([name, child]) => {
      const leaf = child.description === '' ? '' : ' wstop:topic="true"';
      return `<${name}${leaf}>${child.description}${writeBranch(child)}</${name}>`;
    })
    .join('');
}
