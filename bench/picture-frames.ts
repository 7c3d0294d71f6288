// Frames of the first-picture bench: made-up H.264 in packets of 1,400 bytes, 90 KB a key frame and 17 KB another, each with its number.

export const frameMs = 40;
export const ticksPerMs = 90;

const payloadBytes = 1_400;
const keyPackets = 64;
const deltaPackets = 12;

/** A frame as interleaved RTP packets; its number is its time. */
export function makeFrame(isKey: boolean, number: number, sequence: number): { readonly bytes: Buffer; readonly packets: number } {
  const packets = isKey ? keyPackets : deltaPackets;
  const size = 16 + payloadBytes;
  const bytes = Buffer.alloc(packets * size, 0x55);
  for (let at = 0; at < packets; at += 1) {
    const isLast = at === packets - 1;
    const start = at * size;
    bytes.set([0x24, 0, (size - 4) >> 8, (size - 4) & 0xff, 0x80, 96 | (isLast ? 0x80 : 0)], start);
    bytes.writeUInt16BE((sequence + at) & 0xffff, start + 6);
    bytes.writeUInt32BE((number * frameMs * ticksPerMs) >>> 0, start + 8);
    bytes.writeUInt32BE(7, start + 12);
    // FU-A (RFC 6184 §5.8): 5 is a slice of an IDR picture.
    bytes.set([0x7c, (isKey ? 5 : 1) | (at === 0 ? 0x80 : 0) | (isLast ? 0x40 : 0)], start + 16);
  }
  return { bytes, packets };
}

/** What a packet tells: all that a player needs to know here. */
export interface SeenPacket {
  readonly sequence: number;
  /** 90 kHz. */
  readonly timestamp: number;
  readonly isKey: boolean;
  readonly startsFrame: boolean;
  readonly endsFrame: boolean;
}

/** Reads an RTP packet of `makeFrame`. */
export function readPacket(packet: Buffer): SeenPacket {
  const fragment = packet[13] ?? 0;
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    isKey: (fragment & 0x1f) === 5,
    startsFrame: (fragment & 0x80) !== 0,
    endsFrame: ((packet[1] ?? 0) & 0x80) !== 0,
  };
}
