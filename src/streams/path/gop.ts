// The pictures since the last key frame, kept for whoever comes next: bounded for each path, and in all by the memory that paths share.
import { type Piece, pieceChannels } from '../source/index.ts';

/** Bounds of what is kept. */
export interface GopLimits {
  /** Bytes of one path. A group of pictures that is larger is not kept: it would not fit into a reader's line either. */
  readonly pathBytes: number;
  /** Bytes of all paths; beyond, the path whose pictures have longest not been asked for loses them. */
  readonly totalBytes: number;
}

/** What a new reader gets at once, to be live soon. */
export interface CatchUp {
  /** Interleaved packets on `pieceChannels`, from a key frame to now; the last frame may still be going on. */
  readonly bytes: Buffer;
  readonly frames: number;
}

/** The pictures of one path. */
export interface Gop {
  /** Whether there is something to catch up with. */
  readonly isEmpty: boolean;
  /** Keeps the piece, in place of all before it when it starts a key frame. Before the first key frame nothing is kept. */
  add(piece: Piece): void;
  /** All that is kept, as one copy with its timestamps drawn together. */
  catchUp(): CatchUp | undefined;
  clear(): void;
}

/** The memory that the paths share. */
export interface GopMemory {
  readonly usedBytes: number;
  open(): Gop & Disposable;
}

/** Opens an empty memory. */
export function openGopMemory(limits: GopLimits): GopMemory {
  /** The path that was longest not asked first. */
  const gops = new Set<Evictable>();
  let used = 0;
  const count = (bytes: number): void => {
    used += bytes;
    if (used <= limits.totalBytes) return;
    for (const gop of gops) {
      if (used <= limits.totalBytes) return;
      gop.clear();
    }
  };
  return {
    get usedBytes() {
      return used;
    },
    open() {
      const gop = openGop(limits.pathBytes, count, () => {
        gops.delete(gop);
        gops.add(gop);
      });
      gops.add(gop);
      return Object.assign(gop, {
        [Symbol.dispose]() {
          gop.clear();
          gops.delete(gop);
        },
      });
    },
  };
}

interface Evictable {
  clear(): void;
}

/** Pieces that lie one behind the other in a slab. Few numbers instead of many pieces: what lives for a second is dear to collect (measured). */
interface Run {
  readonly slab: Piece['slab'];
  readonly from: number;
  to: number;
}

function openGop(maxBytes: number, count: (bytes: number) => void, asked: () => void): Gop {
  const runs: Run[] = [];
  let bytes = 0;
  let frames = 0;
  const clear = (): void => {
    for (const { slab } of runs) slab.release();
    runs.length = 0;
    const freed = bytes;
    bytes = frames = 0;
    if (freed > 0) count(-freed);
  };
  const keep = ({ slab, bytes: { byteOffset, length } }: Piece): void => {
    const from = byteOffset - slab.bytes.byteOffset;
    const last = runs.at(-1);
    if (last?.slab === slab && last.to === from) {
      last.to += length;
      return;
    }
    slab.hold();
    runs.push({ slab, from, to: from + length });
  };
  return {
    get isEmpty() {
      return runs.length === 0;
    },
    clear,
    add(piece) {
      // Parameter sets may come in a frame of their own before the key frame: it goes on with them.
      const begins = piece.startsFrame && piece.isKey;
      if (begins && frames > 0) clear();
      if (!begins && runs.length === 0) return;
      keep(piece);
      bytes += piece.bytes.length;
      frames += piece.frames;
      count(piece.bytes.length);
      if (bytes > maxBytes) clear();
    },
    catchUp() {
      asked();
      if (runs.length === 0) return undefined;
      const kept = runs.map(({ slab, from, to }) => slab.bytes.subarray(from, to));
      return { bytes: drawTogether(kept, bytes), frames };
    },
  };
}

/** 90 kHz: a player that starts with the oldest picture is so far behind the newest. */
const spanTicks = 18_000;

/**
 * A copy of the RTP packets with their timestamps drawn together to a fifth of a second before the last one, in the same order, so that a player that starts with
 * the first is soon live. Sender reports, which speak of the true time, are left out.
 */
function drawTogether(pieces: readonly Buffer[], length: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(length);
  let end = 0;
  let first: number | undefined;
  let edge = 0;
  for (const bytes of pieces) {
    for (let at = 0; at + 12 <= bytes.length; ) {
      const next = at + 4 + bytes.readUInt16BE(at + 2);
      if (bytes[at + 1] === pieceChannels.rtp) {
        end += bytes.copy(copy, end, at, next);
        edge = bytes.readUInt32BE(at + 8);
        first ??= edge;
      }
      at = next;
    }
  }
  const span = (edge - (first ?? edge)) | 0;
  if (span > spanTicks) scaleTimes(copy, end, edge, spanTicks / span);
  return copy.subarray(0, end);
}

function scaleTimes(copy: Buffer, end: number, edge: number, ratio: number): void {
  for (let at = 0; at < end; at += 4 + copy.readUInt16BE(at + 2)) {
    const age = (edge - copy.readUInt32BE(at + 8)) | 0;
    // A frame that is shown after the last one (its pictures come in another order) stays where it is.
    if (age > 0) copy.writeUInt32BE((edge - Math.round(age * ratio)) >>> 0, at + 8);
  }
}
