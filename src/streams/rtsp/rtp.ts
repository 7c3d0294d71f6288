// What the relay must know of an RTP packet (RFC 3550 §5.1): marker, timestamp, whether a key frame starts in it. No allocation: this runs for every packet.
import type { Codec } from './sdp.ts';

/** Whether the bytes are RTP of version 2 with `payloadType`. `start` is the packet's first byte. */
export function isRtp(bytes: Buffer, start: number, end: number, payloadType: number): boolean {
  return end - start > 12 && ((bytes[start] ?? 0) & 0xc0) === 0x80 && ((bytes[start + 1] ?? 0) & 0x7f) === payloadType;
}

/** The last packet of a frame has it, with cameras that obey (RFC 6184 §5.1). */
export function hasMarker(bytes: Buffer, start: number): boolean {
  return ((bytes[start + 1] ?? 0) & 0x80) !== 0;
}

/** The packet's timestamp, 90 kHz, wrapping at 2^32. */
export function timestampOf(bytes: Buffer, start: number): number {
  return bytes.readUInt32BE(start + 4);
}

/** First byte of the payload; `end` when the header is longer than the packet. */
function payloadStart(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  let at = start + 12 + (first & 0x0f) * 4;
  if (first & 0x10 && at + 4 <= end) at += 4 + bytes.readUInt16BE(at + 2) * 4;
  return Math.min(at, end);
}

/** Whether a picture that needs no other starts in this packet, or the parameter sets before one. */
export function startsKeyFrame(codec: Codec, bytes: Buffer, start: number, end: number): boolean {
  if (codec === 'jpeg') return true;
  const at = payloadStart(bytes, start, end);
  if (at + 3 > end) return false;
  return codec === 'h264' ? isKeyH264(bytes, at, end) : isKeyH265(bytes, at);
}

/** RFC 6184 §5.4: single unit, STAP-A (24, its first unit tells), FU-A (28, first fragment). */
function isKeyH264(bytes: Buffer, at: number, end: number): boolean {
  const type = (bytes[at] ?? 0) & 0x1f;
  if (type === 24) return at + 3 < end && isKeyAggregate(bytes, at + 1, end);
  if (type === 28) return ((bytes[at + 1] ?? 0) & 0x9f) === 0x85;
  return type === 5 || type === 7;
}

function isKeyAggregate(bytes: Buffer, first: number, end: number): boolean {
  let at = first;
  while (at + 2 < end) {
    const type = (bytes[at + 2] ?? 0) & 0x1f;
    if (type === 5 || type === 7) return true;
    at += 2 + bytes.readUInt16BE(at);
  }
  return false;
}

/** RFC 7798 §4.4: single unit, aggregation (48), fragmentation (49, first fragment). 16–23 are random access points, 32–34 parameter sets. */
function isKeyH265(bytes: Buffer, at: number): boolean {
  const type = ((bytes[at] ?? 0) >> 1) & 0x3f;
  if (type === 48) return isKeyUnitH265(((bytes[at + 4] ?? 0) >> 1) & 0x3f);
  if (type === 49) return ((bytes[at + 2] ?? 0) & 0x80) !== 0 && isKeyUnitH265((bytes[at + 2] ?? 0) & 0x3f);
  return isKeyUnitH265(type);
}

function isKeyUnitH265(type: number): boolean {
  return (type >= 16 && type <= 23) || (type >= 32 && type <= 34);
}

/**
 * Length of the sender report at the head of an RTCP packet, 0 when there is none. What follows it (the source description with the camera's
 * canonical name, often user@address) must not be relayed (RFC 3550 §6.5.1).
 */
export function senderReportLength(bytes: Buffer, start: number, end: number): number {
  if (end - start < 28 || ((bytes[start] ?? 0) & 0xc0) !== 0x80 || bytes[start + 1] !== 200) return 0;
  const length = (bytes.readUInt16BE(start + 2) + 1) * 4;
  return start + length <= end ? length : 0;
}
