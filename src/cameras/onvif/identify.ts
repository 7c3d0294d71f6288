// Getting to know a camera: its clock, what it is, its services, channels and stream addresses, in the order of ONVIF Core and Media.
import type { DeviceIdentity, Quality } from '#model';
import { reachService, reachStream } from '../address.ts';
import type { Failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import { child, escapeXml, textAt, type XmlElement } from '../xml/index.ts';
import { openPackage, type PackageCalls } from './package.ts';
import { chooseChannels, readProfiles, type VideoChannel } from './profiles.ts';

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
  /** The event service, when it has one. */
  readonly events: URL | undefined;
}

export type IdentifyResult =
  | { readonly result: 'ok'; readonly profile: CameraProfile }
  | { readonly result: 'failed'; readonly failure: Failure };

/** Asks a camera who it is. Rejects with the reason of `signal` alone. */
export async function identifyCamera(session: SoapSession, signal: AbortSignal): Promise<IdentifyResult> {
  const clock = await session.readClock(signal);
  if (clock.result === 'failed') return clock;
  const calls = openPackage(session, signal);
  const services = await findServices(calls);
  if (services) return { result: 'failed', failure: services };
  const information = await calls.fetch('GetDeviceInformationResponse', (cam) => cam.getDeviceInformation());
  if (information.result === 'failed') return information;
  const media = await findChannels(calls);
  if (media.result === 'failed') return media;
  const channels: CameraChannel[] = [];
  for (const channel of media.channels) {
    const addressed = await findAddresses(channel, calls, session.base);
    if ('kind' in addressed) return { result: 'failed', failure: addressed };
    channels.push(addressed);
  }
  return { result: 'ok', profile: { identity: readIdentity(information.value), channels, events: calls.service('events') } };
}

/** GetServices, or GetCapabilities where that is unknown (ONVIF Core §8.1). A failure when the camera answers neither. */
async function findServices(calls: PackageCalls): Promise<Failure | undefined> {
  const services = await calls.ask<unknown>('GetServicesResponse', (cam, done) => cam.getServices(false, done));
  if (services.result === 'ok' || !mayTryElse(services)) return services.result === 'ok' ? undefined : services.failure;
  const capabilities = await calls.ask<unknown>('GetCapabilitiesResponse', (cam, done) => cam.getCapabilities(done));
  return capabilities.result === 'ok' ? undefined : capabilities.failure;
}

/** A camera that refuses or misunderstands one call may still answer its older sister; one that is gone or refuses the login will not. */
function mayTryElse(result: { readonly failure: Failure }): boolean {
  return ['fault', 'garbage'].includes(result.failure.kind);
}

// Read from the reply itself: the package turns a firmware "5.10" into the number 5.1.
function readIdentity(body: XmlElement): DeviceIdentity {
  const said = child(body, 'GetDeviceInformationResponse');
  const field = (name: string): string => textAt(said, name).slice(0, 100);
  return { maker: field('Manufacturer'), model: field('Model'), firmware: field('FirmwareVersion'), serial: field('SerialNumber') };
}

type Channels =
  | { readonly result: 'ok'; readonly channels: readonly VideoChannel[] }
  | { readonly result: 'failed'; readonly failure: Failure };

/** Media2 first, for it alone tells H.265; then Media1 (ONVIF Media2 §5.3, Media §5.2). A device without either has no channels. */
async function findChannels(calls: PackageCalls): Promise<Channels> {
  const versions = [calls.service('media2') ? true : undefined, calls.service('media') ? false : undefined];
  let last: Failure | undefined;
  for (const media2 of versions) {
    if (media2 === undefined) continue;
    calls.cam.media2Support = media2;
    const profiles = await calls.fetch('GetProfilesResponse', (cam) => cam.getProfiles());
    if (profiles.result === 'ok') {
      const channels = chooseChannels(readProfiles(profiles.value));
      if (channels.length > 0) return { result: 'ok', channels };
      continue;
    }
    if (!mayTryElse(profiles)) return profiles;
    last = profiles.failure;
  }
  return last ? { result: 'failed', failure: last } : { result: 'ok', channels: [] };
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
  const mainUri = await ask('GetStreamUriResponse', main, 'getStreamUri');
  if (typeof mainUri !== 'string') return mainUri;
  const subUri = sub === main ? mainUri : await ask('GetStreamUriResponse', sub, 'getStreamUri');
  if (typeof subUri !== 'string') return subUri;
  const still = await ask('GetSnapshotUriResponse', main, 'getSnapshotUri');
  if (typeof still !== 'string') return still;
  const stream = (said: string): string | undefined => reachStream(base, said)?.href;
  const streams = { main: stream(mainUri) ?? stream(subUri), sub: stream(subUri) ?? stream(mainUri) };
  return {
    ...channel,
    streams: Object.fromEntries(Object.entries(streams).filter(([, url]) => url !== undefined)),
    still: still === '' ? undefined : reachService(base, still)?.href,
  };
}
