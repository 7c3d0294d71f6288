// Pure writing of a session description for the cameras, and the little reading of one that the hub's reader needs (RFC 8866).
import type { Clip } from './clip.ts';

/** The description of a clip at an address; tracks are controlled at `track1`, `track2`. */
export function describeClip(clip: Clip, host: string, session: number): string {
  const lines = [
    'v=0',
    `o=- ${session} 1 IN IP4 ${host}`,
    's=Bongsu simulated camera',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=range:npt=now-',
    'a=control:*',
  ];
  for (const [index, track] of clip.tracks.entries()) {
    lines.push(`m=${track.media} 0 RTP/AVP ${track.payloadType}`, ...track.attributes.map((attribute) => `a=${attribute}`));
    if (track.media === 'video') lines.push(`a=framesize:${track.payloadType} ${clip.width}-${clip.height}`, 'a=framerate:15');
    lines.push(`a=control:track${index + 1}`, 'a=recvonly');
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** A media section as a reader needs it. */
export interface MediaSection {
  /** `video`, `audio`, `application`. */
  readonly media: string;
  readonly control: string;
  /** Name in the rtpmap, upper case: `H264`. */
  readonly encoding: string;
}

const maxSections = 16;

/** Reads the media sections; at most 16, the rest is passed over. */
export function readSections(sdp: string): MediaSection[] {
  return sdp
    .split(/^m=/m)
    .slice(1, 1 + maxSections)
    .map((section) => ({
      media: /^[a-z]*/.exec(section)?.[0] ?? '',
      control: /^a=control:(\S+)/m.exec(section)?.[1] ?? '',
      encoding: (/^a=rtpmap:\d+ ([^/\s]+)/m.exec(section)?.[1] ?? '').toUpperCase(),
    }));
}
