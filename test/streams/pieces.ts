// Made-up packets and pieces for the tests of paths, and what lies in what a reader was given.
import type { Piece } from '../../src/streams/source/index.ts';

/** A slab of its own that tells whether it is held, and whether it was given away. */
export function slabOf(bytes: Buffer): Piece['slab'] & { holds: number; isGone: boolean } {
  const slab = {
    bytes,
    holds: 0,
    isGone: false,
    hold() {
      slab.holds += 1;
    },
    release() {
      slab.holds -= 1;
    },
    giveAway() {
      slab.isGone = true;
    },
  };
  return slab;
}

/** A piece of one whole frame. */
export function pieceOf(bytes: Buffer, changes: Partial<Piece> = {}): Piece {
  return { bytes, slab: slabOf(bytes), startsFrame: true, isKey: false, frames: 1, ...changes };
}

export interface Packet {
  readonly channel?: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc?: number;
  readonly marker?: boolean;
  readonly payload?: readonly number[];
}

/** One RTP packet of payload type 96, interleaved on channel 0. */
export function rtpPacket({ channel = 0, sequence, timestamp, ssrc = 7, marker = true, payload = [0x41, 1, 2] }: Packet): Buffer {
  const packet = Buffer.alloc(16 + payload.length);
  packet.set([0x24, channel, 0, 12 + payload.length, 0x80, (marker ? 0x80 : 0) | 96]);
  packet.writeUInt16BE(sequence & 0xffff, 6);
  packet.writeUInt32BE(timestamp >>> 0, 8);
  packet.writeUInt32BE(ssrc, 12);
  packet.set(payload, 16);
  return packet;
}

/** The RTP packets of what a reader got, those of channel 0. */
export function packetsIn(bytes: Buffer): { sequence: number; timestamp: number; ssrc: number; type: number }[] {
  const found = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) {
    if (bytes[at + 1] !== 0) continue;
    const type = (bytes[at + 16] ?? 0) & 0x1f;
    found.push({ sequence: bytes.readUInt16BE(at + 6), timestamp: bytes.readUInt32BE(at + 8), ssrc: bytes.readUInt32BE(at + 12), type });
  }
  return found;
}
