// Modbus protocol data units of the functions 1 to 6, 8, 15 and 16, pure bytes ↔ values. MODBUS Application Protocol V1.1b3.
import type { Text } from '#base';

/** 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
export type ReadFunction = 1 | 2 | 3 | 4;

/** One read. `address` from 0; `count` of bits (1 … 2000) or registers (1 … 125). */
export interface ReadRequest {
  readonly function: ReadFunction;
  readonly address: number;
  readonly count: number;
}

/** One write: 5 one coil, 6 one register, 15 coils (up to 1968), 16 registers (up to 123). Coils are 0 and 1. */
export interface WriteRequest {
  readonly function: 5 | 6 | 15 | 16;
  readonly address: number;
  readonly values: readonly number[];
}

/** Return Query Data: the unit sends `nonce` (0 … 65535) back, or an exception when it does not know the function. Changes nothing. §6.8.1 */
export interface EchoRequest {
  readonly function: 8;
  readonly nonce: number;
}

export type Request = ReadRequest | WriteRequest | EchoRequest;

/** What a unit answered: bits as 0 and 1, or registers, of a write what was written, of an echo its nonce; or an exception; or something that is no answer to this request. */
export type Response =
  | { readonly result: 'data'; readonly values: readonly number[] }
  | { readonly result: 'exception'; readonly code: number }
  | { readonly result: 'mismatch' };

/** Exception codes, §7. */
const exceptionNames: Readonly<Record<number, Text>> = {
  1: { en: 'illegal function', ko: '지원하지 않는 기능 코드' },
  2: { en: 'illegal data address', ko: '없는 데이터 주소' },
  3: { en: 'illegal data value', ko: '허용되지 않는 데이터 값' },
  4: { en: 'server device failure', ko: '장치 내부 오류' },
  5: { en: 'acknowledge', ko: '접수 후 처리 중' },
  6: { en: 'server device busy', ko: '장치 사용 중' },
  8: { en: 'memory parity error', ko: '메모리 패리티 오류' },
  10: { en: 'gateway path unavailable', ko: 'Modbus 게이트웨이 경로 없음' },
  11: { en: 'gateway target device failed to respond', ko: 'Modbus 게이트웨이 하위 장치 무응답' },
};
const unknownException: Text = { en: 'unknown', ko: '알 수 없음' };

/** `exception 2 (illegal data address)`. */
export function nameException(code: number): Text {
  const { ko, en } = exceptionNames[code] ?? unknownException;
  return { ko: `예외 응답 ${code}(${ko})`, en: `exception ${code} (${en})` };
}

/** Whether the exception comes from a gateway whose unit did not answer: that is silence, no fault of the unit. */
export function isGatewaySilence(code: number): boolean {
  return code === 10 || code === 11;
}

/** Bytes of the answer to `request` that is no exception, function code included: §6.1–6.6, §6.11, §6.12. */
export function answerBytes(request: Request): number {
  return 'count' in request ? 2 + dataBytes(request) : 5;
}

function dataBytes({ function: code, count }: ReadRequest): number {
  return code <= 2 ? Math.ceil(count / 8) : count * 2;
}

/** The request: 5 bytes, of several values more. */
export function encodeRequest(request: Request): Buffer {
  const pdu = Buffer.alloc(5);
  pdu.writeUInt8(request.function, 0);
  if (request.function === 8) {
    pdu.writeUInt16BE(request.nonce, 3);
    return pdu;
  }
  pdu.writeUInt16BE(request.address, 1);
  if (!('values' in request)) {
    pdu.writeUInt16BE(request.count, 3);
    return pdu;
  }
  const { function: code, values } = request;
  if (code === 5 || code === 6) {
    pdu.writeUInt16BE(code === 5 ? (values[0] ? 0xff00 : 0) : (values[0] ?? 0), 3);
    return pdu;
  }
  pdu.writeUInt16BE(values.length, 3);
  const data = code === 15 ? packBits(values) : packRegisters(values);
  return Buffer.concat([pdu, Buffer.from([data.length]), data]);
}

function packBits(values: readonly number[]): Buffer {
  const data = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) if (value) data.writeUInt8(data.readUInt8(index >> 3) | (1 << (index & 7)), index >> 3);
  return data;
}

function packRegisters(values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) data.writeUInt16BE(value, index * 2);
  return data;
}

/** The answer to `request`. Anything of another function or length is a mismatch; so is a write that was confirmed for another address or value. */
export function decodeResponse(request: Request, pdu: Uint8Array): Response {
  const bytes = Buffer.from(pdu.buffer, pdu.byteOffset, pdu.byteLength);
  if (bytes[0] === (request.function | 0x80) && bytes.length === 2) return { result: 'exception', code: bytes.readUInt8(1) };
  if (bytes[0] !== request.function || bytes.length !== answerBytes(request)) return { result: 'mismatch' };
  if (!('count' in request)) {
    // The first 5 bytes of the request come back: address, and the value or the number of values.
    const values = 'values' in request ? request.values : [request.nonce];
    return bytes.equals(encodeRequest(request).subarray(0, 5)) ? { result: 'data', values } : { result: 'mismatch' };
  }
  if (bytes[1] !== dataBytes(request)) return { result: 'mismatch' };
  const one = (index: number): number =>
    request.function <= 2 ? (bytes.readUInt8(2 + (index >> 3)) >> (index & 7)) & 1 : bytes.readUInt16BE(2 + index * 2);
  return { result: 'data', values: Array.from({ length: request.count }, (_, index) => one(index)) };
}
