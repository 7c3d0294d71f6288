// A bus of Modbus units that exists in memory and in simulated time: byte by byte as a wire brings it, with every fault that a wire and a unit can have.
import type { Clock } from '#base';
import { crc16 } from '../../src/sensors/modbus-rtu/frame.ts';
import type { ByteWire } from '../../src/sensors/modbus-rtu/wire.ts';

/** How a unit takes one request. */
export interface Manner {
  /** Milliseconds until its answer; undefined: none; `held`: right before its answer to the next request. */
  readonly after: number | 'held' | undefined;
  /** What the wire makes of the answer. */
  readonly wire?: 'clean' | 'flipped' | 'cut' | 'noise-before' | 'other-unit' | 'twice';
}

/** What is to be seen of the simulation. */
export interface SimulatedBus {
  readonly wire: ByteWire;
  /** Requests by unit; of those, how many began a poll (register 0). */
  readonly asked: Map<number, number>;
  readonly polls: Map<number, number>;
  /** Answers that came later than the next request of the same unit, and faults of the wire. */
  readonly seen: { late: number; spoilt: number };
}

/** Whether the unit leaves function 8 unanswered. */
const isDeafToEcho = (unit: number): boolean => unit % 5 === 0;

/** The value of a register: nobody else's. */
export const valueAt = (unit: number, address: number): number => unit * 256 + (address % 256);

/** Opens the bus of `units` at `baud`; `manner` decides on each request. */
export function openSimulatedBus(
  { units, baud, manner }: { readonly units: ReadonlySet<number>; readonly baud: number; readonly manner: (unit: number) => Manner },
  clock: Clock,
): SimulatedBus {
  let bytes = (_: Buffer): void => {};
  const held = new Map<number, Buffer>();
  /** A unit answers in the order in which it was asked. */
  const freeAt = new Map<number, number>();
  let lastAsked = 0;
  const asked = new Map<number, number>();
  const polls = new Map<number, number>();
  const seen = { late: 0, spoilt: 0 };
  const byteMs = 11_000 / baud;
  let wireFreeAt = 0;
  /** In two pieces; two at once spoil each other. */
  const put = (frame: Buffer): void => {
    const now = clock.monotonicMs();
    const sent = now < wireFreeAt ? spoil(frame) : frame;
    wireFreeAt = now + frame.length * byteMs;
    const half = frame.length >> 1;
    clock.after(half * byteMs, () => bytes(sent.subarray(0, half)));
    clock.after(frame.length * byteMs, () => bytes(sent.subarray(half)));
  };
  const spoil = (frame: Buffer): Buffer => {
    seen.spoilt += 1;
    const spoilt = Buffer.from(frame);
    const at = frame.length - 2;
    spoilt[at] = (spoilt[at] ?? 0) ^ 0x10;
    return spoilt;
  };
  const answerOf = (frame: Buffer, { wire = 'clean' }: Manner): Buffer[] => {
    if (wire === 'clean') return [frame];
    if (wire === 'twice') return [frame, frame];
    if (wire === 'flipped') return [spoil(frame)];
    seen.spoilt += 1;
    if (wire === 'cut') return [frame.subarray(0, frame.length - 2)];
    if (wire === 'noise-before') return [Buffer.concat([Buffer.from([0xff, frame[0] ?? 0, 3, 0]), frame])];
    const other = Buffer.from(frame);
    other[0] = ((frame[0] ?? 0) % 30) + 1;
    other.writeUInt16LE(crc16(other.subarray(0, -2)), other.length - 2);
    return [other];
  };
  const take = (request: Buffer): void => {
    const unit = request[0] ?? 0;
    asked.set(unit, (asked.get(unit) ?? 0) + 1);
    if (request[1] === 3 && request.readUInt16BE(2) === 0) polls.set(unit, (polls.get(unit) ?? 0) + 1);
    lastAsked += 1;
    if (!units.has(unit)) return;
    const how = manner(unit);
    const owed = held.get(unit);
    held.delete(unit);
    if (owed) put(owed);
    const frame = answer(unit, request);
    if (!frame) return;
    if (how.after === 'held') {
      held.set(unit, frame);
      return;
    }
    if (how.after === undefined) return;
    const number = lastAsked;
    const at = Math.max(clock.monotonicMs() + how.after, freeAt.get(unit) ?? 0);
    freeAt.set(unit, at);
    clock.after(at - clock.monotonicMs(), () => {
      if (lastAsked !== number) seen.late += 1;
      for (const part of answerOf(frame, how)) put(part);
    });
  };
  const wire: ByteWire = {
    address: 'memory',
    listen(on) {
      bytes = on.bytes;
    },
    discard: async () => {},
    async send(request) {
      await clock.sleep(request.length * byteMs);
      take(request);
    },
    close: async () => {},
  };
  return { wire, asked, polls, seen };
}

/** Functions 3 and 4: each register holds its own value. Of function 8 (echo) each third unit knows nothing, each fifth does not even say so. */
function answer(unit: number, request: Buffer): Buffer | undefined {
  if (request[1] === 8) {
    if (isDeafToEcho(unit)) return undefined;
    return unit % 3 === 0 ? sealed([unit, 0x88, 1]) : Buffer.from(request);
  }
  const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)];
  const frame = Buffer.alloc(5 + count * 2);
  frame.set([unit, request[1] ?? 0, count * 2]);
  for (let at = 0; at < count; at += 1) frame.writeUInt16BE(valueAt(unit, address + at), 3 + at * 2);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

function sealed(bytes: readonly number[]): Buffer {
  const frame = Buffer.from([...bytes, 0, 0]);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}
