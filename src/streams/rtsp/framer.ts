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
}

/** Where the cut pieces go. */
export interface FramerSink {
  /** One frame, `slab[start]` being its `$` and `end` just behind it. Bytes in the slab stay as they are until `roll` gives the next. */
  packet(slab: Buffer, start: number, end: number): void;
  message(message: RtspMessage): void;
  /** The slab to go on with, of `slabBytes`, when one is full (the same again is allowed) and at the start. Left out: one slab for ever, of which nobody may keep slices. */
  roll?(): Buffer;
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
  return new SlabFramer(limits, sink);
}

/** A class, so that all connections share one machine code: this runs for every packet (measured, see the decision on forwarding). */
class SlabFramer implements Framer {
  private readonly limits: FramerLimits;
  private readonly sink: FramerSink;
  private slab: Buffer;
  private read = 0;
  private write = 0;
  private scanned = 0;
  private pending: Pending | undefined;
  private searching = false;
  private lost = 0;
  private lostNow = 0;
  private problem: FramerProblem | undefined;

  constructor(limits: FramerLimits, sink: FramerSink) {
    this.limits = limits;
    this.sink = sink;
    this.slab = sink.roll?.() ?? Buffer.allocUnsafeSlow(limits.slabBytes);
  }

  get lostBytes(): number {
    return this.lost;
  }

  feed(bytes: Uint8Array): FramerProblem | undefined {
    let offset = 0;
    while (this.problem === undefined && offset < bytes.length) {
      if (this.write === this.slab.length) this.roll();
      const count = Math.min(this.slab.length - this.write, bytes.length - offset);
      this.slab.set(count === bytes.length ? bytes : bytes.subarray(offset, offset + count), this.write);
      this.write += count;
      offset += count;
      while (this.step());
    }
    return this.problem;
  }

  private roll(): void {
    const next = this.sink.roll?.() ?? this.slab;
    this.slab.copy(next, 0, this.read, this.write);
    this.slab = next;
    this.write -= this.read;
    this.read = 0;
  }

  /** Each step returns whether it got further; false waits for more bytes. */
  private step(): boolean {
    if (this.pending) return this.body(this.pending);
    if (this.searching) return this.search();
    if (this.read === this.write) return false;
    const byte = this.slab[this.read] ?? 0;
    if (byte === dollar) return this.frames();
    if (byte === 0x0d || byte === 0x0a) {
      this.read += 1;
      return true;
    }
    const start = messageStart(this.slab, this.read, this.write);
    if (start === 'more') return false;
    if (start === 'yes') return this.head();
    return this.limits.maxLostBytes > 0 ? this.lose(1) : this.fail('malformed');
  }

  private advance(bytes: number): void {
    this.read += bytes;
    this.scanned = 0;
    this.pending = undefined;
    this.lostNow = 0;
  }

  /** All whole frames that lie here one behind the other. */
  private frames(): boolean {
    const { slab, write, sink } = this;
    const { maxFrameBytes } = this.limits;
    let at = this.read;
    while (at + 4 <= write && slab[at] === dollar) {
      const length = ((slab[at + 2] ?? 0) << 8) | (slab[at + 3] ?? 0);
      if (length > maxFrameBytes) return this.fail('frame-too-large');
      const end = at + 4 + length;
      if (end > write) return false;
      this.advance(4 + length);
      sink.packet(slab, at, end);
      at = end;
    }
    return at < write && slab[at] !== dollar;
  }

  private head(): boolean {
    const { slab, read, write, limits } = this;
    const end = headEnd(slab, read, read + this.scanned, write);
    if (end < 0) {
      this.scanned = Math.max(0, write - read - 2);
      return write - read > limits.maxHeadBytes ? this.fail('head-too-large') : false;
    }
    if (end - read > limits.maxHeadBytes) return this.fail('head-too-large');
    const message = parseHead(slab.toString('latin1', read, end).trimEnd());
    // Lost whole: what lies in it would be read again and again.
    if (!message) return limits.maxLostBytes > 0 ? this.lose(end - read) : this.fail('malformed');
    const length = bodyLength(message);
    if (length === undefined) return this.fail('malformed');
    if (length > limits.maxBodyBytes) return this.fail('body-too-large');
    this.pending = { message, headBytes: end - read, totalBytes: end - read + length };
    return true;
  }

  private body(due: Pending): boolean {
    const { slab, read, write } = this;
    if (write - read < due.totalBytes) return false;
    const bytes = Buffer.from(slab.subarray(read + due.headBytes, read + due.totalBytes));
    this.advance(due.totalBytes);
    this.sink.message({ ...due.message, body: bytes });
    return true;
  }

  private lose(bytes: number): boolean {
    this.read += bytes;
    this.lost += bytes;
    this.lostNow += bytes;
    this.scanned = 0;
    this.searching = true;
    return this.lostNow > this.limits.maxLostBytes ? this.fail('lost') : true;
  }

  private search(): boolean {
    let at = this.read;
    while (at + 8 <= this.write && !isPlausible(this.slab, at)) at += 1;
    if (!this.lose(at - this.read) || at + 8 > this.write) return false;
    this.searching = false;
    return true;
  }

  private fail(what: FramerProblem): boolean {
    this.problem = what;
    return false;
  }
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
