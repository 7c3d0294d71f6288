// From a template's points to as few reads as possible and back to values, pure.
import type { Template } from '../options.ts';
import type { ReadRequest } from './pdu.ts';

export type Point = Template['points'][number];

/** One read and the points that it serves. */
export interface PlannedRead {
  readonly request: ReadRequest;
  readonly points: readonly Point[];
}

/** Registers or bits that a point takes. */
function width(point: Point): number {
  return point.type.endsWith('32') ? 2 : 1;
}

/**
 * Joins points of one function whose addresses touch. Gaps are not bridged: some units answer exception 2 for an address that they do not have.
 * At most 64 points of 2 registers, so a read never exceeds 125 registers unless they all touch: it is split there.
 */
export function planReads(points: readonly Point[]): PlannedRead[] {
  const sorted = points.toSorted((left, right) => left.function - right.function || left.address - right.address);
  const reads: { request: ReadRequest; points: Point[] }[] = [];
  for (const point of sorted) {
    const last = reads.at(-1);
    const end = last ? last.request.address + last.request.count : -1;
    const count = last ? Math.max(end, point.address + width(point)) - last.request.address : 0;
    if (last && last.request.function === point.function && point.address <= end && count <= 125) {
      last.request = { ...last.request, count };
      last.points.push(point);
    } else {
      reads.push({ request: { function: point.function, address: point.address, count: width(point) }, points: [point] });
    }
  }
  return reads;
}

/** The scaled value of `point` in the answer to `request`; undefined when the registers hold no number (a float's NaN or infinity). */
export function pointValue(point: Point, request: ReadRequest, values: readonly number[]): number | undefined {
  const offset = point.address - request.address;
  const first = values[offset] ?? 0;
  const second = values[offset + 1] ?? 0;
  const pair = Buffer.alloc(4);
  pair.writeUInt16BE(point.wordOrder === 'high-first' ? first : second, 0);
  pair.writeUInt16BE(point.wordOrder === 'high-first' ? second : first, 2);
  const raw = readRaw(point.type, first, pair);
  const value = raw * point.scale;
  return Number.isFinite(value) ? value : undefined;
}

function readRaw(type: Point['type'], first: number, pair: Buffer): number {
  switch (type) {
    case 'bit':
    case 'uint16':
      return first;
    case 'int16':
      return (first << 16) >> 16;
    case 'uint32':
      return pair.readUInt32BE(0);
    case 'int32':
      return pair.readInt32BE(0);
    case 'float32':
      return pair.readFloatBE(0);
  }
}
