// One reader of a path: starts at a key frame, and when its line is too slow loses pictures up to the next one instead of slowing the others.
import type { Clock } from '#base';
import type { ChannelPair } from '../rtsp/index.ts';
import { onChannels, type Piece, pieceChannels } from '../source/index.ts';

/** What a reader needs of its connection. */
export interface ReaderLine {
  write(bytes: Buffer): void;
  /** Bytes that wait in this process for the line. */
  readonly waitingBytes: number;
}

export interface ReaderOptions {
  readonly channels: ChannelPair;
  /** Bytes that may wait; beyond, pictures are lost up to the next key frame. */
  readonly bufferBytes: number;
}

export interface ReaderCounts {
  readonly frames: number;
  readonly bytes: number;
  /** Frames that were lost because the line was too slow. */
  readonly dropped: number;
}

export interface Reader {
  take(piece: Piece): void;
  readonly counts: ReaderCounts;
  /** Milliseconds since which the line has been too slow without a break; 0 while it is not. */
  stalledMs(): number;
}

/** Without a key frame for so long, a reader starts with any frame: some cameras refresh without one. */
const keyPatienceMs = 12_000;

/** Opens a reader; it writes from the next key frame on. */
export function openReader(line: ReaderLine, options: ReaderOptions, clock: Clock): Reader {
  const plain = options.channels.rtp === pieceChannels.rtp && options.channels.rtcp === pieceChannels.rtcp;
  let flowing = false;
  const openedAt = clock.monotonicMs();
  let stalledSince: number | undefined;
  let frames = 0;
  let bytes = 0;
  let dropped = 0;

  const mayStart = (piece: Piece): boolean =>
    piece.startsFrame &&
    line.waitingBytes <= options.bufferBytes / 2 &&
    (piece.isKey || (stalledSince === undefined && clock.monotonicMs() - openedAt > keyPatienceMs));
  const stall = (): void => {
    flowing = false;
    stalledSince ??= clock.monotonicMs();
  };

  return {
    take(piece) {
      if (flowing && line.waitingBytes > options.bufferBytes) stall();
      if (!flowing && mayStart(piece)) {
        flowing = true;
        stalledSince = undefined;
      }
      if (!flowing) {
        if (stalledSince !== undefined) dropped += piece.frames;
        return;
      }
      frames += piece.frames;
      bytes += piece.bytes.length;
      line.write(plain ? piece.bytes : onChannels(piece.bytes, options.channels));
    },
    get counts() {
      return { frames, bytes, dropped };
    },
    stalledMs: () => (stalledSince === undefined ? 0 : clock.monotonicMs() - stalledSince),
  };
}
