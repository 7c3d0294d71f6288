// Modbus TCP frames, pure: the MBAP header and cutting a stream into frames. MODBUS Messaging on TCP/IP V1.0b §3.1.3.

/** A frame as it came. */
export interface MbapFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Buffer;
}

const headerBytes = 7;
/** Longest data unit, §3.1.2 (260 bytes of ADU less the header). */
const maxPduBytes = 253;

/** The frame that carries `pdu`. `transaction` 0 … 65535. */
export function encodeMbap(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.alloc(headerBytes + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame.writeUInt8(unit, 6);
  frame.set(pdu, headerBytes);
  return frame;
}

/** Takes the whole frames off the front of `bytes`; `broken` when this is no Modbus: nothing after it can be told apart. */
export function cutMbap(bytes: Buffer): { frames: MbapFrame[]; rest: Buffer; broken: boolean } {
  const frames: MbapFrame[] = [];
  let rest = bytes;
  while (rest.length >= headerBytes) {
    const length = rest.readUInt16BE(4);
    if (rest.readUInt16BE(2) !== 0 || length < 2 || length > maxPduBytes + 1) return { frames, rest, broken: true };
    const end = headerBytes - 1 + length;
    if (rest.length < end) break;
    frames.push({ transaction: rest.readUInt16BE(0), unit: rest.readUInt8(6), pdu: rest.subarray(headerBytes, end) });
    rest = rest.subarray(end);
  }
  return { frames, rest, broken: false };
}
