// FLV as it is passed on (Adobe FLV 10.1, Enhanced RTMP): the stream cut into tags, its header corrected, units of one picture put together. Pure.

/** One tag with its trailing length, or the file's header. */
export interface FlvTag {
  readonly bytes: Buffer;
  /** `header`: file header, metadata, parameter sets, which every reader needs. */
  readonly kind: 'header' | 'key' | 'frame';
}

export interface FlvCutter {
  /** Takes bytes in and hands whole tags on. False: this is no FLV, or a tag is too large; nothing more is taken then. */
  feed(bytes: Buffer): boolean;
}

const fileHeaderBytes = 13;
const tagHeaderBytes = 11;
const videoTag = 9;
const scriptTag = 18;

/** The units of one picture, which node-media-server gives a tag each: players take them for as many pictures. */
interface Held {
  readonly time: number;
  readonly first: Buffer;
  readonly rest: Buffer[];
  bytes: number;
  isKey: boolean;
  hasPicture: boolean;
}

/**
 * Opens a cutter. Tags of sound are passed over, and the header says that there is none: players would wait for it. No tag is larger than `maxTagBytes`.
 * A picture is handed on when the next one begins.
 */
export function openFlvCutter(maxTagBytes: number, sink: (tag: FlvTag) => void): FlvCutter {
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  let sound = true;
  let held: Held | undefined;

  const flush = (): void => {
    if (held?.hasPicture) sink({ bytes: joined(held), kind: held.isKey ? 'key' : 'frame' });
    held = undefined;
  };
  const hold = (tag: Buffer, isKey: boolean): void => {
    const time = tag.readUIntBE(4, 3) + (tag[7] ?? 0) * 2 ** 24;
    if (!held || held.time !== time || leadOf(held.first) !== leadOf(tag) || held.bytes + tag.length > maxTagBytes) {
      flush();
      held = { time, first: tag, rest: [], bytes: 0, isKey: false, hasPicture: false };
    } else held.rest.push(tag);
    held.bytes += tag.length;
    held.isKey ||= isKey;
    held.hasPicture ||= holdsPicture(tag);
  };
  const begin = (): boolean | undefined => {
    if (rest.length < fileHeaderBytes) return undefined;
    if (rest.toString('latin1', 0, 3) !== 'FLV') return false;
    const bytes = Buffer.from(rest.subarray(0, fileHeaderBytes));
    bytes[4] = 0x01;
    rest = rest.subarray(fileHeaderBytes);
    begun = true;
    sink({ bytes, kind: 'header' });
    return true;
  };
  const cut = (): boolean | undefined => {
    if (rest.length < tagHeaderBytes) return undefined;
    const size = rest.readUIntBE(1, 3);
    if (size > maxTagBytes) return false;
    const end = tagHeaderBytes + size + 4;
    if (rest.length < end) return undefined;
    const bytes = rest.subarray(0, end);
    rest = rest.subarray(end);
    const kind = kindOf(bytes, size);
    if (kind === 'header') {
      flush();
      sink({ bytes, kind });
    } else if (kind) hold(bytes, kind === 'key');
    return true;
  };
  return {
    feed(bytes) {
      if (!sound) return false;
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (let step = begun ? cut() : begin(); step !== undefined; step = cut()) {
        sound = step;
        if (!sound) return false;
      }
      return true;
    },
  };
}

function isEnhanced(tag: Buffer): boolean {
  return ((tag[tagHeaderBytes] ?? 0) & 0x80) !== 0;
}

function kindOf(tag: Buffer, size: number): FlvTag['kind'] | undefined {
  const type = (tag[0] ?? 0) & 0x1f;
  if (type === scriptTag) return 'header';
  if (type !== videoTag || size < 5) return undefined;
  const first = tag[tagHeaderBytes] ?? 0;
  const isSequenceStart = isEnhanced(tag) ? (first & 0x0f) === 0 : (first & 0x0f) === 7 && tag[tagHeaderBytes + 1] === 0;
  if (isSequenceStart) return 'header';
  return ((first >> 4) & 0x07) === 1 ? 'key' : 'frame';
}

/** Bytes before the first unit: H.264 and coded frames of H.265 have a composition time there, coded frames X have none (Enhanced RTMP). */
function leadOf(tag: Buffer): number {
  return isEnhanced(tag) && ((tag[tagHeaderBytes] ?? 0) & 0x0f) === 1 ? 8 : 5;
}

/** Whether a unit of a picture is in it, not of its description alone. */
function holdsPicture(tag: Buffer): boolean {
  const end = tag.length - 4;
  for (let at = tagHeaderBytes + leadOf(tag); at + 5 <= end; at += 4 + tag.readUInt32BE(at)) {
    const first = tag[at + 4] ?? 0;
    const type = isEnhanced(tag) ? (first >> 1) & 0x3f : first & 0x1f;
    if (isEnhanced(tag) ? type < 32 : type >= 1 && type <= 5) return true;
  }
  return false;
}

function joined({ first, rest, isKey }: Held): Buffer {
  if (rest.length === 0) return first;
  const units = rest.map((tag) => tag.subarray(tagHeaderBytes + leadOf(tag), -4));
  const bytes = Buffer.concat([first.subarray(0, -4), ...units, Buffer.alloc(4)]);
  bytes.writeUIntBE(bytes.length - tagHeaderBytes - 4, 1, 3);
  bytes.writeUInt32BE(bytes.length - 4, bytes.length - 4);
  const begin = bytes[tagHeaderBytes] ?? 0;
  bytes[tagHeaderBytes] = isKey ? (begin & 0x8f) | 0x10 : begin;
  return bytes;
}
