// From a notification to what it says here: which alarm or condition, of which point, in which state, when, and under which name.
import { createHash } from 'node:crypto';
import type { AlarmKind, ClockQuality, Detail, Severity } from '#model';
import type { Item, Notification } from './notification.ts';
import { parseInstant } from './time.ts';
import { findMeaning, type SaidCondition, type TopicMeaning } from './topics.ts';

/** What a notification says. */
export interface Sighting {
  readonly about: { readonly alarm: AlarmKind } | { readonly condition: SaidCondition };
  /** The device's point: a video source's number, or `input-1`. */
  readonly channel: string;
  /** What keeps its own state on the camera: topic and source items. */
  readonly origin: string;
  readonly state: 'active' | 'inactive' | 'pulse';
  readonly initial: boolean;
  /** Names a pulse. A state has no name: what it changes tells (a camera's times are whole seconds, and a contact bounces faster). */
  readonly occurrence: string | undefined;
  readonly time: number;
  readonly clockQuality: ClockQuality;
  readonly severity: Severity | undefined;
  readonly detail: Detail;
}

/** What is known of the camera and of now. */
export interface Circumstances {
  readonly receivedAt: number;
  /** The camera's clock minus ours, milliseconds. */
  readonly clockOffsetMs: number | undefined;
  /** Video sources by the tokens that events name them with. */
  readonly channels: ReadonlyMap<string, number>;
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
  const meaning = findMeaning(notification.topic);
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
      channel: channelOf(meaning, notification, circumstances.channels),
      origin,
      state,
      initial: notification.operation === 'initialized',
      occurrence:
        state === 'pulse' ? hash([origin, when.key, notification.operation, state, ...notification.data.map(spell)].join('|')) : undefined,
      time: when.time,
      clockQuality: when.clockQuality,
      severity: meaning.severity,
      detail: detailOf(notification),
    },
  };
}

function aboutOf(meaning: TopicMeaning, notification: Notification): Sighting['about'] | undefined {
  if (meaning.condition) return { condition: meaning.condition };
  if (!meaning.alarm) return undefined;
  // Object detectors name what they saw: fire and smoke among the classes are what they say.
  const classes = notification.data.filter((item) => /class/i.test(item.name)).map((item) => item.value.toLowerCase());
  if (classes.some((text) => /\bfire\b/.test(text))) return { alarm: 'fire' };
  if (classes.some((text) => /\bsmoke\b/.test(text))) return { alarm: 'smoke' };
  return { alarm: meaning.alarm };
}

/** A property that is deleted is over; a first value of an event without a state says nothing. An item whose value is no state is returned itself. */
function stateOf(meaning: TopicMeaning, notification: Notification): Sighting['state'] | Item | undefined {
  const item = meaning.state
    .map((name) => notification.data.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase()))
    .find((candidate) => candidate !== undefined);
  if (notification.operation === 'deleted') return meaning.state.length > 0 ? 'inactive' : undefined;
  if (item) {
    const word = item.value.trim().toLowerCase();
    return Object.hasOwn(words, word) ? words[word] : item;
  }
  return notification.operation === 'initialized' ? undefined : 'pulse';
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

function detailOf(notification: Notification): Detail {
  const detail: Record<string, string> = { topic: notification.topic };
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
