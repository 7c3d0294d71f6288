// The payload of a message, pure: JSON, or a plain number or word.
import { parseJson } from './json.ts';

const maxWordBytes = 64;
/** A word of any script, like `ON`, `low battery`, `경보` or `21.5 C`. */
const word = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} _.:,%°+/-]*$/u;

/** Reads a payload, whose size the caller bounds: an object as it is, and anything that is not one as `{ value: … }`. */
export function readPayload(payload: Uint8Array): ReturnType<typeof parseJson> {
  const parsed = parseJson(payload);
  if (parsed.ok) return isObject(parsed.value) ? parsed : { ok: true, value: { value: parsed.value } };
  if (payload.length > maxWordBytes) return parsed;
  const text = new TextDecoder().decode(payload).trim();
  return word.test(text) ? { ok: true, value: { value: text } } : parsed;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
