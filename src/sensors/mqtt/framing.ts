// MQTT packets out of a stream of bytes, pure: one at a time, so that their number can be bounded, and never a large one (MQTT 3.1.1 §2.2).

/** One packet of the stream. */
export interface Packet {
  /** Control packet type, 1 to 15; 3 is PUBLISH. */
  readonly type: number;
  /** The whole packet; that of a PUBLISH that was too large has no payload any more. */
  readonly bytes: Buffer;
  readonly isCut: boolean;
}

/** Takes the bytes as they come. `broken`: what came is no MQTT, or a packet that cannot be cut is too large; nothing more is to be read. */
export type Framing = (chunk: Buffer) => readonly Packet[] | 'broken';

export const publishType = 3;
export const pubackType = 4;
const maxTopicBytes = 1024;
/** What goes before the payload in a PUBLISH: the topic with its length, and the packet identifier. */
const maxVariableHeader = maxTopicBytes + 4;

/**
 * Opens a framing for payloads of at most `maxPayload` bytes. A larger PUBLISH loses its payload on the way, so that it can be answered and is not sent
 * for ever. Holds one packet at most.
 */
export function openFraming(maxPayload: number): Framing {
  let held: Buffer[] = [];
  let size = 0;
  let need = 2;
  let skip = 0;
  const take = (count: number): Buffer => {
    const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    held = all.length === count ? [] : [all.subarray(count)];
    size -= count;
    return all.subarray(0, count);
  };
  const peek = (): Buffer => {
    const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    held = [all];
    return all;
  };
  return (chunk) => {
    const packets: Packet[] = [];
    const drop = Math.min(skip, chunk.length);
    skip -= drop;
    if (drop < chunk.length) held.push(chunk.subarray(drop));
    size += chunk.length - drop;
    while (size >= need) {
      const next = look(peek(), maxPayload);
      if (next === 'broken') return 'broken';
      if ('need' in next) {
        need = next.need;
        continue;
      }
      need = 2;
      const { type, length, keep } = next;
      const whole = take(Math.min(length, size));
      packets.push({ type, bytes: keep ?? whole, isCut: keep !== undefined });
      skip = length - whole.length;
    }
    return packets;
  };
}

/** The packet at the head of `bytes`, or how many bytes it takes to tell. `keep`: what is left of it when its payload is dropped. */
type Head = { readonly need: number } | { readonly type: number; readonly length: number; readonly keep: Buffer | undefined } | 'broken';

function look(bytes: Buffer, maxPayload: number): Head {
  const first = bytes[0] ?? 0;
  const type = first >> 4;
  let remaining = 0;
  let at = 1;
  for (; ; at += 1) {
    if (at > 4) return 'broken';
    const byte = bytes[at];
    if (byte === undefined) return { need: at + 1 };
    remaining += (byte & 0x7f) * 128 ** (at - 1);
    if (byte < 0x80) break;
  }
  const start = at + 1;
  const length = start + remaining;
  if (type !== publishType)
    return remaining > maxPayload ? 'broken' : bytes.length < length ? { need: length } : { type, length, keep: undefined };
  if (remaining < 2) return 'broken';
  if (bytes.length < start + 2) return { need: start + 2 };
  const header = 2 + bytes.readUInt16BE(start) + ((first & 6) === 0 ? 0 : 2);
  if (header > maxVariableHeader || header > remaining) return 'broken';
  if (remaining - header <= maxPayload) return bytes.length < length ? { need: length } : { type, length, keep: undefined };
  if (bytes.length < start + header) return { need: start + header };
  return { type, length, keep: Buffer.concat([Buffer.of(first), lengthBytes(header), bytes.subarray(start, start + header)]) };
}

/** Topic and payload of a whole PUBLISH (§3.3) that a framing gave. */
export function publishIn(bytes: Buffer): { readonly topic: string; readonly payload: Buffer; readonly qos: number } {
  let start = 1;
  while ((bytes[start] ?? 0) >= 0x80) start += 1;
  start += 1;
  const qos = ((bytes[0] ?? 0) >> 1) & 3;
  const end = start + 2 + bytes.readUInt16BE(start);
  return { topic: bytes.toString('utf8', start + 2, end), payload: bytes.subarray(end + (qos === 0 ? 0 : 2)), qos };
}

/** Remaining Length (§2.2.3) of less than 16,384. */
function lengthBytes(length: number): Buffer {
  return length < 128 ? Buffer.of(length) : Buffer.of((length % 128) | 0x80, Math.floor(length / 128));
}
