// From a template's points to as few reads as possible and back to values, pure.
import type { Point, Register } from '../options.ts';
import { numberOf, widthOf } from './numbers.ts';
import type { ReadRequest } from './pdu.ts';

/** A point that a unit keeps in its registers or bits. */
export type RegisterPoint = Point & { readonly modbus: Register };

/** One read and the points that it serves. */
export interface PlannedRead {
  readonly request: ReadRequest;
  readonly points: readonly RegisterPoint[];
}

/**
 * Joins points of one function whose addresses touch. Gaps are not bridged: some units answer exception 2 for an address that they do not have.
 * At most 64 points of 2 registers, so a read never exceeds 125 registers unless they all touch: it is split there. Points that only messages have are left out.
 */
export function planReads(points: readonly Point[]): PlannedRead[] {
  const sorted = points
    .filter((point): point is RegisterPoint => point.modbus !== undefined)
    .toSorted(({ modbus: left }, { modbus: right }) => left.function - right.function || left.address - right.address);
  const reads: { request: ReadRequest; points: RegisterPoint[] }[] = [];
  for (const point of sorted) {
    const { function: code, address } = point.modbus;
    const last = reads.at(-1);
    const end = last ? last.request.address + last.request.count : -1;
    const count = last ? Math.max(end, address + widthOf(point.modbus.type)) - last.request.address : 0;
    if (last && last.request.function === code && address <= end && count <= 125) {
      last.request = { ...last.request, count };
      last.points.push(point);
    } else {
      reads.push({ request: { function: code, address, count: widthOf(point.modbus.type) }, points: [point] });
    }
  }
  return reads;
}

/** The scaled value of `point` in the answer to `request`; undefined when the registers hold no number (a float's NaN or infinity). */
export function pointValue(point: RegisterPoint, request: ReadRequest, values: readonly number[]): number | undefined {
  const { modbus } = point;
  const at = modbus.address - request.address;
  const value = rawValue(modbus, values[at] ?? 0, values[at + 1] ?? 0) * modbus.scale + modbus.offset;
  return Number.isFinite(value) ? value : undefined;
}

function rawValue({ type, bit, wordOrder }: Register, first: number, second: number): number {
  return bit === undefined ? numberOf(type, wordOrder, [first, second]) : (first >> bit) & 1;
}
