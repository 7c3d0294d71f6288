// A camera's profiles as channels: one per video source, with the profile for its main and for its sub stream.
import type { Channel, Quality } from '#model';
import { attribute, child, childrenOf, descend, textAt, type XmlElement } from '../xml/index.ts';

/** One media profile that carries video (Media1 or Media2). */
export interface Profile {
  readonly token: string;
  readonly name: string;
  readonly source: string;
  readonly sourceConfiguration: string;
  /** `H264`, `H265`, `JPEG`. */
  readonly encoding: string;
  readonly pixels: number;
}

/** A video source, numbered in the order in which the camera tells it. */
export interface VideoChannel {
  readonly channel: Channel;
  /** Tokens by which events name this channel: the source and its configurations. */
  readonly tokens: readonly string[];
  readonly profiles: Readonly<Record<Quality, string>>;
}

const maxProfiles = 512;
const maxChannels = 128;
/** What a sub stream should not exceed: 1280 × 720. */
const subPixels = 921_600;
const spoken: Readonly<Record<string, string>> = { H264: 'H264', H265: 'H265', HEVC: 'H265', JPEG: 'JPEG', MJPEG: 'JPEG' };

/** The profiles with video in a GetProfilesResponse of either media service; others are left out. At most 512. */
export function readProfiles(body: XmlElement): readonly Profile[] {
  const entries = childrenOf(child(body, 'GetProfilesResponse'), 'Profiles').slice(0, maxProfiles);
  return entries.flatMap((entry) => {
    const media2 = child(entry, 'Configurations');
    const source = media2 ? child(media2, 'VideoSource') : child(entry, 'VideoSourceConfiguration');
    const encoder = media2 ? child(media2, 'VideoEncoder') : child(entry, 'VideoEncoderConfiguration');
    const encoding = spoken[textAt(encoder, 'Encoding').toUpperCase()];
    const token = attribute(entry, 'token');
    const sourceToken = textAt(source, 'SourceToken');
    if (!token || sourceToken === '' || encoding === undefined) return [];
    return {
      token,
      name: textAt(source, 'Name') || textAt(entry, 'Name'),
      source: sourceToken,
      sourceConfiguration: attribute(source, 'token') ?? '',
      encoding,
      pixels: sizeOf(descend(encoder, 'Resolution')),
    };
  });
}

function sizeOf(resolution: XmlElement | undefined): number {
  const pixels = Number(textAt(resolution, 'Width')) * Number(textAt(resolution, 'Height'));
  return Number.isFinite(pixels) ? pixels : 0;
}

/**
 * One channel per video source, at most 128. Main: the most pixels, H.264 and H.265 before JPEG. Sub: another one, the largest up to
 * 1280 × 720, else the smallest; the main one where there is no other.
 */
export function chooseChannels(profiles: readonly Profile[]): readonly VideoChannel[] {
  const sources = [...Map.groupBy(profiles, (profile) => profile.source)].slice(0, maxChannels);
  return sources.flatMap(([source, own], index) => {
    const ranked = own.toSorted((a, b) => rank(b) - rank(a) || b.pixels - a.pixels);
    const main = ranked[0];
    if (!main) return [];
    const others = ranked.filter((profile) => profile !== main && rank(profile) === rank(main));
    const sub = others.find((profile) => profile.pixels <= subPixels) ?? others.at(-1) ?? main;
    const tokens = new Set([source, ...own.map((profile) => profile.sourceConfiguration)]);
    const name = main.name.slice(0, 100) || `${index + 1}`;
    return { channel: { number: index + 1, name }, tokens: [...tokens], profiles: { main: main.token, sub: sub.token } };
  });
}

function rank(profile: Profile): number {
  return profile.encoding === 'JPEG' ? 0 : 1;
}
