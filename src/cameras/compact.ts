// What is kept of a camera's replies for as long as it is supervised: copied, so that no piece of a string holds the whole reply, and what many cameras say held once.

const maxLength = 200;
const maxPool = 4096;

/** A value that is held once, and the number by which what contains it names it. */
interface Pooled {
  readonly value: unknown;
  readonly id: number;
}

/** What was said, by its own text or by its parts; what was wanted longest ago first. */
const pool = new Map<string, Pooled>();
let lastId = 0;

function nextId(): number {
  lastId += 1;
  return lastId;
}

/** A copy of plain data, arrays and maps, to be read alone, for all of it that another camera has said too is shared; anything else in it, like a URL, is taken as it is. */
export function compact<T>(value: T): T {
  return copy(value).value as T;
}

/** A copy, and what tells it from every other; undefined: nothing does, and it is not shared. */
interface Copy {
  readonly value: unknown;
  readonly mark: string | undefined;
}

function copy(value: unknown): Copy {
  if (typeof value === 'string') return copyText(value);
  if (typeof value !== 'object' || value === null) return { value, mark: markOf(value) };
  if (Array.isArray(value)) return copyParts('[', value.map(copy), (parts) => parts);
  if (value instanceof Map) {
    const pairs = [...value].flatMap(([key, held]) => [copy(key), copy(held)]);
    return copyParts('(', pairs, (parts) => new Map(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1]]] : []))));
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return { value, mark: undefined };
  const names = Object.keys(value);
  return copyParts(`{${JSON.stringify(names)}`, Object.values(value).map(copy), (parts) =>
    Object.fromEntries(parts.map((part, at) => [names[at], part])),
  );
}

function copyText(text: string): Copy {
  if (text.length > maxLength || !text.isWellFormed()) return { value: flat(text), mark: undefined };
  return pooled(`"${text}`, () => flat(text));
}

/** What holds nothing else. */
function markOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return typeof value === 'boolean' || value === undefined || value === null ? String(value) : undefined;
}

function copyParts(kind: string, parts: readonly Copy[], make: (values: unknown[]) => unknown): Copy {
  const build = (): unknown => make(parts.map(({ value }) => value));
  const marks = parts.map(({ mark }) => mark);
  return marks.includes(undefined) ? { value: build(), mark: undefined } : pooled(`${kind}${marks.join()}`, build);
}

/** What was made for the same key before, where the pool still has it. */
function pooled(key: string, make: () => unknown): Copy {
  const kept = pool.get(key) ?? { value: make(), id: nextId() };
  // What is wanted again goes to the end of the line.
  const oldest = pool.delete(key) || pool.size < maxPool ? undefined : pool.keys().next().value;
  if (oldest !== undefined) pool.delete(oldest);
  pool.set(flat(key), kept);
  return { value: kept.value, mark: `#${kept.id}` };
}

/** V8 keeps a piece of a long string as a view of it: only new bytes make a string of its own. */
export function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
