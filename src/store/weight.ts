// How heavy a call's argument is, roughly: what a batch of them may weigh is bounded before it is cloned for the thread.

const maxDepth = 4;
const sampled = 8;

/** Bytes that `value` will take on its way, estimated in well under a microsecond for what is small: long lists are judged by their first eight. */
export function weigh(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 8;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (depth >= maxDepth) return 64;
  if (Array.isArray(value)) {
    let bytes = 0;
    const length = Math.min(value.length, sampled);
    for (let index = 0; index < length; index += 1) bytes += weigh(value[index], depth + 1);
    return 16 + (length === 0 ? 0 : (bytes / length) * value.length);
  }
  let bytes = 16;
  for (const name in value) bytes += name.length + weigh((value as Record<string, unknown>)[name], depth + 1);
  return bytes;
}
