// Pieces: a camera's packets gathered in place into as few writes as there are frames. One slice of the slab serves all readers.
import { type ChannelPair, type Codec, hasMarker, isRtp, senderReportLength, startsKeyFrame, timestampOf } from '../rtsp/index.ts';

/** Channels that pieces are numbered for; nearly every reader asks for them. */
export const pieceChannels: ChannelPair = { rtp: 0, rtcp: 1 };

/** Whole packets, ready for a reader's connection. Never changed once made. */
export interface Piece {
  /** Interleaved packets on `pieceChannels`. */
  readonly bytes: Buffer;
  /** Whether its first RTP packet starts a frame: where a reader may join. */
  readonly startsFrame: boolean;
  /** Whether a key frame, or the parameter sets before one, starts in it. */
  readonly isKey: boolean;
  /** Frames that end in it. */
  readonly frames: number;
}

export interface PieceMaker {
  /** Takes one interleaved packet of the camera, lying in a slab that nobody changes any more; passes over what is not the track's. */
  take(slab: Buffer, start: number, end: number): void;
  /** Packets that were not the track's: another payload type, another channel. */
  readonly foreign: number;
}

/** A piece is handed on at the latest with so many bytes, so that a large frame does not wait for its end. */
const maxPieceBytes = 128 * 1024;

/** Gathers the packets of one track; `sink` gets a piece with the last packet of each frame. `channels` are the camera's. */
export function openPieceMaker(
  track: { readonly codec: Codec; readonly payloadType: number },
  channels: ChannelPair,
  sink: (piece: Piece) => void,
): PieceMaker {
  let slab: Buffer | undefined;
  let from = 0;
  let to = 0;
  let startsFrame = false;
  let isKey = false;
  let frames = 0;
  let packets = 0;
  let timestamp = -1;
  let frameEnded = true;
  let foreign = 0;

  const flush = (): void => {
    if (slab && to > from) sink({ bytes: slab.subarray(from, to), startsFrame, isKey, frames });
    slab = undefined;
    from = to = frames = packets = 0;
    startsFrame = isKey = false;
  };
  const append = (into: Buffer, start: number, end: number): void => {
    if (slab !== into || to !== start || end - from > maxPieceBytes) {
      flush();
      slab = into;
      from = start;
    }
    to = end;
  };
  const takeRtp = (into: Buffer, start: number, end: number): void => {
    const at = start + 4;
    const time = timestampOf(into, at);
    const isFirst = frameEnded || time !== timestamp;
    if (isFirst && packets > 0) flush();
    append(into, start, end);
    into[start + 1] = pieceChannels.rtp;
    if (packets === 0) startsFrame = isFirst;
    packets += 1;
    isKey ||= startsKeyFrame(track.codec, into, at, end);
    timestamp = time;
    frameEnded = hasMarker(into, at);
    if (!frameEnded) return;
    frames += 1;
    flush();
  };
  /** Only the sender report itself goes on; it is cut out where it lies. */
  const takeRtcp = (into: Buffer, start: number, end: number): void => {
    const length = senderReportLength(into, start + 4, end);
    if (length === 0) return;
    append(into, start, start + 4 + length);
    into[start + 1] = pieceChannels.rtcp;
    into.writeUInt16BE(length, start + 2);
  };

  return {
    get foreign() {
      return foreign;
    },
    take(into, start, end) {
      const channel = into[start + 1];
      if (channel === channels.rtp && isRtp(into, start + 4, end, track.payloadType)) takeRtp(into, start, end);
      else if (channel === channels.rtcp) takeRtcp(into, start, end);
      else foreign += 1;
    },
  };
}

/** A copy of the piece's packets on other channels, for a reader that insists. */
export function onChannels(bytes: Buffer, channels: ChannelPair): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 4 <= copy.length; at += 4 + copy.readUInt16BE(at + 2)) {
    copy[at + 1] = copy[at + 1] === pieceChannels.rtp ? channels.rtp : channels.rtcp;
  }
  return copy;
}
