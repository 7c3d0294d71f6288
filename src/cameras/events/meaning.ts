// From a notification to what it says here: which alarm or condition, of which point, in which state, when, and under which name.
import { createHash } from 'node:crypto';
import type { ClockQuality, Detail, Severity } from '#model';
import type { Item, Notification } from './notification.ts';
import type { SiteRules } from './site-rules.ts';
import type { Subject, TopicMeaning } from './subject.ts';
import { parseInstant } from './time.ts';
import { findMeaning } from './topics.ts';
import { classMeaning } from './words.ts';

/** What a notification says. */
export interface Sighting {
  readonly about: Subject;
  /** The device's point: a video source's number, or `input-1`. */
  readonly channel: string;
  /** Name of the camera's own rule or zone; empty where it has none. */
  readonly zone: string;
  /** What keeps its own state on the camera: topic and source items. */
  readonly origin: string;
  readonly state: 'active' | 'inactive' | 'pulse';
  readonly initial: boolean;
  /** The property is gone from the camera. */
  readonly deleted: boolean;
  /** Names a pulse. A state has no name: what it changes tells (a camera's times are whole seconds, and a contact bounces faster). */
  readonly occurrence: string | undefined;
  readonly time: number;
  readonly clockQuality: ClockQuality;
  readonly severity: Severity | undefined;
  readonly detail: Detail;
  /** Why it is over, where not the camera says so. */
  readonly reason?: 'timeout' | 'handling';
}

/** What is known of the camera and of now. */
export interface Circumstances {
  readonly receivedAt: number;
  /** The camera's clock minus ours, milliseconds. */
  readonly clockOffsetMs: number | undefined;
  /** Video sources by the tokens that events name them with. */
  readonly channels: ReadonlyMap<string, number>;
  /** What the site says of topics. */
  readonly rules: SiteRules;
}

/** A sighting, a topic that means nothing here, or a state that is neither true nor false: `Name=value`. */
export type Interpretation =
  | { readonly result: 'sighting'; readonly sighting: Sighting }
  | { readonly result: 'known' }
  | { readonly result: 'unclear'; readonly value: string }
  | { readonly result: 'unknown' };

/** xs:boolean, and the words of relay states (ONVIF Device IO) and vendors. What is none of them says nothing: a garbled value clears no alarm. */
const words: Readonly<Record<string, 'active' | 'inactive'>> = {
  true: 'active',
  1: 'active',
  active: 'active',
  on: 'active',
  false: 'inactive',
  0: 'inactive',
  inactive: 'inactive',
  off: 'inactive',
};
const maxDetailBytes = 1500;
/** Beyond this a corrected time is not believed. */
const maxAgeMs = 24 * 3_600_000;
/** An offset within this cannot be told from a clock that is right: cameras say whole seconds. */
const trustedOffsetMs = 1500;

/** Reads a notification. Pure. */
export function interpret(notification: Notification, circumstances: Circumstances): Interpretation {
  const meaning = circumstances.rules(notification) ?? findMeaning(notification.topic);
  if (!meaning) return { result: 'unknown' };
  const about = aboutOf(meaning, notification);
  const state = stateOf(meaning, notification);
  if (!about || state === undefined) return { result: 'known' };
  if (typeof state === 'object') return { result: 'unclear', value: spell(state) };
  const when = timeOf(notification, circumstances);
  const origin = [notification.topic, ...notification.source.map(spell)].join('|');
  return {
    result: 'sighting',
    sighting: {
      about,
      zone: zoneOf(meaning, notification),
      channel: channelOf(meaning, notification, circumstances.channels),
      origin,
      state,
      initial: notification.operation === 'initialized',
      deleted: notification.operation === 'deleted',
      occurrence:
        state === 'pulse' ? hash([origin, when.key, notification.operation, state, ...notification.data.map(spell)].join('|')) : undefined,
      time: when.time,
      clockQuality: when.clockQuality,
      severity: meaning.severity,
      detail: detailOf(notification, meaning),
    },
  };
}

function aboutOf(meaning: TopicMeaning, notification: Notification): Sighting['about'] | undefined {
  if (!meaning.about || !('alarm' in meaning.about)) return meaning.about;
  // Object detectors name what they saw: fire and smoke among the classes are what they say.
  const classes = notification.data.filter((item) => /class/i.test(item.name)).map((item) => item.value);
  const seen = classMeaning(classes.join(' '));
  return seen ? { alarm: seen } : meaning.about;
}

/** A property that is deleted is over, and one that names its object is on until then; a first value of a mere event says nothing. An item whose value is no state is returned itself. */
function stateOf(meaning: TopicMeaning, notification: Notification): Sighting['state'] | Item | undefined {
  const item = meaning.state
    .map((name) => notification.data.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase()))
    .find((candidate) => candidate !== undefined);
  const { operation, keyed } = notification;
  if (operation === 'deleted') return keyed || meaning.state.length > 0 ? 'inactive' : undefined;
  if (item) {
    const word = item.value.trim().toLowerCase();
    if (meaning.active) return meaning.active.includes(word) ? 'active' : 'inactive';
    return Object.hasOwn(words, word) ? words[word] : item;
  }
  if (keyed && operation !== 'event') return 'active';
  return operation === 'initialized' ? undefined : 'pulse';
}

function channelOf(meaning: TopicMeaning, notification: Notification, channels: ReadonlyMap<string, number>): string {
  const tokens = notification.source.map((item) => item.value);
  if (meaning.point !== undefined) return pointOf(meaning.point, tokens[0]);
  for (const token of tokens) {
    const number = channels.get(token);
    if (number !== undefined) return String(number);
  }
  const source = notification.source.find((item) => /source/i.test(item.name))?.value;
  const onlyOne = new Set(channels.values()).size <= 1;
  return onlyOne || source === undefined ? '1' : slug(`source-${source}`);
}

/** The camera's own name for the rule or the zone. */
function zoneOf(meaning: TopicMeaning, notification: Notification): string {
  if (meaning.namedRule) return notification.topic.slice(notification.topic.lastIndexOf('/') + 1);
  return notification.source.find(({ name }) => /^(?:rule|rulename|zone|zonename|region|regionname|areaname)$/i.test(name))?.value ?? '';
}

/** `input-1` for the tokens `1` and `input-1` alike; a camera says only one of them. */
function pointOf(point: string, token: string | undefined): string {
  if (token === undefined) return point;
  return slug(token.toLowerCase().startsWith(point) ? token : `${point}-${token}`);
}

/** The form of an id: a–z, 0–9 and hyphen, at most 40; what does not fit is told apart by a piece of its hash. */
function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const faithful = plain === text.toLowerCase() && plain.length <= 40;
  return faithful ? plain : `${plain.slice(0, 31)}-${hash(text).slice(0, 8)}`.replace(/^-/, '');
}

interface Moment {
  readonly time: number;
  readonly clockQuality: ClockQuality;
  /** Names the moment in the occurrence key: the camera's own words only while its clock is right, for a clock that starts anew says the same times again. */
  readonly key: string;
}

function timeOf(notification: Notification, { receivedAt, clockOffsetMs }: Circumstances): Moment {
  const said = parseInstant(notification.utcTime);
  if (said !== undefined && clockOffsetMs !== undefined) {
    const right = Math.abs(clockOffsetMs) <= trustedOffsetMs;
    const time = right ? said : said - clockOffsetMs;
    if (Math.abs(time - receivedAt) <= maxAgeMs) {
      return { time, clockQuality: right ? 'synchronised' : 'corrected', key: right ? notification.utcTime : `${time}` };
    }
  }
  return { time: receivedAt, clockQuality: 'receipt', key: `received ${receivedAt}` };
}

function detailOf(notification: Notification, meaning: TopicMeaning): Detail {
  const detail: Record<string, string> = { topic: notification.topic };
  if (meaning.namedRule) detail['Rule'] = zoneOf(meaning, notification);
  let bytes = Buffer.byteLength(JSON.stringify(detail));
  for (const { name, value } of [...notification.source, ...notification.data].slice(0, 24)) {
    if (name === '' || Object.hasOwn(detail, name)) continue;
    bytes += Buffer.byteLength(JSON.stringify({ [name]: value }));
    if (bytes > maxDetailBytes) break;
    Object.defineProperty(detail, name, { value, enumerable: true });
  }
  return detail;
}

function spell(item: Item): string {
  return `${item.name}=${item.value}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
