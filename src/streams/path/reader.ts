// One reader of a path: starts at a key frame, and when its line is too slow loses pictures up to the next one instead of slowing the others.
import type { Clock } from '#base';
import type { ChannelPair } from '../rtsp/index.ts';
import { onChannels, type Piece, pieceChannels } from '../source/index.ts';
import { type Backlog, backlogShare } from './backlog.ts';
import type { CatchUp } from './gop.ts';

/** What a reader needs of its connection. */
export interface ReaderLine {
  /** Takes whole packets. The bytes are filled anew afterwards, unless `waitingBytes` says that some are still to be read. */
  write(bytes: Buffer): void;
  /** Bytes that wait in this process for the line: above 0 as long as anything that was written is still to be read. */
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
  /** Its path has taken it in: it counts in `backlog` and begins with what was kept, if it fits on the line; else it is false, and it waits for a key frame. */
  enter(backlog: Backlog, kept: CatchUp | undefined): boolean;
  /** The stream has a gap: it goes on with the next key frame. */
  interrupt(): void;
  /** Nothing comes any more. */
  leave(): void;
  readonly counts: ReaderCounts;
  /** From its opening to the first picture on its line, milliseconds; undefined until then. */
  readonly firstFrameMs: number | undefined;
  /** Milliseconds since which the line has been too slow without a break; 0 while it is not. */
  stalledMs(): number;
}

/** Without a key frame for so long, a reader starts with any frame: some cameras refresh without one. */
const keyPatienceMs = 12_000;

/** Opens a reader; it writes from the next key frame on, or from the one before if it is given that to begin with. */
export function openReader(line: ReaderLine, options: ReaderOptions, clock: Clock): Reader {
  return new LineReader(line, options, clock);
}

/** A class, so that all readers share one machine code: this runs for every frame of each. */
class LineReader implements Reader {
  private readonly line: ReaderLine;
  private readonly clock: Clock;
  private readonly channels: ChannelPair;
  private readonly bufferBytes: number;
  private readonly isPlain: boolean;
  private backlog: Backlog | undefined;
  private flowing = false;
  private readonly openedAt: number;
  private firstAt: number | undefined;
  private waitingSince: number;
  private stalledSince: number | undefined;
  private waiting = 0;
  private frames = 0;
  private bytes = 0;
  private dropped = 0;

  constructor(line: ReaderLine, { channels, bufferBytes }: ReaderOptions, clock: Clock) {
    this.line = line;
    this.clock = clock;
    this.channels = channels;
    this.bufferBytes = bufferBytes;
    this.isPlain = channels.rtp === pieceChannels.rtp && channels.rtcp === pieceChannels.rtcp;
    this.openedAt = this.waitingSince = clock.monotonicMs();
  }

  enter(backlog: Backlog, kept: CatchUp | undefined): boolean {
    this.backlog = backlog;
    if (!kept || kept.bytes.length > this.bufferBytes || backlog.isFull) return false;
    this.flowing = true;
    this.write(kept.bytes, kept.frames);
    return true;
  }

  take(piece: Piece): void {
    if (this.waiting > 0 || !this.flowing) this.weigh();
    if (this.flowing && this.isBehind()) this.stall();
    if (!this.flowing && this.mayStart(piece)) {
      this.flowing = true;
      this.stalledSince = undefined;
    }
    if (this.flowing) {
      this.write(piece.bytes, piece.frames);
      if (this.waiting > 0 && this.isPlain) piece.slab.giveAway();
    } else if (this.stalledSince !== undefined) this.dropped += piece.frames;
  }

  interrupt(): void {
    this.flowing = false;
    this.waitingSince = this.clock.monotonicMs();
  }

  leave(): void {
    this.backlog?.change(-this.waiting);
    this.backlog = undefined;
    this.waiting = 0;
  }

  get counts(): ReaderCounts {
    return { frames: this.frames, bytes: this.bytes, dropped: this.dropped };
  }

  get firstFrameMs(): number | undefined {
    return this.firstAt === undefined ? undefined : this.firstAt - this.openedAt;
  }

  stalledMs(): number {
    return this.stalledSince === undefined ? 0 : this.clock.monotonicMs() - this.stalledSince;
  }

  private isBehind(): boolean {
    return this.waiting > this.bufferBytes || (this.waiting > this.bufferBytes * backlogShare && this.backlog?.isFull === true);
  }

  private mayStart(piece: Piece): boolean {
    if (!piece.startsFrame || this.waiting > this.bufferBytes / 2 || this.backlog?.isFull) return false;
    return piece.isKey || (this.stalledSince === undefined && this.clock.monotonicMs() - this.waitingSince > keyPatienceMs);
  }

  private stall(): void {
    this.flowing = false;
    this.stalledSince ??= this.clock.monotonicMs();
  }

  private write(packets: Buffer, frames: number): void {
    this.frames += frames;
    if (this.firstAt === undefined && frames > 0) this.firstAt = this.clock.monotonicMs();
    this.bytes += packets.length;
    this.line.write(this.isPlain ? packets : onChannels(packets, this.channels));
    this.weigh();
  }

  private weigh(): void {
    const now = this.line.waitingBytes;
    if (now === this.waiting) return;
    this.backlog?.change(now - this.waiting);
    this.waiting = now;
  }
}
