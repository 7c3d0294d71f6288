// A Modbus unit as values, and the pure answering of requests to it (Modbus Application Protocol V1.1b3 §6); lines and frames live elsewhere.

/**
 * How a unit can misbehave: says nothing, answers 1.5 s late, answers with a broken check (RTU: CRC, TCP: transaction id), with noise around its answer, in
 * the name of the unit after it, or 50 times over.
 */
export type UnitFault = 'silent' | 'late' | 'corrupt' | 'noise' | 'wrong-unit' | 'flood';

/** A table of bits or registers, from address 0. */
export interface Points<T> {
  get(address: number): T;
  set(address: number, value: T): void;
}

/** One unit on a line. Values outside 0 … 65,535 and addresses outside the unit throw RangeError. */
export interface ModbusUnit {
  /** 1 … 247. */
  readonly unitId: number;
  readonly coils: Points<boolean>;
  readonly discreteInputs: Points<boolean>;
  readonly holding: Points<number>;
  readonly input: Points<number>;
  fault: UnitFault | undefined;
  /** Requests that reached it. */
  requests: number;
}

interface Tables {
  readonly coils: Uint16Array;
  readonly discreteInputs: Uint16Array;
  readonly holding: Uint16Array;
  readonly input: Uint16Array;
}

/** How late `late` is, milliseconds. */
export const lateMs = 1500;

const tablesOf = new WeakMap<ModbusUnit, Tables>();

/** Opens a unit with `size` (default 128) points in each of its four tables, all zero. */
export function openUnit(unitId: number, size = 128): ModbusUnit {
  const tables = {
    coils: new Uint16Array(size),
    discreteInputs: new Uint16Array(size),
    holding: new Uint16Array(size),
    input: new Uint16Array(size),
  };
  const unit: ModbusUnit = {
    unitId,
    coils: bits(tables.coils),
    discreteInputs: bits(tables.discreteInputs),
    holding: words(tables.holding),
    input: words(tables.input),
    fault: undefined,
    requests: 0,
  };
  tablesOf.set(unit, tables);
  return unit;
}

function words(table: Uint16Array): Points<number> {
  const check = (address: number): void => {
    if (!(Number.isInteger(address) && address >= 0 && address < table.length)) throw new RangeError(`no address ${address}`);
  };
  return {
    get(address) {
      check(address);
      return table[address] ?? 0;
    },
    set(address, value) {
      check(address);
      if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff)) throw new RangeError(`no register value ${value}`);
      table[address] = value;
    },
  };
}

function bits(table: Uint16Array): Points<boolean> {
  const inner = words(table);
  return { get: (address) => inner.get(address) !== 0, set: (address, value) => inner.set(address, value ? 1 : 0) };
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;
const readTables: Readonly<Record<number, keyof Tables>> = { 1: 'coils', 2: 'discreteInputs', 3: 'holding', 4: 'input' };

/** The answer to one request (function code and data), always a valid PDU; functions 1–6, 15 and 16 are known. */
export function answerPdu(unit: ModbusUnit, request: Buffer): Buffer {
  const code = request[0] ?? 0;
  const tables = tablesOf.get(unit);
  const name = readTables[code];
  let answer: Buffer | number = illegalFunction;
  if (tables && name) answer = code <= 2 ? readBits(tables[name], request) : readWords(tables[name], request);
  else if (tables && (code === 5 || code === 6)) answer = writeOne(tables, request);
  else if (tables && (code === 15 || code === 16)) answer = writeMany(tables, request);
  return typeof answer === 'number' ? Buffer.from([code | 0x80, answer]) : answer;
}

function span(table: Uint16Array, request: Buffer, most: number): { start: number; count: number } | number {
  const [start, count] = [request.readUInt16BE(1), request.readUInt16BE(3)];
  if (count < 1 || count > most) return illegalValue;
  return start + count > table.length ? illegalAddress : { start, count };
}

function readBits(table: Uint16Array, request: Buffer): Buffer | number {
  if (request.length !== 5) return illegalValue;
  const range = span(table, request, 2000);
  if (typeof range === 'number') return range;
  const answer = Buffer.alloc(2 + Math.ceil(range.count / 8));
  answer[0] = request[0] ?? 0;
  answer[1] = answer.length - 2;
  for (let index = 0; index < range.count; index += 1) {
    const at = 2 + (index >> 3);
    if (table[range.start + index]) answer[at] = (answer[at] ?? 0) | (1 << (index & 7));
  }
  return answer;
}

function readWords(table: Uint16Array, request: Buffer): Buffer | number {
  if (request.length !== 5) return illegalValue;
  const range = span(table, request, 125);
  if (typeof range === 'number') return range;
  const answer = Buffer.alloc(2 + range.count * 2);
  answer[0] = request[0] ?? 0;
  answer[1] = range.count * 2;
  for (let index = 0; index < range.count; index += 1) answer.writeUInt16BE(table[range.start + index] ?? 0, 2 + index * 2);
  return answer;
}

function writeOne(tables: Tables, request: Buffer): Buffer | number {
  if (request.length !== 5) return illegalValue;
  const [address, value] = [request.readUInt16BE(1), request.readUInt16BE(3)];
  const bit = request[0] === 5;
  if (bit && value !== 0 && value !== 0xff00) return illegalValue;
  const table = bit ? tables.coils : tables.holding;
  if (address >= table.length) return illegalAddress;
  table[address] = bit ? Number(value !== 0) : value;
  return Buffer.from(request);
}

function writeMany(tables: Tables, request: Buffer): Buffer | number {
  const bit = request[0] === 15;
  if (request.length < 6) return illegalValue;
  const table = bit ? tables.coils : tables.holding;
  const range = span(table, request, bit ? 1968 : 123);
  if (typeof range === 'number') return range;
  const bytes = bit ? Math.ceil(range.count / 8) : range.count * 2;
  if (request[5] !== bytes || request.length !== 6 + bytes) return illegalValue;
  for (let index = 0; index < range.count; index += 1) {
    table[range.start + index] = bit ? ((request[6 + (index >> 3)] ?? 0) >> (index & 7)) & 1 : request.readUInt16BE(6 + index * 2);
  }
  return Buffer.from(request.subarray(0, 5));
}
