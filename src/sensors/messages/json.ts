// JSON from outside, pure: its depth is bounded before it is parsed, values are found by path.

/** A path as the configuration checked it: `payload.events[0].type`. */
export type JsonPath = string;

/** What a text held. */
export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** Deepest nesting of objects and arrays. */
const maxDepth = 16;

/** Parses UTF-8 JSON of at most `maxDepth`; the caller bounds its size. Integers beyond 2⁵³ become bigints. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, problem: 'the body is not UTF-8' };
  }
  if (nesting(text) > maxDepth) return { ok: false, problem: `the body is nested deeper than ${maxDepth}` };
  try {
    return { ok: true, value: JSON.parse(text, exact) };
  } catch {
    return { ok: false, problem: 'the body is not JSON' };
  }
}

/** An integer that a number cannot hold exactly is a bigint, so that two ids of 64 bits stay two. */
function exact(_key: string, value: unknown, { source = '' }: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d{16,40}$/.test(source) ? BigInt(source) : value;
}

/** The deepest nesting of brackets outside of strings. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '"') {
      for (index += 1; index < text.length && text[index] !== '"'; index += 1) if (text[index] === '\\') index += 1;
    } else if (sign === '{' || sign === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (sign === '}' || sign === ']') {
      depth -= 1;
    }
  }
  return deepest;
}

/** The value at `path`; undefined where a step is missing. Only what the text itself held is found, nothing inherited. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let here = value;
  for (const [, name, position] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (position !== undefined) here = Array.isArray(here) ? here[Number(position)] : undefined;
    else here = isRecord(here) && name !== undefined && Object.hasOwn(here, name) ? here[name] : undefined;
  }
  return here;
}

/** An object, no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
