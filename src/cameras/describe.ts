// All that is known of one camera, for `camera show`: what it said of itself, where its pictures are, how it is heard and what went wrong lately.
import type { Quality } from '#model';
import type { CameraAddress } from './address.ts';
import type { CameraState } from './camera-state.ts';
import type { EventCounters } from './events/index.ts';
import type { CameraRecord } from './supervise.ts';
import type { Trouble } from './troubles.ts';

/** A channel with the addresses of its pictures, without any login. */
export interface ChannelDescription {
  readonly number: number;
  readonly name: string;
  readonly streams: Readonly<Partial<Record<Quality, string>>>;
  readonly still: string | undefined;
}

/** What is known of a camera beyond its status. */
export interface CameraDescription {
  /** User name of the login that it is asked with; undefined: none. The password is never told. */
  readonly user: string | undefined;
  /** Its services, shortened: `media2 21.12`. */
  readonly services: readonly string[];
  readonly channels: readonly ChannelDescription[];
  /** End of its HTTPS certificate, as it writes it. */
  readonly certificateUntil: string | undefined;
  /** The subscription that stands or will be resumed. */
  readonly pullPoint: string | undefined;
  /** Messages by topic that is understood. */
  readonly topics: Readonly<Record<string, number>>;
  readonly troubles: readonly Trouble[];
}

/** Describes a camera; `pullPoint` is the kept subscription's address. */
export function describeCamera(
  { record, address, state }: { readonly record: CameraRecord; readonly address: CameraAddress | undefined; readonly state: CameraState },
  pullPoint: string | undefined,
): CameraDescription {
  const { profile, session, counters } = state;
  return {
    user: state.login?.user ?? record.login?.user,
    services: profile?.services.map(({ namespace, version }) => `${nameOf(namespace)} ${version}`.trim()) ?? [],
    channels: profile
      ? profile.channels.map(({ channel, streams, still }) => ({ ...channel, streams, still }))
      : enteredChannels(record, address),
    certificateUntil: session?.certificate?.validUntil,
    pullPoint,
    topics: topicsOf(counters),
    troubles: state.troubles.list(),
  };
}

/** `http://www.onvif.org/ver20/media/wsdl` → `media2`. */
function nameOf(namespace: string): string {
  const match = /ver(\d)0\/([\w/]+?)\/wsdl$/.exec(namespace);
  if (!match) return namespace.slice(0, 60);
  return match[1] === '2' && match[2] === 'media' ? 'media2' : (match[2] ?? '');
}

function enteredChannels({ device }: CameraRecord, address: CameraAddress | undefined): readonly ChannelDescription[] {
  if (address?.protocol !== 'rtsp') return [];
  return device.channels.map(({ number, name, streams }) => ({
    number,
    name,
    streams: streams ?? { main: address.url.href },
    still: undefined,
  }));
}

function topicsOf({ knownTopics }: EventCounters): Readonly<Record<string, number>> {
  return Object.fromEntries(knownTopics);
}
