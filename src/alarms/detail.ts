// The bound on an alarm's detail: what a device adds beyond it is cut with a mark, and the alarm itself is never refused.
import type { Detail } from '#model';

const maxKeys = 32;
const maxBytes = 2048;
const maxNameLength = 64;
const maxTextLength = 300;
/** Says that something of the detail was left out or shortened. */
const cutMark = 'truncated';

type Value = string | number | boolean;

/** At most 32 keys and 2 KiB as JSON. Texts are shortened to 300 characters and keys left out only when the whole does not fit; then `truncated: true` says so. */
export function boundDetail(detail: Detail): Detail {
  const whole = Object.entries(detail).map(([name, value]): [string, Value] => [name, plain(value)]);
  if (whole.length <= maxKeys && sizeOf(whole) <= maxBytes) return Object.fromEntries(whole);
  const mark: [string, Value] = [cutMark, true];
  const kept: [string, Value][] = [];
  let size = sizeOf([mark]);
  for (const [name, value] of whole) {
    const pair: [string, Value] = [shorten(name, maxNameLength), typeof value === 'string' ? shorten(value, maxTextLength) : value];
    const added = sizeOf([pair]);
    if (kept.length + 1 >= maxKeys || size + added > maxBytes || pair[0] === cutMark) continue;
    kept.push(pair);
    size += added;
  }
  return Object.fromEntries([...kept, mark]);
}

/** Whether two details say the same, in whatever order. */
export function sameDetail(one: Detail, other: Detail): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && one[name] === other[name]);
}

/** What JSON can say: a number that is none becomes a text, and −0 becomes 0. */
function plain(value: Value): Value {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  return Number.isFinite(value) ? value + 0 : String(value);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function sizeOf(pairs: readonly (readonly [string, Value])[]): number {
  return Buffer.byteLength(JSON.stringify(Object.fromEntries(pairs)));
}

/** A stored detail; empty where damage has left none: a flipped bit in a text is no damage that SQLite sees. */
export function readDetail(text: string): Detail {
  return (readStored(text) as Detail | undefined) ?? {};
}

/** A stored object; undefined where damage has left none. */
export function readStored(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
