// The way to a camera's pictures, step by step: OPTIONS, DESCRIBE, SETUP of the one video track, PLAY (RFC 2326 §14).
import type { SourceFailure } from '../faults.ts';
import {
  baseOf,
  type ChannelPair,
  chooseTrack,
  header,
  interleavedOffer,
  parseSdp,
  parseSession,
  type RtspResponse,
  resolveControl,
  serverPorts,
  type Track,
} from '../rtsp/index.ts';
import type { CameraConnection } from './connection.ts';
import type { UdpEar } from './udp-ear.ts';

/** A camera whose track is set up, ready to play. */
export interface Prepared {
  readonly track: Track;
  readonly channels: ChannelPair;
  /** Aggregate address, for PLAY, keep-alive and TEARDOWN. */
  readonly url: string;
  readonly session: string;
  readonly timeoutS: number;
  /** Whether GET_PARAMETER keeps the session alive; else OPTIONS does. */
  readonly hasGetParameter: boolean;
}

/** What the camera offers at an address, before anything is set up. */
export interface Offer {
  readonly track: Track;
  /** What controls are relative to (RFC 2326 §C.1.1). */
  readonly base: string;
  /** The control of the whole session, as the SDP says it. */
  readonly control: string | undefined;
  readonly hasGetParameter: boolean;
}

/** The offer, or why there is none. */
export type Offering = { readonly ok: true; readonly offer: Offer } | { readonly ok: false; readonly failure: SourceFailure };

export type Preparation = { readonly ok: true; readonly prepared: Prepared } | { readonly ok: false; readonly failure: SourceFailure };

/** Asks for as many channels as one track needs. */
const asked: ChannelPair = { rtp: 0, rtcp: 1 };

/** What is wanted of a camera: its pictures, or what its own analysis says of them. */
export type Wanted = 'video' | 'metadata';

/** OPTIONS and DESCRIBE: the first H.264, H.265 or JPEG track, or that of metadata; a camera gives nothing away for it. */
export async function describe(connection: CameraConnection, url: string, wanted: Wanted): Promise<Offering> {
  const options = await connection.request('OPTIONS', url);
  if (!options.ok) return options;
  const described = await connection.request('DESCRIBE', url, { Accept: 'application/sdp' });
  if (!described.ok) return described;
  if (described.response.status !== 200) return refused('DESCRIBE', described.response);

  const sdp = parseSdp(described.response.body.toString('utf8'));
  const track = chooseTrack(sdp, wanted);
  if (!track) {
    const kinds = sdp.media.map((media) => media.kind).join(' ');
    const failure =
      wanted === 'video'
        ? ({ reason: 'no-video', detail: kinds } as const)
        : ({ reason: 'refused', detail: `no ONVIF metadata: ${kinds}` } as const);
    return { ok: false, failure: { ...failure, detail: failure.detail.slice(0, 120) } };
  }
  const hasGetParameter = /\bGET_PARAMETER\b/i.test(header(options.response, 'public') ?? '');
  return { ok: true, offer: { track, base: baseOf(described.response, url), control: sdp.control, hasGetParameter } };
}

/** Opens an ear for packets of the camera at an IP address; undefined where there is none. It is closed with the source. */
export type OpenEar = (camera: string, channels: ChannelPair) => Promise<UdpEar | undefined>;

/**
 * OPTIONS, DESCRIBE and SETUP. Only the one track that is wanted is set up; audio and all others never are. A camera that refuses to send over the connection (461) is
 * asked to send over UDP.
 */
export async function prepare(connection: CameraConnection, url: string, wanted: Wanted, openEar: OpenEar): Promise<Preparation> {
  const offering = await describe(connection, url, wanted);
  if (!offering.ok) return offering;
  const { track, base, control, hasGetParameter } = offering.offer;
  const target = resolveControl(base, track.control);
  let setUp = await connection.request('SETUP', target, { Transport: `RTP/AVP/TCP;unicast;interleaved=${asked.rtp}-${asked.rtcp}` });
  if (!setUp.ok) return setUp;
  let ear: UdpEar | undefined;
  if (setUp.response.status === 461 && connection.peer !== undefined) {
    ear = await openEar(connection.peer, asked);
    if (!ear) return refused('SETUP', setUp.response);
    setUp = await connection.request('SETUP', target, { Transport: `RTP/AVP;unicast;client_port=${ear.ports.rtp}-${ear.ports.rtcp}` });
    if (!setUp.ok) return setUp;
  }
  if (setUp.response.status !== 200) return refused('SETUP', setUp.response);
  const transport = header(setUp.response, 'transport') ?? '';
  const channels = ear ? asked : (interleavedOffer(transport, asked) ?? asked);
  const theirs = serverPorts(transport);
  if (theirs) ear?.greet(theirs);
  const { id, timeoutS } = parseSession(header(setUp.response, 'session') ?? '');
  return { ok: true, prepared: { track, channels, url: resolveControl(base, control), session: id, timeoutS, hasGetParameter } };
}

/** PLAY; packets may come before its answer. Undefined when it is answered well. */
export async function play(connection: CameraConnection, prepared: Prepared): Promise<SourceFailure | undefined> {
  const played = await connection.request('PLAY', prepared.url, { ...sessionHeader(prepared), Range: 'npt=0.000-' });
  if (!played.ok) return played.failure;
  return played.response.status === 200 ? undefined : refused('PLAY', played.response).failure;
}

/** Keeps the session alive. */
export function keepAlive(connection: CameraConnection, prepared: Prepared): void {
  connection.beat(prepared.hasGetParameter ? 'GET_PARAMETER' : 'OPTIONS', prepared.url, sessionHeader(prepared));
}

/** Says goodbye; a camera has few sessions to give. */
export function tearDown(connection: CameraConnection, prepared: Prepared): void {
  connection.send('TEARDOWN', prepared.url, sessionHeader(prepared));
}

function sessionHeader(prepared: Prepared): Readonly<Record<string, string>> {
  return prepared.session === '' ? {} : { Session: prepared.session };
}

function refused(method: string, response: RtspResponse): { readonly ok: false; readonly failure: SourceFailure } {
  const reason = response.reason.replace(/[^\x20-\x7e]/g, '').slice(0, 80);
  const isBusy = response.status >= 500 || response.status === 453;
  const detail = `${method} ${response.status} ${reason}`.trim();
  return { ok: false, failure: { reason: isBusy ? 'busy' : 'refused', detail } };
}
