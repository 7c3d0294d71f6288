// Stream descriptions: reads what a camera sends (RFC 8866), and writes the one that readers get, made anew from what is allowed in it.

/** Video codecs that are relayed. Nothing else leaves (개인정보 보호법 제25조⑤: no sound). */
type VideoCodec = 'h264' | 'h265' | 'jpeg';
/** With what a camera's own analysis says of its pictures, as XML (ONVIF Streaming §5.2.1.5), which is relayed where it is asked for by name. */
export type Codec = VideoCodec | 'metadata';

/** One `m=` section. */
export interface SdpMedia {
  readonly kind: string;
  readonly protocol: string;
  readonly payloadTypes: readonly number[];
  readonly control: string | undefined;
  /** Payload type → encoding name in capitals and clock rate. */
  readonly encodings: ReadonlyMap<number, { readonly name: string; readonly clockRate: number }>;
  /** Payload type → the parameters of `a=fmtp`. */
  readonly parameters: ReadonlyMap<number, string>;
}

export interface Sdp {
  /** Session-level `a=control`. */
  readonly control: string | undefined;
  readonly media: readonly SdpMedia[];
  /** Lines that were passed over, at most 16 of them, shortened. */
  readonly problems: readonly string[];
}

/** The one track that is set up. */
export interface Track {
  readonly codec: Codec;
  readonly payloadType: number;
  readonly control: string | undefined;
  /** Parameters that may be shown: only known names with harmless values. */
  readonly parameters: string;
}

const maxLines = 512;
const maxMedia = 32;
const codecs: Readonly<Record<string, VideoCodec>> = { H264: 'h264', H265: 'h265', HEVC: 'h265', JPEG: 'jpeg' };
const metadataEncoding = 'VND.ONVIF.METADATA';
const encodingNames: Readonly<Record<Codec, string>> = { h264: 'H264', h265: 'H265', jpeg: 'JPEG', metadata: 'vnd.onvif.metadata' };
const jpegPayloadType = 26;

interface OpenMedia {
  kind: string;
  protocol: string;
  payloadTypes: number[];
  control: string | undefined;
  encodings: Map<number, { name: string; clockRate: number }>;
  parameters: Map<number, string>;
}

/** Reads a description of at most 512 lines and 32 media; what is beyond is passed over and told as a problem. Never throws. */
export function parseSdp(text: string): Sdp {
  const lines = text.split(/\r\n|\r|\n/);
  const problems: string[] = [];
  const tell = (line: string): void => {
    if (problems.length < 16) problems.push(line.slice(0, 80));
  };
  const media: OpenMedia[] = [];
  let control: string | undefined;
  for (const line of lines.slice(0, maxLines)) {
    const value = line.slice(2).trim();
    const current = media.at(-1);
    if (line.startsWith('m=')) {
      const opened = media.length < maxMedia ? parseMedia(value) : undefined;
      if (opened) media.push(opened);
      else tell(line);
    } else if (line.startsWith('a=control:')) {
      if (current) current.control = line.slice(10).trim();
      else control = line.slice(10).trim();
    } else if (line.startsWith('a=') && current) {
      if (!readAttribute(current, value)) tell(line);
    }
  }
  if (lines.length > maxLines) tell('too many lines');
  return { control, media, problems };
}

function parseMedia(value: string): OpenMedia | undefined {
  const [kind, , protocol, ...formats] = value.split(/\s+/);
  if (!kind || !protocol) return undefined;
  const payloadTypes = formats.slice(0, 16).map(Number).filter(isPayloadType);
  return { kind: kind.toLowerCase(), protocol, payloadTypes, control: undefined, encodings: new Map(), parameters: new Map() };
}

function isPayloadType(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 127;
}

/** False when the attribute is one that matters and cannot be read. */
function readAttribute(media: OpenMedia, value: string): boolean {
  const encoding = /^rtpmap:\s*(\d{1,3})\s+([^/\s]{1,40})(?:\/(\d{1,9}))?/.exec(value);
  if (encoding) {
    media.encodings.set(Number(encoding[1]), { name: (encoding[2] ?? '').toUpperCase(), clockRate: Number(encoding[3] ?? 90_000) });
    return true;
  }
  const parameters = /^fmtp:\s*(\d{1,3})\s+(\S.{0,16383})$/.exec(value);
  if (parameters) media.parameters.set(Number(parameters[1]), parameters[2] ?? '');
  return parameters !== null || !/^(?:rtpmap|fmtp):/.test(value);
}

/** The track that is set up; undefined where there is none of what is wanted. */
export function chooseTrack(sdp: Sdp, wanted: 'video' | 'metadata'): Track | undefined {
  return wanted === 'video' ? chooseVideo(sdp) : chooseMetadata(sdp);
}

/** The first video track that is relayed: H.264, H.265 or JPEG over RTP. MPEG-TS, which can hide sound, is none. */
function chooseVideo(sdp: Sdp): Track | undefined {
  for (const media of sdp.media) {
    if (media.kind !== 'video' || !/^RTP\/S?AVPF?/i.test(media.protocol)) continue;
    for (const payloadType of media.payloadTypes) {
      const encoding = media.encodings.get(payloadType);
      const codec = encoding ? codecs[encoding.name] : payloadType === jpegPayloadType ? 'jpeg' : undefined;
      if (!codec) continue;
      return { codec, payloadType, control: media.control, parameters: allowParameters(media.parameters.get(payloadType) ?? '') };
    }
  }
  return undefined;
}

/** The first track of metadata over RTP that is not packed: what is packed (GZIP, EXI) cannot be seen to be no sound. */
function chooseMetadata(sdp: Sdp): Track | undefined {
  for (const media of sdp.media) {
    if (media.kind !== 'application' || !/^RTP\/S?AVPF?/i.test(media.protocol)) continue;
    const payloadType = media.payloadTypes.find((one) => media.encodings.get(one)?.name === metadataEncoding);
    if (payloadType !== undefined) return { codec: 'metadata', payloadType, control: media.control, parameters: '' };
  }
  return undefined;
}

const allowedParameters: ReadonlySet<string> = new Set([
  'packetization-mode',
  'profile-level-id',
  'sprop-parameter-sets',
  'profile-space',
  'profile-id',
  'tier-flag',
  'level-id',
  'sprop-vps',
  'sprop-sps',
  'sprop-pps',
  'sprop-max-don-diff',
]);

/** Keeps what a decoder needs (RFC 6184 §8.1, RFC 7798 §7.1); a camera's other words, which could carry an address, stay here. */
function allowParameters(text: string): string {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => {
      const equals = part.indexOf('=');
      return allowedParameters.has(part.slice(0, equals).toLowerCase()) && /^[A-Za-z0-9+/=,]{1,8192}$/.test(part.slice(equals + 1));
    })
    .join(';');
}

/** Whether both describe the same pictures, so that a reader of the one can go on with the other. */
export function sameTrack(a: Track, b: Track): boolean {
  return a.codec === b.codec && a.payloadType === b.payloadType && a.parameters === b.parameters;
}

/** The description that readers get: one track, parameter sets kept, no word of the camera's own. */
export function describeTrack(track: Track): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=Bongsu',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    `m=${track.codec === 'metadata' ? 'application' : 'video'} 0 RTP/AVP ${track.payloadType}`,
    `a=rtpmap:${track.payloadType} ${encodingNames[track.codec]}/90000`,
    ...(track.parameters === '' ? [] : [`a=fmtp:${track.payloadType} ${track.parameters}`]),
    'a=recvonly',
    'a=control:trackID=0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
