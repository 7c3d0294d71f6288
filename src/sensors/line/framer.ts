// Bytes into frames, pure: by delimiters, marks, length or a pause. What is longer than 4 KiB or was broken off is dropped, never put together with what follows.
import type { Framing } from '../grammar-option.ts';

/** The cutter of one stream of bytes. Times are monotonic milliseconds. */
export interface Framer {
  /** Frames that these bytes end, in order, without their delimiters. */
  push(bytes: Uint8Array, atMs: number): readonly Buffer[];
  /** The frame that a pause ends, if it does. */
  rest(atMs: number): readonly Buffer[];
  /** Nobody has read since the last push, so that no pause was heard: the pause begins now. */
  held(atMs: number): void;
  /** When `rest` should be asked; undefined: nothing waits for a pause. */
  readonly dueAt: number | undefined;
  /** What came was whole, as a datagram is: its last frame needs no delimiter. */
  finish(): readonly Buffer[];
  /** The stream broke off: what was begun is dropped. */
  reset(): void;
  /** Bytes dropped as they belong to no whole frame: too long, or broken off. */
  readonly dropped: number;
}

/** Longest frame. */
const maxFrameBytes = 4096;

/** Where the next frame ends in the text: the frame's bounds, and where to read on. */
interface Cut {
  readonly from: number;
  readonly to: number;
  readonly next: number;
}

/** Opens a framer. */
export function openFramer(framing: Framing): Framer {
  const cut = cutter(framing);
  const endsByPause = framing.by === 'idle';
  const pauseMs = framing.by === 'idle' ? framing.after : framing.pause;
  let begun: Buffer = Buffer.alloc(0);
  let lastAt = 0;
  let dropped = 0;
  /** Inside a frame that was too long: it is over at the next end of a frame. */
  let skipping = false;

  const drop = (bytes: number): void => {
    dropped += bytes;
  };
  const take = (): Buffer[] => {
    const frames: Buffer[] = [];
    const find = cut.search(begun);
    let at = 0;
    for (let found = find(at); found; found = find(at)) {
      const frame = begun.subarray(found.from, found.to);
      if (skipping || frame.length > maxFrameBytes) drop(frame.length);
      else frames.push(frame);
      skipping = false;
      at = found.next;
    }
    begun = cut.trim(begun.subarray(at));
    if (begun.length > maxFrameBytes + 16) {
      const kept = cut.keep(begun);
      drop(begun.length - kept.length);
      skipping = cut.resyncs;
      begun = kept;
    }
    return frames;
  };
  const rest = (atMs: number): Buffer[] => {
    if (atMs - lastAt < pauseMs || (begun.length === 0 && !skipping)) return [];
    const frame = begun;
    begun = Buffer.alloc(0);
    if (endsByPause && !skipping) return [frame];
    drop(frame.length);
    skipping = false;
    return [];
  };
  return {
    push(bytes, atMs) {
      const before = rest(atMs);
      lastAt = atMs;
      begun = Buffer.concat([begun, bytes]);
      return [...before, ...take()];
    },
    rest,
    held(atMs) {
      lastAt = atMs;
    },
    get dueAt() {
      return endsByPause && (begun.length > 0 || skipping) ? lastAt + pauseMs : undefined;
    },
    finish() {
      const frame = begun;
      const isWhole = (framing.by === 'delimiter' || endsByPause) && !skipping;
      begun = Buffer.alloc(0);
      if (isWhole && frame.length > 0 && frame.length <= maxFrameBytes) return [frame];
      drop(frame.length);
      skipping = false;
      return [];
    },
    reset() {
      drop(begun.length);
      begun = Buffer.alloc(0);
      skipping = false;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** How one way of framing finds, trims and finds itself again. */
interface Cutter {
  /** Looks for the first frame that ends behind `from`; asked with ever greater ones, it reads the text once in all. */
  search(begun: Buffer): (from: number) => Cut | undefined;
  /** Without what can belong to no frame. */
  trim(begun: Buffer): Buffer;
  /** What stays of a frame that is too long, never more than a frame: what a later frame may begin with, or the beginning of its end. */
  keep(begun: Buffer): Buffer;
  /** Whether the rest of a frame that is too long must be passed over. */
  readonly resyncs: boolean;
}

function cutter(framing: Framing): Cutter {
  if (framing.by === 'length') return cutLength(framing.bytes);
  if (framing.by === 'marks') return cutMarks(Buffer.from(framing.start, 'latin1'), Buffer.from(framing.end, 'latin1'));
  return cutDelimiters(framing.delimiters.map((each) => Buffer.from(each, 'latin1')).toSorted((left, right) => right.length - left.length));
}

const all = (begun: Buffer): Buffer => begun;

function cutLength(bytes: number): Cutter {
  const search: Cutter['search'] = (begun) => (from) => {
    return begun.length - from >= bytes ? { from, to: from + bytes, next: from + bytes } : undefined;
  };
  return { search, trim: all, keep: all, resyncs: false };
}

function cutMarks(start: Buffer, end: Buffer): Cutter {
  const isOne = start.equals(end);
  const beginning = (begun: Buffer): Buffer => tail(begun, start.length - 1);
  return {
    search: (begun) => (from) => {
      const first = begun.indexOf(start, from);
      const to = first === -1 ? -1 : begun.indexOf(end, first + start.length);
      if (to === -1) return undefined;
      // A frame that was broken off is followed by another start: the last one before the end is the true one.
      const last = isOne ? first : first + begun.subarray(first, to).lastIndexOf(start);
      return { from: last + start.length, to, next: to + end.length };
    },
    trim(begun) {
      const at = begun.indexOf(start);
      return at === -1 ? beginning(begun) : begun.subarray(at);
    },
    keep(begun) {
      // Where one mark is both, the next one is the end of what is too long.
      if (isOne) return Buffer.concat([start, tail(begun.subarray(start.length), end.length - 1)]);
      const at = begun.lastIndexOf(start);
      return at === -1 || begun.length - at > maxFrameBytes ? beginning(begun) : begun.subarray(at);
    },
    resyncs: isOne,
  };
}

/** The longest delimiter first. */
function cutDelimiters(delimiters: readonly Buffer[]): Cutter {
  const longest = delimiters[0]?.length ?? 0;
  return {
    search: (begun) => findDelimiter(begun, delimiters),
    trim: all,
    keep: (begun) => tail(begun, Math.max(longest - 1, 0)),
    resyncs: true,
  };
}

/** The first delimiter; of several at one place the longest. Where each comes next is looked up once. */
function findDelimiter(begun: Buffer, delimiters: readonly Buffer[]): (from: number) => Cut | undefined {
  const nexts = delimiters.map((delimiter) => ({ delimiter, at: -1 }));
  return (from) => {
    let best: Cut | undefined;
    for (const next of nexts) {
      if (next.at < from) next.at = indexAfter(begun, next.delimiter, from);
      if (next.at < (best?.to ?? Infinity)) best = { from, to: next.at, next: next.at + next.delimiter.length };
    }
    return best;
  };
}

function indexAfter(begun: Buffer, delimiter: Buffer, from: number): number {
  const at = begun.indexOf(delimiter, from);
  return at === -1 ? Infinity : at;
}

function tail(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : bytes.subarray(-length);
}
