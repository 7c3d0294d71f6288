// Notifications of oneM2M, pure: what a body tells (TS-0004 §7.5.1), and what a content instance holds.
import { isRecord, readPayload, valueAt } from '../messages/index.ts';

/** A content instance (`m2m:cin`), and where it was created as far as it is told. */
export interface Instance {
  /** Its resource identifier (`ri`), unique at its platform; Mobius leaves it out where it is asked to. */
  readonly name: string | undefined;
  /** Identifier of its container (`pi`). */
  readonly parent: string | undefined;
  /** Reference to the subscription (`sur`): a path of names, or an identifier. */
  readonly subscription: string | undefined;
  /** What it holds (`con`), with what is known of it under `cin`. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** What a notification tells. */
export type Notice =
  /** Whether we want to be notified at all (`vrq`). */
  | { readonly what: 'verification' }
  /** The subscription is gone (`sud`). */
  | { readonly what: 'deletion' }
  /** `odd`: what it tells of is no instance, or one whose content cannot be read. */
  | { readonly what: 'instances'; readonly instances: readonly Instance[]; readonly odd: number };

/** Notifications in an aggregated one (`m2m:agn`). */
const maxTogether = 100;
const maxName = 200;

/** Reads a body that was parsed and bounded before; undefined when it is no notification. */
export function readNotice(body: unknown): Notice | undefined {
  const together = member(body, 'agn');
  const list = together === undefined ? [member(body, 'sgn')] : asList(member(together, 'sgn') ?? valueAt(together, 'notification'));
  if (list.length === 0 || list.length > maxTogether || !list.every(isRecord)) return undefined;
  if (list.some(({ vrq }) => isTrue(vrq))) return { what: 'verification' };
  const events = list.filter(({ sud }) => !isTrue(sud));
  if (events.length === 0) return { what: 'deletion' };
  const instances = events.map(instanceIn).filter((instance) => instance !== undefined);
  return { what: 'instances', instances, odd: events.length - instances.length };
}

/** An instance that was asked for, like the newest of a container; undefined when the answer holds none. */
export function readInstance(answer: unknown): Instance | undefined {
  return instanceOf(member(answer, 'cin'), undefined);
}

/** By its name with the prefix that JSON has on the outermost members (TS-0004 §8.3), or without. */
export function member(value: unknown, name: string): unknown {
  return valueAt(value, `m2m:${name}`) ?? valueAt(value, name);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** JSON has `true`; what was XML before may have it as text. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}

const createOfChild = 3;

function instanceIn(notification: Readonly<Record<string, unknown>>): Instance | undefined {
  const event = notification['nev'];
  const kind = valueAt(event, 'net') ?? notification['net'] ?? createOfChild;
  if (Number(kind) !== createOfChild) return undefined;
  return instanceOf(member(valueAt(event, 'rep'), 'cin'), nameOf(notification['sur']));
}

function instanceOf(cin: unknown, subscription: string | undefined): Instance | undefined {
  if (!isRecord(cin)) return undefined;
  const content = contentOf(cin['con'], cin['cnf']);
  if (!content) return undefined;
  const time = timeOf(cin['ct']);
  const name = nameOf(cin['ri']);
  const known = { ...(name === undefined ? {} : { id: name }), ...(time === undefined ? {} : { time }) };
  return { name, parent: nameOf(cin['pi']), subscription, content: { cin: known, ...content } };
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxName ? value : undefined;
}

/** An object as it is, a text as the JSON, number or word that it holds; anything but an object becomes `value`. */
function contentOf(con: unknown, format: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof con !== 'string') return con === undefined || con === null ? undefined : isRecord(con) ? con : { value: con };
  const bytes = isBase64(format) ? Buffer.from(con, 'base64') : Buffer.from(con);
  const read = readPayload(bytes);
  if (!read.ok) return undefined;
  return isRecord(read.value) ? read.value : { value: read.value };
}

/** `contentInfo`, like `application/json:1`: 1 and 2 stand for base64 (TS-0004 §6.3.3, m2m:encodingType). */
function isBase64(format: unknown): boolean {
  return typeof format === 'string' && /:[12](?::|$)/.test(format);
}

/** `20261120T162448,554660` is UTC (TS-0004 §6.3.3, m2m:timestamp); as ISO 8601. */
function timeOf(stamp: unknown): string | undefined {
  const parts = typeof stamp === 'string' ? /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:,(\d{1,9}))?$/.exec(stamp) : undefined;
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '0'] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3)}Z`;
}
