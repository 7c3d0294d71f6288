// Pieces: a camera's packets gathered in place into as few writes as there are frames. One slice of the slab serves all readers.
import {
  type ChannelPair,
  type Codec,
  contentOf,
  hasMarker,
  holdsPicture,
  isRtp,
  senderReportLength,
  startsKey,
  timestampOf,
} from '../rtsp/index.ts';
import type { Continuity } from './continuity.ts';
import { ownSlab, type Slab } from './slabs.ts';

/** Channels that pieces are numbered for; nearly every reader asks for them. */
export const pieceChannels: ChannelPair = { rtp: 0, rtcp: 1 };

/** Whole packets, ready for a reader's connection. As they are for as long as `slab` is held. */
export interface Piece {
  /** Interleaved packets on `pieceChannels`; a slice of `slab`. */
  readonly bytes: Buffer;
  /** Whoever keeps the piece beyond the call that brought it holds its slab. */
  readonly slab: Slab;
  /** Whether its first RTP packet starts a frame: where a reader may join. */
  readonly startsFrame: boolean;
  /** Whether a key frame, or the parameter sets before one, starts in it. */
  readonly isKey: boolean;
  /** Frames that end in it; parameter sets alone are none, whatever their marker says. */
  readonly frames: number;
}

export interface PieceMakerDeps {
  sink(piece: Piece): void;
  readonly continuity?: Continuity | undefined;
}

/** A piece is handed on at the latest with so many bytes, so that a large frame does not wait for its end. */
const maxPieceBytes = 128 * 1024;
/** Of a slab of which less was used, the next one's pieces are copied: who keeps a little picture does not keep all that came around it. */
const sparseShare = 1 / 5;

/** Gathers the packets of one track; its sink gets a piece with the last packet of each frame. A class, so that all cameras share one machine code. */
export class PieceMaker {
  private readonly codec: Codec;
  private readonly payloadType: number;
  private readonly rtpChannel: number;
  private readonly rtcpChannel: number;
  private readonly sink: (piece: Piece) => void;
  private readonly continuity: Continuity | undefined;
  private slab: Slab | undefined;
  private from = 0;
  private to = 0;
  private startsFrame = false;
  private isKey = false;
  private frames = 0;
  private packets = 0;
  private timestamp = -1;
  private frameEnded = true;
  private hasPicture = false;
  private lastSlab: Slab | undefined;
  private lastEnd = 0;
  private used = 0;
  private isSparse = false;

  /** `channels` are the camera's. */
  constructor(track: { readonly codec: Codec; readonly payloadType: number }, channels: ChannelPair, deps: PieceMakerDeps) {
    this.codec = track.codec;
    this.payloadType = track.payloadType;
    this.rtpChannel = channels.rtp;
    this.rtcpChannel = channels.rtcp;
    this.sink = deps.sink;
    this.continuity = deps.continuity;
  }

  /** Takes one interleaved packet of the camera as it lies in a slab; passes over what is not the track's. */
  take(slab: Slab, start: number, end: number): void {
    const channel = slab.bytes[start + 1];
    if (channel === this.rtpChannel && isRtp(slab.bytes, start + 4, end, this.payloadType)) this.takeRtp(slab, start, end);
    else if (channel === this.rtcpChannel) this.takeRtcp(slab, start, end);
  }

  private takeRtp(slab: Slab, start: number, end: number): void {
    const { bytes } = slab;
    const at = start + 4;
    const time = timestampOf(bytes, at);
    const isFirst = this.frameEnded || time !== this.timestamp;
    if (isFirst) {
      // Of a camera that marks no end, a frame ends where the next one begins.
      if (!this.frameEnded) this.endFrame();
      if (this.packets > 0) this.flush();
      this.hasPicture = false;
    }
    this.append(slab, start, end);
    bytes[start + 1] = pieceChannels.rtp;
    if (this.packets === 0) this.startsFrame = isFirst;
    this.packets += 1;
    const content = contentOf(this.codec, bytes, at, end);
    if (content & startsKey) this.isKey = true;
    if (content & holdsPicture) this.hasPicture = true;
    this.timestamp = time;
    this.frameEnded = hasMarker(bytes, at);
    this.continuity?.rtp(bytes, at);
    if (!this.frameEnded) return;
    this.endFrame();
    this.flush();
  }

  private endFrame(): void {
    if (this.hasPicture) this.frames += 1;
    this.continuity?.frameEnded();
  }

  /** Only the sender report itself goes on; it is cut out where it lies. */
  private takeRtcp(slab: Slab, start: number, end: number): void {
    const { bytes } = slab;
    const length = senderReportLength(bytes, start + 4, end);
    if (length === 0 || this.continuity?.report(bytes, start + 4) === false) return;
    this.append(slab, start, start + 4 + length);
    bytes[start + 1] = pieceChannels.rtcp;
    bytes.writeUInt16BE(length, start + 2);
  }

  private append(slab: Slab, start: number, end: number): void {
    if (this.slab !== slab || this.to !== start || end - this.from > maxPieceBytes) {
      this.flush();
      this.slab = slab;
      slab.hold();
      this.from = start;
      if (this.lastSlab !== slab || start < this.lastEnd) this.enter(slab);
    }
    this.used += end - start;
    this.to = this.lastEnd = end;
  }

  private enter(slab: Slab): void {
    this.isSparse = this.lastSlab !== undefined && this.used < slab.bytes.length * sparseShare;
    this.lastSlab = slab;
    this.used = 0;
  }

  private flush(): void {
    const { slab, from, to, startsFrame, isKey, frames } = this;
    this.slab = undefined;
    this.from = this.to = this.frames = this.packets = 0;
    this.startsFrame = this.isKey = false;
    if (!slab) return;
    if (to > from) {
      const kept = this.isSparse ? ownSlab(slab.bytes.subarray(from, to)) : slab;
      this.sink({ bytes: this.isSparse ? kept.bytes : slab.bytes.subarray(from, to), slab: kept, startsFrame, isKey, frames });
    }
    slab.release();
  }
}

/** A copy of the piece's packets on other channels, for a reader that insists. */
export function onChannels(bytes: Buffer, channels: ChannelPair): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 4 <= copy.length; at += 4 + copy.readUInt16BE(at + 2)) {
    copy[at + 1] = copy[at + 1] === pieceChannels.rtp ? channels.rtp : channels.rtcp;
  }
  return copy;
}
