// Bounds of foreign JSON, checked on its text before it is parsed.

/** How deep and how populous a JSON text may be. */
export interface JsonBounds {
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Members and elements in all. */
  readonly members: number;
}

/** Whether `text`, if it is JSON at all, keeps within the bounds. One pass, no recursion. */
export function isWithinBounds(text: string, bounds: JsonBounds): boolean {
  let depth = 0;
  let members = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      members += 1;
    } else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',') members += 1;
    if (depth > bounds.depth || members > bounds.members) return false;
  }
  return true;
}

/** JSON with the keys of every object in order (RFC 8785): the same for equal values, whoever wrote them. For values that were parsed from bounded text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
