// Modbus RTU frames, pure: unit, data unit, CRC. MODBUS over Serial Line V1.02 §2.5.1, §6.2.2.
import { answerBytes, decodeResponse, type Request, type Response } from '../modbus/index.ts';

/** The longest frame, §2.5.1. */
export const maxFrameBytes = 256;

const crcTable = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/** CRC-16 of Modbus, sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}

/** The frame that carries `pdu` to or from `unit`. */
export function encodeFrame(unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.alloc(pdu.length + 3);
  frame.writeUInt8(unit, 0);
  frame.set(pdu, 1);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), pdu.length + 1);
  return frame;
}

/**
 * Finds the answer of `unit` to `request` in what was received: by unit, function, length and CRC, wherever it begins. Noise, an adapter's
 * echo of the request and other units' frames are passed over. Undefined when it is not (yet) there.
 */
export function findResponse(received: Buffer, unit: number, request: Request): Response | undefined {
  for (let start = 0; start + 5 <= received.length; start += 1) {
    if (received[start] !== unit) continue;
    const code = received[start + 1];
    const length = code === request.function ? answerBytes(request) + 3 : code === (request.function | 0x80) ? 5 : 0;
    if (length === 0 || start + length > received.length) continue;
    const frame = received.subarray(start, start + length);
    if (frame.readUInt16LE(length - 2) !== crc16(frame.subarray(0, -2))) continue;
    const response = decodeResponse(request, frame.subarray(1, -2));
    if (response.result !== 'mismatch') return response;
  }
  return undefined;
}

/** Whether an answer of `unit` to any echo is in what was received, whatever its number: data or exception. */
export function hasEcho(received: Buffer, unit: number): boolean {
  for (let start = 0; start + 5 <= received.length; start += 1) {
    if (received[start] !== unit) continue;
    const length = received[start + 1] === 0x08 ? 8 : received[start + 1] === 0x88 ? 5 : 0;
    if (length === 0 || start + length > received.length) continue;
    const frame = received.subarray(start, start + length);
    if (frame.readUInt16LE(length - 2) === crc16(frame.subarray(0, -2))) return true;
  }
  return false;
}
