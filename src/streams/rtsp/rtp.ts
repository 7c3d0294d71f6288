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
export function payloadStart(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  let at = start + 12 + (first & 0x0f) * 4;
  if (first & 0x10 && at + 4 <= end) at += 4 + bytes.readUInt16BE(at + 2) * 4;
  return Math.min(at, end);
}

/** What `contentOf` finds: a part of a picture; the beginning of one that needs no other, or the parameter sets before it. */
export const holdsPicture = 1;
export const startsKey = 2;

/** What lies in the packet, as a sum of `holdsPicture` and `startsKey`. */
export function contentOf(codec: Codec, bytes: Buffer, start: number, end: number): number {
  // Of a JPEG and of a document of metadata any may come first.
  if (codec === 'jpeg' || codec === 'metadata') return holdsPicture | startsKey;
  const at = payloadStart(bytes, start, end);
  if (at + 3 > end) return 0;
  return codec === 'h264' ? contentOfH264(bytes, at, end) : contentOfH265(bytes, at, end);
}

/** RFC 6184 §5.4: single unit, STAP-A (24), FU-A (28; only its first fragment starts something). */
function contentOfH264(bytes: Buffer, at: number, end: number): number {
  const type = (bytes[at] ?? 0) & 0x1f;
  if (type === 28) {
    const content = unitOfH264((bytes[at + 1] ?? 0) & 0x1f);
    return (bytes[at + 1] ?? 0) & 0x80 ? content : content & holdsPicture;
  }
  if (type !== 24) return unitOfH264(type);
  let content = 0;
  for (let unit = at + 1; unit + 2 < end; unit += 2 + bytes.readUInt16BE(unit)) content |= unitOfH264((bytes[unit + 2] ?? 0) & 0x1f);
  return content;
}

/** ITU-T H.264 table 7-1: 1–5 slices, 5 of an IDR picture, 7 a sequence parameter set. */
function unitOfH264(type: number): number {
  return (type >= 1 && type <= 5 ? holdsPicture : 0) | (type === 5 || type === 7 ? startsKey : 0);
}

/** RFC 7798 §4.4: single unit, aggregation (48), fragmentation (49; only its first fragment starts something). */
function contentOfH265(bytes: Buffer, at: number, end: number): number {
  const type = ((bytes[at] ?? 0) >> 1) & 0x3f;
  if (type === 49) {
    const content = unitOfH265((bytes[at + 2] ?? 0) & 0x3f);
    return (bytes[at + 2] ?? 0) & 0x80 ? content : content & holdsPicture;
  }
  if (type !== 48) return unitOfH265(type);
  let content = 0;
  for (let unit = at + 2; unit + 2 < end; unit += 2 + bytes.readUInt16BE(unit)) content |= unitOfH265(((bytes[unit + 2] ?? 0) >> 1) & 0x3f);
  return content;
}

/** ITU-T H.265 table 7-1: below 32 slices, 16–23 of random access points, 32–34 parameter sets. */
function unitOfH265(type: number): number {
  return (type < 32 ? holdsPicture : 0) | ((type >= 16 && type <= 23) || (type >= 32 && type <= 34) ? startsKey : 0);
}

/** Without any report block (RFC 3550 §6.4.1). */
const senderReportBytes = 28;

/**
 * Length of the sender report at the head of an RTCP packet, 0 when there is none. What follows it (the source description with the camera's
 * canonical name, often user@address) must not be relayed (RFC 3550 §6.5.1).
 */
export function senderReportLength(bytes: Buffer, start: number, end: number): number {
  if (end - start < senderReportBytes || ((bytes[start] ?? 0) & 0xc0) !== 0x80 || bytes[start + 1] !== 200) return 0;
  const length = (bytes.readUInt16BE(start + 2) + 1) * 4;
  return length >= senderReportBytes && start + length <= end ? length : 0;
}
