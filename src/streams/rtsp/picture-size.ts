// The size of the pictures, from the sequence parameter set in a stream's description (RFC 6184 §8.1, RFC 7798 §7.1). No frame is looked into.
import type { Track } from './sdp.ts';

/** In pixels, as they are shown. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const maxSide = 16_384;
const maxSetBytes = 512;
const cached = new WeakMap<object, { readonly size: PictureSize | undefined }>();

/** Undefined where the description has no parameter set, or one that cannot be read. Never throws. */
export function sizeOf(track: Pick<Track, 'codec' | 'parameters'>): PictureSize | undefined {
  const known = cached.get(track);
  if (known) return known.size;
  const size = readSize(track);
  cached.set(track, { size });
  return size;
}

function readSize({ codec, parameters }: Pick<Track, 'codec' | 'parameters'>): PictureSize | undefined {
  const name = codec === 'h264' ? 'sprop-parameter-sets' : 'sprop-sps';
  const value = new RegExp(`(?:^|;)\\s*${name}=([A-Za-z0-9+/=,]*)`, 'i').exec(parameters)?.[1];
  if (codec === 'jpeg' || codec === 'metadata' || value === undefined) return undefined;
  for (const text of value.split(',').slice(0, 8)) {
    const bytes = Buffer.from(text, 'base64').subarray(0, maxSetBytes);
    const size = codec === 'h264' ? sizeOfH264(bytes) : sizeOfH265(bytes);
    if (size) return size;
  }
  return undefined;
}

/** High profiles, whose set says more about colours (ITU-T H.264 §7.3.2.1.1). */
const highProfiles: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** §7.4.2.1.1: no set of a camera has more pictures in its cycle. */
const maxCycle = 255;

/**
 * Whether a unit of H.264 can be given to a program that believes it: false for a sequence parameter set that is longer than any, or whose cycle of pictures is
 * one that such a program would count through for hours.
 */
export function isHarmless(unit: Buffer): boolean {
  if (((unit[0] ?? 0) & 0x1f) !== 7) return true;
  if (unit.length > maxSetBytes) return false;
  const { bits, cycle } = startOfH264(unit);
  return cycle <= maxCycle && !bits.isAbsurd;
}

/** The same of all units that a description names. */
export function hasHarmlessSets({ codec, parameters }: Pick<Track, 'codec' | 'parameters'>): boolean {
  if (codec !== 'h264') return true;
  const value = /(?:^|;)\s*sprop-parameter-sets=([A-Za-z0-9+/=,]*)/i.exec(parameters)?.[1] ?? '';
  return value.split(',').every((text) => isHarmless(Buffer.from(text, 'base64')));
}

/** ITU-T H.264 §7.3.2.1.1, §7.4.2.1.1. */
function sizeOfH264(unit: Buffer): PictureSize | undefined {
  if (((unit[0] ?? 0) & 0x1f) !== 7) return undefined;
  const { bits, chroma } = startOfH264(unit);
  bits.golomb();
  bits.read(1);
  const columns = bits.golomb() + 1;
  const rows = bits.golomb() + 1;
  const framesOnly = bits.read(1);
  if (framesOnly === 0) bits.read(1);
  bits.read(1);
  const tall = 2 - framesOnly;
  const [left, right, top, bottom] = bits.read(1) === 1 ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()] : [0, 0, 0, 0];
  const cropX = chroma === 1 || chroma === 2 ? 2 : 1;
  const cropY = (chroma === 1 ? 2 : 1) * tall;
  return sane(bits, columns * 16 - (left + right) * cropX, rows * 16 * tall - (top + bottom) * cropY);
}

/** A set up to its reference frames. */
function startOfH264(unit: Buffer): { readonly bits: Bits; readonly chroma: number; readonly cycle: number } {
  const bits = new Bits(unit, 1);
  const profile = bits.read(8);
  bits.read(16);
  bits.golomb();
  let chroma = 1;
  if (highProfiles.has(profile)) {
    chroma = bits.golomb();
    if (chroma === 3 && bits.read(1) === 1) chroma = 0;
    bits.golomb();
    bits.golomb();
    bits.read(1);
    if (bits.read(1) === 1) skipScaling(bits, chroma === 3 ? 12 : 8);
  }
  bits.golomb();
  return { bits, chroma, cycle: skipOrder(bits) };
}

function skipScaling(bits: Bits, lists: number): void {
  for (let list = 0; list < lists && !bits.isOver; list += 1) {
    if (bits.read(1) === 0) continue;
    let last = 8;
    for (let at = 0, next = 8; at < (list < 6 ? 16 : 64) && !bits.isOver; at += 1) {
      if (next !== 0) next = (last + bits.signed() + 256) & 0xff;
      last = next === 0 ? last : next;
    }
  }
}

/** How many pictures the cycle has, 0 where there is none. */
function skipOrder(bits: Bits): number {
  const type = bits.golomb();
  if (type === 0) bits.golomb();
  if (type !== 1) return 0;
  bits.read(1);
  bits.golomb();
  bits.golomb();
  const cycle = bits.golomb();
  for (let at = 0; at < cycle && !bits.isOver; at += 1) bits.golomb();
  return cycle;
}

/** ITU-T H.265 §7.3.2.2.1, §7.3.3. */
function sizeOfH265(unit: Buffer): PictureSize | undefined {
  if ((((unit[0] ?? 0) >> 1) & 0x3f) !== 33) return undefined;
  const bits = new Bits(unit, 2);
  bits.read(4);
  const layers = bits.read(3);
  bits.read(1);
  bits.skip(88 + 8);
  const present = Array.from({ length: layers }, () => [bits.read(1), bits.read(1)] as const);
  if (layers > 0) bits.skip(2 * (8 - layers));
  for (const [profile, level] of present) bits.skip(88 * profile + 8 * level);
  bits.golomb();
  const chroma = bits.golomb();
  if (chroma === 3) bits.read(1);
  const width = bits.golomb();
  const height = bits.golomb();
  const [left, right, top, bottom] = bits.read(1) === 1 ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()] : [0, 0, 0, 0];
  const cropX = chroma === 1 || chroma === 2 ? 2 : 1;
  const cropY = chroma === 1 ? 2 : 1;
  return sane(bits, width - (left + right) * cropX, height - (top + bottom) * cropY);
}

function sane(bits: Bits, width: number, height: number): PictureSize | undefined {
  return !bits.isOver && width > 0 && height > 0 && width <= maxSide && height <= maxSide ? { width, height } : undefined;
}

/** The bits of a unit from `start` on, the bytes that only keep start codes away left out (H.264 §7.4.1, H.265 §7.4.2). */
class Bits {
  /** Whether there was a number so long that each program reads it in its own way. */
  isAbsurd = false;
  private readonly bytes: readonly number[];
  private at = 0;

  constructor(unit: Buffer, start: number) {
    this.bytes = [...unit].filter(
      (byte, at) => at >= start && !(byte === 3 && at >= start + 2 && unit[at - 1] === 0 && unit[at - 2] === 0),
    );
  }

  /** Whether more was read than there is: what was read then is 0. */
  get isOver(): boolean {
    return this.at > this.bytes.length * 8;
  }

  /** At most 32. */
  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1, this.at += 1)
      value = value * 2 + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
    return value;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** ue(v), H.264 §9.1. */
  golomb(): number {
    let zeros = 0;
    while (zeros < 32 && !this.isOver && this.read(1) === 0) zeros += 1;
    this.isAbsurd ||= zeros >= 31;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v). */
  signed(): number {
    const code = this.golomb();
    return code & 1 ? (code + 1) / 2 : -code / 2;
  }
}
