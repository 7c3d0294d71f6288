// The clips that every virtual camera plays: read once, packetised once, shared by all sessions.
import { readFileSync } from 'node:fs';
import { type AccessUnit, groupPictures, nalType, splitAdts, splitAnnexB, type VideoCodec } from './annexb.ts';
import { audioPayload, frameOf, type RtpFrame, videoPayloads } from './packets.ts';

/** One track of a clip, looped by whoever plays it. */
export interface Track {
  readonly media: 'video' | 'audio';
  readonly payloadType: number;
  readonly clockRate: number;
  /** RTP ticks from one frame to the next. */
  readonly ticks: number;
  readonly frames: readonly RtpFrame[];
  /** Lines of the SDP's media section that describe the coding. */
  readonly attributes: readonly string[];
}

/** What plays on one address: the picture, and the sound where the camera has a microphone. */
export interface Clip {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly tracks: readonly Track[];
}

export type ClipName = 'main-h264' | 'main-h265' | 'sub-h264';

const videoFiles = {
  'main-h264': { file: 'main.h264', codec: 'h264', width: 640, height: 360 },
  'main-h265': { file: 'main.h265', codec: 'h265', width: 640, height: 360 },
  'sub-h264': { file: 'sub.h264', codec: 'h264', width: 320, height: 180 },
} as const;
const pictureTicks = 90_000 / 15;
const loaded = new Map<string, unknown>();

function once<T>(name: string, make: () => T): T {
  if (!loaded.has(name)) loaded.set(name, make());
  return loaded.get(name) as T;
}

function readClip(file: string): Buffer {
  return readFileSync(new URL(`../clips/${file}`, import.meta.url));
}

/** A clip with or without its sound. Loaded at first use, then shared. */
export function loadClip(name: ClipName, sound: boolean): Clip {
  const { file, codec, width, height } = videoFiles[name];
  const video = once(file, () => videoTrack(codec, readClip(file)));
  return once(`${name}/${sound}`, () => ({ codec, width, height, tracks: sound ? [video, once('sound.aac', soundTrack)] : [video] }));
}

/** The JPEG that every snapshot address answers with. */
export function loadStill(): Buffer {
  return once('still.jpg', () => readClip('still.jpg'));
}

function videoTrack(codec: VideoCodec, bytes: Buffer): Track {
  const pictures = groupPictures(codec, splitAnnexB(bytes));
  const frames = pictures.map((picture) => frameOf(videoPayloads(codec, picture.units), 96, picture.key));
  const attributes = codec === 'h264' ? h264Attributes(pictures[0]) : h265Attributes(pictures[0]);
  return { media: 'video', payloadType: 96, clockRate: 90_000, ticks: pictureTicks, frames, attributes };
}

function parameterSet(codec: VideoCodec, picture: AccessUnit | undefined, type: number): Buffer {
  return picture?.units.find((unit) => nalType(codec, unit) === type) ?? Buffer.alloc(0);
}

/** RFC 6184 §8.1. */
function h264Attributes(picture: AccessUnit | undefined): string[] {
  const sps = parameterSet('h264', picture, 7);
  const pps = parameterSet('h264', picture, 8);
  const sprop = `${sps.toString('base64')},${pps.toString('base64')}`;
  const level = sps.subarray(1, 4).toString('hex').toUpperCase();
  return ['rtpmap:96 H264/90000', `fmtp:96 packetization-mode=1;profile-level-id=${level};sprop-parameter-sets=${sprop}`];
}

/** RFC 7798 §7.1. */
function h265Attributes(picture: AccessUnit | undefined): string[] {
  const [vps, sps, pps] = [32, 33, 34].map((type) => parameterSet('h265', picture, type).toString('base64'));
  return ['rtpmap:96 H265/90000', `fmtp:96 sprop-vps=${vps};sprop-sps=${sps};sprop-pps=${pps}`];
}

/** RFC 3640 §4.1. */
function soundTrack(): Track {
  const aac = splitAdts(readClip('sound.aac'));
  const config = aac.config.toString(16).padStart(4, '0');
  const mode = 'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3';
  return {
    media: 'audio',
    payloadType: 97,
    clockRate: aac.sampleRate,
    ticks: 1024,
    frames: aac.frames.map((frame) => frameOf([audioPayload(frame)], 97, true)),
    attributes: [`rtpmap:97 MPEG4-GENERIC/${aac.sampleRate}/${aac.channels}`, `fmtp:97 ${mode};config=${config}`],
  };
}
