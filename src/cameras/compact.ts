// What is kept of a camera's replies for as long as it is supervised: copied, so that no piece of a string holds the whole reply, and strings that many cameras say held once.

const maxLength = 200;
const maxPool = 4096;

/** What was said, by its own text or its JSON; the oldest first. */
const pool = new Map<string, unknown>();

/** A copy of plain data, arrays and maps, to be read alone, for it may be shared; anything else in it, like a URL, is taken as it is. */
export function compact<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxLength ? flat(value) : pooled(value, () => flat(value));
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [copy(key), copy(held)]));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const make = (): unknown => Object.fromEntries(Object.entries(value).map(([key, held]) => [key, copy(held)]));
  return Object.values(value).every(isScalar) ? pooled(`\u0000${JSON.stringify(Object.entries(value))}`, make) : make();
}

/** What JSON tells apart: not `undefined`, and no number beyond the finite ones. */
function isScalar(value: unknown): boolean {
  return typeof value === 'string' ? value.isWellFormed() : typeof value === 'boolean' || Number.isFinite(value);
}

/** What was made for the same key before, where the pool still has it. */
function pooled(key: string, make: () => unknown): unknown {
  if (pool.has(key)) return pool.get(key);
  const made = make();
  const oldest = pool.size >= maxPool ? pool.keys().next().value : undefined;
  if (oldest !== undefined) pool.delete(oldest);
  pool.set(flat(key), made);
  return made;
}

/** V8 keeps a piece of a long string as a view of it: only new bytes make a string of its own. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
