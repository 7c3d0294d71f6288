// Modbus protocol data units of the reading functions 1 to 4, pure bytes ↔ values. MODBUS Application Protocol V1.1b3.
import type { Text } from '#base';

/** 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
export type ReadFunction = 1 | 2 | 3 | 4;

/** One read. `address` from 0; `count` of bits (1 … 2000) or registers (1 … 125). */
export interface ReadRequest {
  readonly function: ReadFunction;
  readonly address: number;
  readonly count: number;
}

/** What a unit answered: bits as 0 and 1, or registers; or an exception; or something that is no answer to this request. */
export type ReadResponse =
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

/** Bytes of data in the answer to `request`, §6.1–6.4. */
export function dataBytes(request: ReadRequest): number {
  return request.function <= 2 ? Math.ceil(request.count / 8) : request.count * 2;
}

/** The request, 5 bytes. */
export function encodeReadRequest(request: ReadRequest): Buffer {
  const pdu = Buffer.alloc(5);
  pdu.writeUInt8(request.function, 0);
  pdu.writeUInt16BE(request.address, 1);
  pdu.writeUInt16BE(request.count, 3);
  return pdu;
}

/** The answer to `request`. Anything of another function or length is a mismatch. */
export function decodeReadResponse(request: ReadRequest, pdu: Uint8Array): ReadResponse {
  const bytes = Buffer.from(pdu.buffer, pdu.byteOffset, pdu.byteLength);
  if (bytes[0] === (request.function | 0x80) && bytes.length === 2) return { result: 'exception', code: bytes.readUInt8(1) };
  const size = dataBytes(request);
  if (bytes[0] !== request.function || bytes[1] !== size || bytes.length !== size + 2) return { result: 'mismatch' };
  const one = (index: number): number =>
    request.function <= 2 ? (bytes.readUInt8(2 + (index >> 3)) >> (index & 7)) & 1 : bytes.readUInt16BE(2 + index * 2);
  return { result: 'data', values: Array.from({ length: request.count }, (_, index) => one(index)) };
}
