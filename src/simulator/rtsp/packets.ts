// Pure making of RTP packets: each frame becomes one block of interleaved packets, made once for all sessions and stamped when sent.
import type { VideoCodec } from './annexb.ts';

/** A frame ready to be stamped: RFC 2326 §10.12 framing, RTP headers with blank sequence, time and source. */
export interface RtpFrame {
  readonly block: Buffer;
  /** Where each packet's `$` stands in the block. */
  readonly starts: readonly number[];
  readonly payloadBytes: number;
  readonly key: boolean;
}

/** What is written into a block when it is sent. */
export interface Stamp {
  readonly channel: number;
  readonly sequence: number;
  readonly time: number;
  readonly source: number;
}

const maxPayload = 1400;
const headBytes = 16;

/** Puts payloads into one block; the last packet carries the marker. */
export function frameOf(payloads: readonly Buffer[], payloadType: number, key: boolean): RtpFrame {
  const starts: number[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const [index, payload] of payloads.entries()) {
    const head = Buffer.alloc(headBytes);
    head[0] = 0x24;
    head.writeUInt16BE(payload.length + 12, 2);
    head[4] = 0x80;
    head[5] = payloadType | (index === payloads.length - 1 ? 0x80 : 0);
    starts.push(at);
    parts.push(head, payload);
    at += headBytes + payload.length;
  }
  return { block: Buffer.concat(parts), starts, payloadBytes: at - headBytes * payloads.length, key };
}

/** A copy of the frame's block with its stamps; the sequence grows by one for each packet, modulo 65,536. */
export function stamped(frame: RtpFrame, stamp: Stamp): Buffer {
  const block = Buffer.from(frame.block);
  let sequence = stamp.sequence;
  for (const start of frame.starts) {
    block[start + 1] = stamp.channel;
    block.writeUInt16BE(sequence & 0xffff, start + 6);
    block.writeUInt32BE(stamp.time >>> 0, start + 8);
    block.writeUInt32BE(stamp.source >>> 0, start + 12);
    sequence += 1;
  }
  return block;
}

/** RTP payloads of one picture: single NAL units where they fit, else fragments (H.264: RFC 6184 §5.8, H.265: RFC 7798 §4.4.3). */
export function videoPayloads(codec: VideoCodec, units: readonly Buffer[]): Buffer[] {
  return units.flatMap((unit) => (unit.length <= maxPayload ? [unit] : fragment(codec, unit)));
}

function fragment(codec: VideoCodec, unit: Buffer): Buffer[] {
  const lead = codec === 'h264' ? 1 : 2;
  const pieces: Buffer[] = [];
  const room = maxPayload - lead - 1;
  for (let at = lead; at < unit.length; at += room) {
    const flags = (at === lead ? 0x80 : 0) | (at + room >= unit.length ? 0x40 : 0);
    pieces.push(Buffer.concat([fragmentHead(codec, unit, flags), unit.subarray(at, at + room)]));
  }
  return pieces;
}

function fragmentHead(codec: VideoCodec, unit: Buffer, flags: number): Buffer {
  const first = unit[0] ?? 0;
  if (codec === 'h264') return Buffer.from([(first & 0xe0) | 28, flags | (first & 0x1f)]);
  return Buffer.from([(first & 0x81) | (49 << 1), unit[1] ?? 0, flags | ((first >> 1) & 0x3f)]);
}

/** RTP payload of one AAC frame, mode AAC-hbr (RFC 3640 §3.3.6). */
export function audioPayload(frame: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(16, 0);
  head.writeUInt16BE(frame.length << 3, 2);
  return Buffer.concat([head, frame]);
}

/** What a sender report says (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly channel: number;
  readonly source: number;
  /** Wall milliseconds that belong to `time`. */
  readonly wallMs: number;
  readonly time: number;
  readonly packets: number;
  readonly bytes: number;
}

const ntpOffsetSeconds = 2_208_988_800;

/** Interleaved sender report with the canonical name `bongsu`. */
export function senderReport(report: SenderReport): Buffer {
  const block = Buffer.alloc(4 + 28 + 20);
  block[0] = 0x24;
  block[1] = report.channel;
  block.writeUInt16BE(48, 2);
  block.set([0x80, 200, 0, 6], 4);
  block.writeUInt32BE(report.source >>> 0, 8);
  block.writeUInt32BE((Math.floor(report.wallMs / 1000) + ntpOffsetSeconds) >>> 0, 12);
  block.writeUInt32BE(Math.floor(((report.wallMs % 1000) / 1000) * 2 ** 32) >>> 0, 16);
  block.writeUInt32BE(report.time >>> 0, 20);
  block.writeUInt32BE(report.packets >>> 0, 24);
  block.writeUInt32BE(report.bytes >>> 0, 28);
  block.set([0x81, 202, 0, 4], 32);
  block.writeUInt32BE(report.source >>> 0, 36);
  block.set([1, 6], 40);
  block.write('bongsu', 42, 'latin1');
  return block;
}
