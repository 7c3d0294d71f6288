// One picture out of RTP: the units of a key frame as a byte stream that decoders read (RFC 6184 §5, RFC 7798 §4, ITU-T H.264 Annex B). Pure.
import { contentOf, hasMarker, startsKey, type Track, timestampOf } from '../rtsp/index.ts';

export interface PictureCollector {
  /** Takes one RTP packet, in order; the whole picture when this was the last of a key frame. */
  take(packet: Buffer): Buffer | undefined;
}

type Codec = 'h264' | 'h265';

const startCode = Buffer.from([0, 0, 0, 1]);
/** A picture larger than this is given up. */
const maxPictureBytes = 8 * 1024 * 1024;

/**
 * Opens a collector; parameter sets of the description go first, for some cameras say them there alone. A picture of which a packet was lost is passed
 * over: the next key frame is taken.
 */
export function openPictureCollector(track: Track & { readonly codec: Codec }): PictureCollector {
  const described = parameterSets(track).flatMap((unit) => [startCode, unit]);
  const takePayload = track.codec === 'h264' ? takeH264 : takeH265;
  let picture = noPicture(described);
  let time = -1;
  let sequence: number | undefined;

  const add = (unit: Buffer): void => {
    picture.units.push(startCode, unit);
    picture.isShown ||= isPicture(track.codec, unit);
  };
  const fragment = (first: Buffer, body: Buffer, isStart: boolean, isEnd: boolean): void => {
    const { open } = picture;
    if (isStart ? open : !open) picture.isWhole = false;
    const parts = isStart ? [first] : (open ?? []);
    parts.push(body);
    picture.open = isEnd ? undefined : parts;
    if (isEnd) add(Buffer.concat(parts));
  };
  const whole = (): Buffer | undefined => {
    const { units, open, isShown, isKey, isWhole } = picture;
    return isShown && isKey && isWhole && !open ? Buffer.concat(units) : undefined;
  };
  return {
    take(packet) {
      if (packet.length < 12) return undefined;
      const number = packet.readUInt16BE(2);
      const isNext = sequence === undefined || number === ((sequence + 1) & 0xffff);
      sequence = number;
      const now = timestampOf(packet, 0);
      if (now !== time) {
        // Without a marker it is over only if this packet is the very next.
        const before = isNext ? whole() : undefined;
        if (before) return before;
        time = now;
        // Parameter sets may come with a time of their own.
        if (picture.isShown || !picture.isWhole) picture = noPicture(described);
      }
      if (!isNext) picture.isWhole = false;
      const payload = payloadOf(packet);
      picture.bytes += payload?.length ?? 0;
      if (picture.bytes > maxPictureBytes) picture = { ...noPicture([]), isWhole: false, bytes: picture.bytes };
      else if (payload) {
        picture.isKey ||= (contentOf(track.codec, packet, 0, packet.length) & startsKey) !== 0;
        takePayload(payload, add, fragment);
      }
      return hasMarker(packet, 0) ? whole() : undefined;
    },
  };
}

/** A picture on its way. */
interface Picture {
  readonly units: Buffer[];
  /** Fragments of a unit whose end has not come. */
  open: Buffer[] | undefined;
  bytes: number;
  /** Whether there is more than parameter sets. */
  isShown: boolean;
  isKey: boolean;
  isWhole: boolean;
}

function noPicture(described: readonly Buffer[]): Picture {
  return { units: [...described], open: undefined, bytes: 0, isShown: false, isKey: false, isWhole: true };
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
function parameterSets({ parameters }: Track): readonly Buffer[] {
  return parameters
    .split(';')
    .filter((part) => /^sprop-(?:parameter-sets|vps|sps|pps)=/i.test(part))
    .flatMap((part) => part.slice(part.indexOf('=') + 1).split(','))
    .map((text) => Buffer.from(text, 'base64'))
    .filter((unit) => unit.length > 1);
}
