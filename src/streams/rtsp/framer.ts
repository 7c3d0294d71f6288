// The interleaved framer: cuts one TCP byte stream into RTSP messages and `$` frames (RFC 2326 §10.12), in place, in a slab.
import { bodyLength, parseHead, type RtspMessage } from './message.ts';

/** Bounds of one connection's input. */
export interface FramerLimits {
  /** Size of a slab; at least the largest frame and the largest message. */
  readonly slabBytes: number;
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
  /** Largest payload of a `$` frame, at most 65,535. */
  readonly maxFrameBytes: number;
  /** How many bytes may be searched for the next frame after something that is none; 0: do not search. */
  readonly maxLostBytes: number;
  /** Whether a full slab is used again. Only where nobody keeps slices of it. */
  readonly reuse: boolean;
}

/** Where the cut pieces go. */
export interface FramerSink {
  /** One frame, `slab[start]` being its `$` and `end` just behind it. Bytes in the slab stay as they are until the slab is let go (without `reuse`: for ever). */
  packet(slab: Buffer, start: number, end: number): void;
  message(message: RtspMessage): void;
}

/** Why a connection's input cannot be followed any more. */
export type FramerProblem = 'head-too-large' | 'body-too-large' | 'frame-too-large' | 'malformed' | 'lost';

export interface Framer {
  /** Takes bytes in (they may be overwritten afterwards) and calls the sink. After a problem, nothing more is taken. */
  feed(bytes: Uint8Array): FramerProblem | undefined;
  /** Bytes that were skipped in search of a frame. */
  readonly lostBytes: number;
}

const dollar = 0x24;

interface Pending {
  readonly message: RtspMessage;
  readonly headBytes: number;
  readonly totalBytes: number;
}

/** Opens a framer. One copy of the input, no other. */
export function openFramer(limits: FramerLimits, sink: FramerSink): Framer {
  let slab = Buffer.allocUnsafeSlow(limits.slabBytes);
  let read = 0;
  let write = 0;
  let scanned = 0;
  let pending: Pending | undefined;
  let searching = false;
  let lost = 0;
  let lostNow = 0;
  let problem: FramerProblem | undefined;

  const roll = (): void => {
    const next = limits.reuse ? slab : Buffer.allocUnsafeSlow(limits.slabBytes);
    slab.copy(next, 0, read, write);
    slab = next;
    write -= read;
    read = 0;
  };
  const advance = (bytes: number): void => {
    read += bytes;
    scanned = 0;
    pending = undefined;
    lostNow = 0;
  };
  /** Each step returns whether it got further; false waits for more bytes. */
  const frame = (): boolean => {
    if (write - read < 4) return false;
    const length = slab.readUInt16BE(read + 2);
    if (length > limits.maxFrameBytes) return fail('frame-too-large');
    const end = read + 4 + length;
    if (end > write) return false;
    const start = read;
    advance(4 + length);
    sink.packet(slab, start, end);
    return true;
  };
  const head = (): boolean => {
    const end = headEnd(slab, read, read + scanned, write);
    if (end < 0) {
      scanned = Math.max(0, write - read - 2);
      return write - read > limits.maxHeadBytes ? fail('head-too-large') : false;
    }
    if (end - read > limits.maxHeadBytes) return fail('head-too-large');
    const message = parseHead(slab.toString('latin1', read, end).trimEnd());
    if (!message) return limits.maxLostBytes > 0 ? lose(1) : fail('malformed');
    const length = bodyLength(message);
    if (length === undefined) return fail('malformed');
    if (length > limits.maxBodyBytes) return fail('body-too-large');
    pending = { message, headBytes: end - read, totalBytes: end - read + length };
    return true;
  };
  const body = (due: Pending): boolean => {
    if (write - read < due.totalBytes) return false;
    const bytes = Buffer.from(slab.subarray(read + due.headBytes, read + due.totalBytes));
    advance(due.totalBytes);
    sink.message({ ...due.message, body: bytes });
    return true;
  };
  const lose = (bytes: number): boolean => {
    read += bytes;
    lost += bytes;
    lostNow += bytes;
    scanned = 0;
    searching = true;
    return lostNow > limits.maxLostBytes ? fail('lost') : true;
  };
  const search = (): boolean => {
    let at = read;
    while (at + 8 <= write && !isPlausible(slab, at)) at += 1;
    if (!lose(at - read) || at + 8 > write) return false;
    searching = false;
    return true;
  };
  const step = (): boolean => {
    if (pending) return body(pending);
    if (searching) return search();
    if (read === write) return false;
    const byte = slab[read] ?? 0;
    if (byte === dollar) return frame();
    if (byte === 0x0d || byte === 0x0a) {
      read += 1;
      return true;
    }
    const start = messageStart(slab, read, write);
    if (start === 'more') return false;
    if (start === 'yes') return head();
    return limits.maxLostBytes > 0 ? lose(1) : fail('malformed');
  };
  const fail = (what: FramerProblem): boolean => {
    problem = what;
    return false;
  };

  return {
    get lostBytes() {
      return lost;
    },
    feed(bytes) {
      let offset = 0;
      while (problem === undefined && offset < bytes.length) {
        if (write === slab.length) roll();
        const count = Math.min(slab.length - write, bytes.length - offset);
        slab.set(count === bytes.length ? bytes : bytes.subarray(offset, offset + count), write);
        write += count;
        offset += count;
        while (step());
      }
      return problem;
    },
  };
}

/** Index just behind the empty line that ends a head, searching from `from`; −1 when it is not there yet. */
function headEnd(slab: Buffer, start: number, from: number, end: number): number {
  for (let at = Math.max(start, from); at < end; at += 1) {
    if (slab[at] !== 0x0a) continue;
    if (at + 1 < end && slab[at + 1] === 0x0a) return at + 2;
    if (at + 2 < end && slab[at + 1] === 0x0d && slab[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

/** Whether a message starts here: a method or `RTSP/`, three to twenty capitals and then a space or a slash. */
function messageStart(slab: Buffer, start: number, end: number): 'yes' | 'no' | 'more' {
  for (let at = start; at < Math.min(end, start + 21); at += 1) {
    const byte = slab[at] ?? 0;
    if ((byte >= 0x41 && byte <= 0x5a) || byte === 0x5f) continue;
    return at - start >= 3 && (byte === 0x20 || byte === 0x2f) ? 'yes' : 'no';
  }
  return end - start > 20 ? 'no' : 'more';
}

/** Whether a lost search may stop here: a frame with RTP or RTCP of version 2 on a low channel, or a response. */
function isPlausible(slab: Buffer, at: number): boolean {
  if (slab[at] === dollar) {
    return (slab[at + 1] ?? 255) < 16 && slab.readUInt16BE(at + 2) >= 8 && ((slab[at + 4] ?? 0) & 0xc0) === 0x80;
  }
  return slab[at] === 0x52 && slab.toString('latin1', at, at + 7) === 'RTSP/1.';
}
