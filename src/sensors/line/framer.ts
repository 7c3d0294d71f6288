// Bytes into frames, pure: by delimiters, marks, length or a pause. What is longer than 4 KiB or was broken off is dropped, never put together with what follows.
import type { Framing } from '../grammar-option.ts';

/** The cutter of one stream of bytes. Times are monotonic milliseconds. */
export interface Framer {
  /** Frames that these bytes end, in order, without their delimiters. */
  push(bytes: Uint8Array, atMs: number): readonly Buffer[];
  /** The frame that a pause ends, if it does. */
  rest(atMs: number): readonly Buffer[];
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
    for (let found = cut.find(begun); found; found = cut.find(begun)) {
      const frame = begun.subarray(found.from, found.to);
      if (skipping || frame.length > maxFrameBytes) drop(frame.length);
      else frames.push(frame);
      skipping = false;
      begun = begun.subarray(found.next);
    }
    begun = cut.trim(begun);
    if (begun.length > maxFrameBytes + 16) {
      drop(begun.length);
      skipping = cut.resyncs;
      begun = cut.keep(begun);
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
  find(begun: Buffer): Cut | undefined;
  /** Without what can belong to no frame. */
  trim(begun: Buffer): Buffer;
  /** What stays of a frame that is too long: the beginning of its end, perhaps. */
  keep(begun: Buffer): Buffer;
  /** Whether the rest of a frame that is too long must be passed over. */
  readonly resyncs: boolean;
}

function cutter(framing: Framing): Cutter {
  const all = (begun: Buffer): Buffer => begun;
  if (framing.by === 'length') {
    const { bytes } = framing;
    return {
      find: ({ length }) => (length >= bytes ? { from: 0, to: bytes, next: bytes } : undefined),
      trim: all,
      keep: all,
      resyncs: false,
    };
  }
  if (framing.by === 'marks') {
    const [start, end] = [Buffer.from(framing.start, 'latin1'), Buffer.from(framing.end, 'latin1')];
    const afterStart = (begun: Buffer): Buffer => {
      const at = begun.indexOf(start);
      return at === -1 ? tail(begun, start.length - 1) : begun.subarray(at);
    };
    return {
      find(begun) {
        const from = begun.indexOf(start);
        const to = from === -1 ? -1 : begun.indexOf(end, from + start.length);
        if (to === -1) return undefined;
        // A frame that was broken off is followed by another start: the last one before the end is the true one.
        const last = start.equals(end) ? from : begun.subarray(0, to).lastIndexOf(start);
        return { from: last + start.length, to, next: to + end.length };
      },
      trim: afterStart,
      keep: (begun) => afterStart(begun.subarray(start.length)),
      resyncs: false,
    };
  }
  const delimiters = framing.delimiters.map((each) => Buffer.from(each, 'latin1')).toSorted((left, right) => right.length - left.length);
  const longest = delimiters[0]?.length ?? 0;
  return {
    find: (begun) => findDelimiter(begun, delimiters),
    trim: all,
    keep: (begun) => tail(begun, Math.max(longest - 1, 0)),
    resyncs: true,
  };
}

/** The first delimiter; of several at one place the longest. */
function findDelimiter(begun: Buffer, delimiters: readonly Buffer[]): Cut | undefined {
  let best: Cut | undefined;
  for (const delimiter of delimiters) {
    const to = begun.indexOf(delimiter);
    if (to !== -1 && (best === undefined || to < best.to)) best = { from: 0, to, next: to + delimiter.length };
  }
  return best;
}

function tail(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : bytes.subarray(-length);
}
