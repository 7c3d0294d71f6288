// Getting to know a camera: its clock, what it is, its services, channels and stream addresses, in the order of ONVIF Core and Media.
import type { DeviceIdentity, Quality } from '#model';
import { reachService, reachStream } from '../address.ts';
import { compact } from '../compact.ts';
import type { Failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import { child, escapeXml, textAt, type XmlElement } from '../xml/index.ts';
import { chooseChannels, plainChoice, type StreamChoice, type VideoChannel } from './channels.ts';
import type { CameraDetails } from './details.ts';
import { openPackage, type PackageCalls } from './package.ts';
import { type Profile, readProfiles } from './profiles.ts';
import { type CameraService, findServices, mayTryElse } from './services.ts';

/** A channel with the addresses of its pictures; those that the camera does not tell are absent. */
export interface CameraChannel extends VideoChannel {
  readonly streams: Readonly<Partial<Record<Quality, string>>>;
  /** HTTP address of a still. */
  readonly still: string | undefined;
}

/** What a camera said of itself. */
export interface CameraProfile {
  readonly identity: DeviceIdentity;
  readonly channels: readonly CameraChannel[];
  /** Numbers of its video sources, also of those that are gone: to be handed in the next time. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Address of the event service, when it has one. */
  readonly events: string | undefined;
  /** What it serves; empty when it did not tell versions (an old camera without GetServices). */
  readonly services: readonly CameraService[];
  /** All profiles with video, by the newest media service that tells any. */
  readonly profiles: readonly Profile[];
  readonly media: 'media2' | 'media1' | 'none';
  /** Address of that media service. */
  readonly mediaService: string | undefined;
  /** Whether sound is part of a profile: a microphone is on. */
  readonly microphone: boolean;
  /** What took further questions; undefined until they were asked. */
  readonly details: CameraDetails | undefined;
}

/** How a camera is to be understood. */
export interface IdentifyWishes {
  readonly choice: StreamChoice;
  /** Numbers that its video sources had before. */
  readonly numbers: ReadonlyMap<string, number>;
}

const plainWishes: IdentifyWishes = { choice: plainChoice, numbers: new Map() };

export type IdentifyResult =
  | { readonly result: 'ok'; readonly profile: CameraProfile }
  | { readonly result: 'failed'; readonly failure: Failure };

/** Asks a camera who it is. Rejects with the reason of `signal` alone. */
export async function identifyCamera(
  session: SoapSession,
  signal: AbortSignal,
  wishes: IdentifyWishes = plainWishes,
): Promise<IdentifyResult> {
  const clock = await session.readClock(signal);
  if (clock.result === 'failed') return clock;
  const calls = openPackage(session, signal);
  const told = await findServices(calls);
  if (told.result === 'failed') return told;
  const information = await calls.fetch('GetDeviceInformationResponse', (cam) => cam.getDeviceInformation());
  if (information.result === 'failed') return information;
  const media = await findProfiles(calls);
  if (media.result === 'failed') return media;
  const chosen = chooseChannels(media.profiles, wishes.choice, wishes.numbers);
  const channels: CameraChannel[] = [];
  for (const channel of chosen.channels) {
    const addressed = await findAddresses(channel, calls, session.base);
    if ('kind' in addressed) return { result: 'failed', failure: addressed };
    channels.push(addressed);
  }
  const { result: _, ...known } = media;
  return {
    result: 'ok',
    profile: compact({
      identity: readIdentity(information.value),
      channels,
      numbers: chosen.numbers,
      events: calls.service('events')?.href,
      services: told.services,
      ...known,
      mediaService: mediaServiceOf(calls, media.media),
      microphone: media.profiles.some(({ sound }) => sound),
      details: undefined,
    }),
  };
}

// Read from the reply itself: the package turns a firmware "5.10" into the number 5.1.
function readIdentity(body: XmlElement): DeviceIdentity {
  const said = child(body, 'GetDeviceInformationResponse');
  const field = (name: string): string => textAt(said, name).slice(0, 100);
  const hardware = field('HardwareId');
  return {
    maker: field('Manufacturer'),
    model: field('Model'),
    firmware: field('FirmwareVersion'),
    serial: field('SerialNumber'),
    ...(hardware !== '' && { hardware }),
  };
}

type Media =
  | { readonly result: 'ok'; readonly profiles: readonly Profile[]; readonly media: CameraProfile['media'] }
  | { readonly result: 'failed'; readonly failure: Failure };

/** Media2 first, for it alone tells H.265; then Media1 (ONVIF Media2 §5.3, Media §5.2). A device without either has no profiles. */
async function findProfiles(calls: PackageCalls): Promise<Media> {
  const versions = [calls.service('media2') ? true : undefined, calls.service('media') ? false : undefined];
  let last: Failure | undefined;
  for (const media2 of versions) {
    if (media2 === undefined) continue;
    calls.cam.media2Support = media2;
    const reply = await calls.fetch('GetProfilesResponse', (cam) => cam.getProfiles());
    if (reply.result === 'ok') {
      const profiles = readProfiles(reply.value);
      if (profiles.length > 0) return { result: 'ok', profiles, media: media2 ? 'media2' : 'media1' };
      continue;
    }
    if (!mayTryElse(reply)) return reply;
    last = reply.failure;
  }
  return last ? { result: 'failed', failure: last } : { result: 'ok', profiles: [], media: 'none' };
}

function mediaServiceOf(calls: PackageCalls, media: CameraProfile['media']): string | undefined {
  return media === 'none' ? undefined : calls.service(media === 'media2' ? 'media2' : 'media')?.href;
}

async function findAddresses(channel: VideoChannel, calls: PackageCalls, base: URL): Promise<CameraChannel | Failure> {
  const ask = async (expect: string, token: string, call: 'getStreamUri' | 'getSnapshotUri'): Promise<string | Failure> => {
    const profileToken = escapeXml(token);
    const options = call === 'getStreamUri' ? { protocol: 'RTSP', profileToken } : { profileToken };
    const reply = await calls.ask<{ uri: unknown }>(expect, (cam, done) => cam[call](options, done));
    if (reply.result === 'ok') return String(reply.value.uri);
    return mayTryElse(reply) ? '' : reply.failure;
  };
  const { main, sub } = channel.profiles;
  const mainUri = await ask('GetStreamUriResponse', main.token, 'getStreamUri');
  if (typeof mainUri !== 'string') return mainUri;
  const subUri = sub === main ? mainUri : await ask('GetStreamUriResponse', sub.token, 'getStreamUri');
  if (typeof subUri !== 'string') return subUri;
  const still = await ask('GetSnapshotUriResponse', main.token, 'getSnapshotUri');
  if (typeof still !== 'string') return still;
  const stream = (said: string): string | undefined => reachStream(base, said)?.href;
  const streams = { main: stream(mainUri) ?? stream(subUri), sub: stream(subUri) ?? stream(mainUri) };
  return {
    ...channel,
    streams: Object.fromEntries(Object.entries(streams).filter(([, url]) => url !== undefined)),
    still: still === '' ? undefined : reachService(base, still)?.href,
  };
}
