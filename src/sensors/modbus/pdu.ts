// Modbus protocol data units of the reading functions 1 to 4, pure bytes ↔ values. MODBUS Application Protocol V1.1b3.

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
const exceptionNames: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'server device failure',
  5: 'acknowledge',
  6: 'server device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target device failed to respond',
};

/** `exception 2 (illegal data address)`. */
export function nameException(code: number): string {
  return `exception ${code} (${exceptionNames[code] ?? 'unknown'})`;
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
