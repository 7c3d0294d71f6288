// What is kept of a camera's replies for as long as it is supervised: copied, so that no piece of a string holds the whole reply, and strings that many cameras say held once.

const maxLength = 200;
const maxPool = 4096;

/** Strings that were said, the oldest first. */
const pool = new Map<string, string>();

/** A copy of plain data, arrays and maps; anything else in it, like a URL, is taken as it is. */
export function compact<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return intern(value);
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [copy(key), copy(held)]));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, copy(held)]));
}

/** The same string by itself; the one that was said before, where the pool still has it. */
function intern(text: string): string {
  if (text.length > maxLength) return flat(text);
  const known = pool.get(text);
  if (known !== undefined) return known;
  const kept = flat(text);
  const oldest = pool.size >= maxPool ? pool.keys().next().value : undefined;
  if (oldest !== undefined) pool.delete(oldest);
  pool.set(kept, kept);
  return kept;
}

/** V8 keeps a piece of a long string as a view of it: only new bytes make a string of its own. */
function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
