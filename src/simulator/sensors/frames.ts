// Pure Modbus frames, the slave's side: RTU with its CRC (Modbus over Serial Line V1.02 §2.5) and TCP with its header.

/** A request in its frame. */
export interface Framed {
  readonly unitId: number;
  readonly pdu: Buffer;
  /** Bytes of the buffer that it took, with the noise before it. */
  readonly size: number;
}

const longestRtu = 256;

/** CRC-16/MODBUS. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** Writes an RTU frame; `corrupt` spoils its CRC. */
export function writeRtu(unitId: number, pdu: Buffer, corrupt = false): Buffer {
  const frame = Buffer.alloc(pdu.length + 3);
  frame[0] = unitId;
  pdu.copy(frame, 1);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)) ^ (corrupt ? 0x5555 : 0), frame.length - 2);
  return frame;
}

function isWhole(frame: Buffer): boolean {
  return frame.length >= 4 && crc16(frame.subarray(0, -2)) === frame.readUInt16LE(frame.length - 2);
}

function lengthOf(bytes: Buffer): number | undefined {
  const code = bytes[1] ?? 0;
  if (code >= 1 && code <= 6) return 8;
  if (code !== 15 && code !== 16) return undefined;
  return bytes.length < 7 ? 9 : 9 + (bytes[6] ?? 0);
}

/** The first request with a right CRC; bytes before it are noise. Undefined while there is none. */
export function takeRtu(bytes: Buffer): Framed | undefined {
  for (let start = 0; start + 8 <= bytes.length; start += 1) {
    const length = lengthOf(bytes.subarray(start));
    if (length === undefined || start + length > bytes.length) continue;
    const frame = bytes.subarray(start, start + length);
    if (isWhole(frame)) return { unitId: frame[0] ?? 0, pdu: frame.subarray(1, -2), size: start + length };
  }
  return undefined;
}

/** After a silence: the whole buffer as one request, so that unknown functions are answered too. */
export function takeRtuAfterSilence(bytes: Buffer): Framed | undefined {
  if (bytes.length > longestRtu || !isWhole(bytes)) return undefined;
  return { unitId: bytes[0] ?? 0, pdu: bytes.subarray(1, -2), size: bytes.length };
}

/** The first TCP request; `bad` when the bytes are no Modbus. */
export function takeTcp(bytes: Buffer): (Framed & { readonly transaction: number }) | 'more' | 'bad' {
  if (bytes.length < 8) return 'more';
  const length = bytes.readUInt16BE(4);
  if (bytes.readUInt16BE(2) !== 0 || length < 2 || length > 254) return 'bad';
  if (bytes.length < 6 + length) return 'more';
  return { transaction: bytes.readUInt16BE(0), unitId: bytes[6] ?? 0, pdu: bytes.subarray(7, 6 + length), size: 6 + length };
}

/** Writes a TCP answer. */
export function writeTcp(transaction: number, unitId: number, pdu: Buffer): Buffer {
  const frame = Buffer.alloc(7 + pdu.length);
  frame.writeUInt16BE(transaction & 0xffff, 0);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame[6] = unitId;
  pdu.copy(frame, 7);
  return frame;
}
