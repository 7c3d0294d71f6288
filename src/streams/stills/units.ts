// One picture out of RTP: the units of a key frame as a byte stream that decoders read (RFC 6184 §5, RFC 7798 §4, ITU-T H.264 Annex B). Pure.
import type { VideoTrack } from '../rtsp/index.ts';

export interface PictureCollector {
  /** Takes one RTP packet of a key frame, in order; the whole picture when this was its last. */
  take(packet: Buffer): Buffer | undefined;
}

type Codec = 'h264' | 'h265';

const startCode = Buffer.from([0, 0, 0, 1]);
/** A picture larger than this is given up. */
const maxPictureBytes = 8 * 1024 * 1024;

/** Opens a collector; parameter sets of the description go first, for some cameras say them there alone. */
export function openPictureCollector(track: VideoTrack & { readonly codec: Codec }): PictureCollector {
  const units: Buffer[] = parameterSets(track).flatMap((unit) => [startCode, unit]);
  let open: Buffer[] | undefined;
  let bytes = 0;
  let time = -1;
  let hasPicture = false;
  let isWhole = true;

  const add = (unit: Buffer): void => {
    units.push(startCode, unit);
    hasPicture ||= isPicture(track.codec, unit);
  };
  const fragment = (first: Buffer, body: Buffer, isStart: boolean, isEnd: boolean): void => {
    if (isStart) open = [first];
    if (!open) isWhole = false;
    open?.push(body);
    if (!isEnd || !open) return;
    add(Buffer.concat(open));
    open = undefined;
  };
  const takePayload = track.codec === 'h264' ? takeH264 : takeH265;
  return {
    take(packet) {
      if (packet.length < 12) return undefined;
      const now = packet.readUInt32BE(4);
      if (now !== time && hasPicture) return finish();
      time = now;
      const payload = payloadOf(packet);
      bytes += payload?.length ?? 0;
      if (bytes > maxPictureBytes) giveUp();
      else if (payload) takePayload(payload, add, fragment);
      return ((packet[1] ?? 0) & 0x80) !== 0 && hasPicture ? finish() : undefined;
    },
  };
  function giveUp(): void {
    isWhole = false;
    open = undefined;
    units.length = 0;
  }
  function finish(): Buffer | undefined {
    return isWhole ? Buffer.concat(units) : undefined;
  }
}

type Add = (unit: Buffer) => void;
type Fragment = (first: Buffer, body: Buffer, isStart: boolean, isEnd: boolean) => void;

function payloadOf(packet: Buffer): Buffer | undefined {
  const first = packet[0] ?? 0;
  let start = 12 + (first & 0x0f) * 4;
  if (first & 0x10 && start + 4 <= packet.length) start += 4 + packet.readUInt16BE(start + 2) * 4;
  const padding = first & 0x20 ? (packet.at(-1) ?? 0) : 0;
  return start + 2 < packet.length - padding ? packet.subarray(start, packet.length - padding) : undefined;
}

function takeH264(payload: Buffer, add: Add, fragment: Fragment): void {
  const [header = 0, second = 0] = payload;
  const type = header & 0x1f;
  if (type === 24) aggregate(payload, 1, add);
  else if (type === 28)
    fragment(Buffer.from([(header & 0xe0) | (second & 0x1f)]), payload.subarray(2), (second & 0x80) !== 0, (second & 0x40) !== 0);
  else if (type >= 1 && type <= 23) add(payload);
}

function takeH265(payload: Buffer, add: Add, fragment: Fragment): void {
  const [header = 0, second = 0, third = 0] = payload;
  const type = (header >> 1) & 0x3f;
  const first = Buffer.from([(header & 0x81) | ((third & 0x3f) << 1), second]);
  if (type === 48) aggregate(payload, 2, add);
  else if (type === 49) fragment(first, payload.subarray(3), (third & 0x80) !== 0, (third & 0x40) !== 0);
  else if (type < 48) add(payload);
}

function aggregate(payload: Buffer, from: number, add: Add): void {
  for (let at = from; at + 2 < payload.length; ) {
    const length = payload.readUInt16BE(at);
    if (length === 0 || at + 2 + length > payload.length) return;
    add(payload.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
}

function isPicture(codec: Codec, unit: Buffer): boolean {
  const first = unit[0] ?? 0;
  if (codec === 'h265') return ((first >> 1) & 0x3f) < 32;
  return (first & 0x1f) >= 1 && (first & 0x1f) <= 5;
}

/** RFC 6184 §8.1 `sprop-parameter-sets`, RFC 7798 §7.1 `sprop-vps`, `sprop-sps`, `sprop-pps`. */
function parameterSets({ parameters }: VideoTrack): readonly Buffer[] {
  return parameters
    .split(';')
    .filter((part) => /^sprop-(?:parameter-sets|vps|sps|pps)=/i.test(part))
    .flatMap((part) => part.slice(part.indexOf('=') + 1).split(','))
    .map((text) => Buffer.from(text, 'base64'))
    .filter((unit) => unit.length > 1);
}
