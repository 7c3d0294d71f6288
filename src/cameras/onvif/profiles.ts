// A camera's media profiles as it tells them, by Media2 or by Media1, and nothing made of them yet.
import { attribute, child, childrenOf, descend, textAt, type XmlElement } from '../xml/index.ts';

/** One media profile that carries video (Media1 or Media2). Numbers are 0 where the camera does not tell them. */
export interface Profile {
  readonly token: string;
  readonly name: string;
  /** Token of the video source. */
  readonly source: string;
  readonly sourceConfiguration: string;
  readonly sourceName: string;
  /** `H264`, `H265`, `JPEG`. */
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  /** Pictures a second. */
  readonly rate: number;
  /** Kilobits a second at most. */
  readonly kbps: number;
  /** Pictures from one key frame to the next. */
  readonly govLength: number;
  /** Whether sound is part of it. */
  readonly sound: boolean;
  /** Token of the configuration of its video analytics; empty where it has none. */
  readonly analytics: string;
  /** The head that moves it. */
  readonly ptz: { readonly configuration: string; readonly node: string } | undefined;
}

const maxProfiles = 512;
const spoken: Readonly<Record<string, string>> = { H264: 'H264', H265: 'H265', HEVC: 'H265', JPEG: 'JPEG', MJPEG: 'JPEG' };

/** The profiles with video in a GetProfilesResponse of either media service; others are left out. At most 512. */
export function readProfiles(body: XmlElement): readonly Profile[] {
  const entries = childrenOf(child(body, 'GetProfilesResponse'), 'Profiles').slice(0, maxProfiles);
  return entries.flatMap((entry) => readProfile(entry) ?? []);
}

/** Media2 keeps the configurations of a profile in an element of their own, under other names (ONVIF Media2 §5.2.2). */
function readProfile(entry: XmlElement): Profile | undefined {
  const media2 = child(entry, 'Configurations');
  const part = (name2: string, name1: string): XmlElement | undefined => (media2 ? child(media2, name2) : child(entry, name1));
  const source = part('VideoSource', 'VideoSourceConfiguration');
  const encoder = part('VideoEncoder', 'VideoEncoderConfiguration');
  const encoding = spoken[textAt(encoder, 'Encoding').toUpperCase()];
  const token = attribute(entry, 'token');
  const sourceToken = textAt(source, 'SourceToken');
  if (!token || sourceToken === '' || encoding === undefined) return undefined;
  const ptz = part('PTZ', 'PTZConfiguration');
  const rates = child(encoder, 'RateControl');
  return {
    token,
    name: textAt(entry, 'Name'),
    source: sourceToken,
    sourceConfiguration: attribute(source, 'token') ?? '',
    sourceName: textAt(source, 'Name'),
    encoding,
    width: numberAt(encoder, 'Resolution', 'Width'),
    height: numberAt(encoder, 'Resolution', 'Height'),
    rate: numberAt(rates, 'FrameRateLimit'),
    kbps: numberAt(rates, 'BitrateLimit'),
    govLength: Number(attribute(encoder, 'GovLength')) || numberAt(encoder, encoding, 'GovLength'),
    sound: part('AudioEncoder', 'AudioEncoderConfiguration') !== undefined,
    analytics: attribute(part('Analytics', 'VideoAnalyticsConfiguration'), 'token') ?? '',
    ptz: ptz && { configuration: attribute(ptz, 'token') ?? '', node: textAt(ptz, 'NodeToken') },
  };
}

function numberAt(element: XmlElement | undefined, ...names: string[]): number {
  const value = Number(descend(element, ...names)?.text);
  return Number.isFinite(value) && value > 0 ? value : 0;
}
