// Pure reading of elementary streams: H.264 and H.265 byte streams into access units, ADTS into AAC frames.

export type VideoCodec = 'h264' | 'h265';

/** One picture: its NAL units without start codes. */
export interface AccessUnit {
  readonly units: readonly Buffer[];
  readonly key: boolean;
}

/** Type of a NAL unit (H.264 §7.3.1, H.265 §7.3.1.2). */
export function nalType(codec: VideoCodec, unit: Uint8Array): number {
  const first = unit[0] ?? 0;
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
}

/** Splits an Annex B byte stream at its start codes. */
export function splitAnnexB(bytes: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  let at = bytes.indexOf('\0\0\u0001', 0, 'latin1');
  while (at >= 0) {
    if (start >= 0) units.push(trimZeros(bytes.subarray(start, at)));
    start = at + 3;
    at = bytes.indexOf('\0\0\u0001', start, 'latin1');
  }
  if (start >= 0) units.push(trimZeros(bytes.subarray(start)));
  return units.filter((unit) => unit.length > 0);
}

function trimZeros(unit: Buffer): Buffer {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
}

function isPicture(codec: VideoCodec, type: number): boolean {
  return codec === 'h264' ? type >= 1 && type <= 5 : type < 32;
}

function isKey(codec: VideoCodec, type: number): boolean {
  return codec === 'h264' ? type === 5 : type >= 16 && type <= 21;
}

/** Groups NAL units into pictures: a new one starts at the first slice of a picture or at the parameter sets before it. */
export function groupPictures(codec: VideoCodec, units: readonly Buffer[]): AccessUnit[] {
  const pictures: AccessUnit[] = [];
  let open: Buffer[] = [];
  let slices = 0;
  let key = false;
  const close = (): void => {
    if (slices > 0) pictures.push({ units: open, key });
    open = [];
    slices = 0;
    key = false;
  };
  for (const unit of units) {
    const type = nalType(codec, unit);
    const slice = isPicture(codec, type);
    const firstSlice = ((codec === 'h264' ? unit[1] : unit[2]) ?? 0) >= 0x80;
    if (slices > 0 && (!slice || firstSlice)) close();
    open.push(unit);
    if (slice) slices += 1;
    if (isKey(codec, type)) key = true;
  }
  close();
  return pictures;
}

/** Raw AAC frames and the AudioSpecificConfig that describes them. */
export interface AacStream {
  readonly frames: readonly Buffer[];
  readonly config: number;
  readonly sampleRate: number;
  readonly channels: number;
}

const sampleRates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** Takes an ADTS stream apart (ISO/IEC 14496-3 §1.A.2). Stops at the first byte that is no frame. */
export function splitAdts(bytes: Buffer): AacStream {
  const frames: Buffer[] = [];
  let at = 0;
  let header = 0;
  while (at + 7 <= bytes.length && bytes.readUInt16BE(at) >> 4 === 0xfff) {
    header = bytes.readUInt32BE(at);
    const length = (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    const lead = header & 0x10000 ? 7 : 9;
    if (length <= lead || at + length > bytes.length) break;
    frames.push(bytes.subarray(at + lead, at + length));
    at += length;
  }
  const objectType = ((header >> 14) & 3) + 1;
  const rateIndex = (header >> 10) & 15;
  const channels = (header >> 6) & 7;
  return {
    frames,
    config: (objectType << 11) | (rateIndex << 7) | (channels << 3),
    sampleRate: sampleRates[rateIndex] ?? 16000,
    channels,
  };
}
