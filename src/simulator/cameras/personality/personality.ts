// What makes one vendor's cameras differ from another's on the wire: names, tokens, profiles, topics and quirks, as plain data.
import type { CameraTopic, TopicForm } from '../topics.ts';

/** Which ways of proving oneself the camera takes. */
export type CameraLogin = 'digest' | 'digest-sha256' | 'username-token' | 'either' | 'none';

/** What a camera does otherwise than a plain one. */
export interface Quirks {
  /** False: GetServices is unknown, GetCapabilities is not. */
  readonly getServices: boolean;
  /** False: there is Media2 alone. */
  readonly media1: boolean;
  /** The time is told to nobody who has not logged in. */
  readonly clockNeedsLogin: boolean;
  /** `internal`: every address that it tells is that of another network. `several`: discovery tells unreachable addresses first. */
  readonly addresses: 'right' | 'internal' | 'several';
  /** The same WS-Discovery endpoint for all cameras of this kind. */
  readonly sharedEndpoint: string | undefined;
  /** False: a token may come again as it was. */
  readonly remembersTokens: boolean;
  /** Basic is offered (and taken) before Digest. */
  readonly basic: boolean;
  /** After so many failed logins in a row nobody is let in for `lockMs`; each is answered `status`. */
  readonly lock: { readonly failures: number; readonly lockMs: number; readonly status: number } | undefined;
  /** After so many faults within a minute no connection is taken for `lockMs`. */
  readonly faultLock: { readonly faults: number; readonly lockMs: number } | undefined;
  /** False: there are no pull points, only base notification (wsnt:Subscribe). */
  readonly pullPoints: boolean;
  readonly maxPullPoints: number;
  /** Longer pulls are refused with the limits. */
  readonly maxPullMs: number;
  readonly maxPullMessages: number;
  /** A pull that brought nothing so long ends with its connection, unanswered. */
  readonly closePullMs: number | undefined;
  /** Which termination times are understood. */
  readonly termination: 'both' | 'absolute' | 'relative';
  /** `fault`: Renew is answered with a fault, yet the subscription lives as long as it is pulled. */
  readonly renew: 'works' | 'fault';
  /** `parameter`: all subscriptions have one address, and a reference parameter tells them apart. */
  readonly reference: 'address' | 'parameter';
  /** False: SetSynchronizationPoint is unknown. */
  readonly synchronises: boolean;
  /** `every`: each segment of a topic has a prefix. */
  readonly prefixes: 'first' | 'every';
  /** Written for true and false. */
  readonly values: readonly [on: string, off: string] | undefined;
  /** `zero`: 0000-00-00T00:00:00Z. `no-zone`: no Z at the end. */
  readonly times: 'iso' | 'zero' | 'no-zone';
  /** False: messages do not say Initialized or Changed. */
  readonly operations: boolean;
  /** Messages of one topic that wait together are put under one topic element. */
  readonly bundles: boolean;
  /** HTTP connections end after each answer. */
  readonly closesConnections: boolean;
}

/** A camera as its standard wants it. */
export const plainQuirks: Quirks = {
  getServices: true,
  media1: true,
  clockNeedsLogin: false,
  addresses: 'right',
  sharedEndpoint: undefined,
  remembersTokens: true,
  basic: false,
  lock: undefined,
  faultLock: undefined,
  pullPoints: true,
  maxPullPoints: 8,
  maxPullMs: 120_000,
  maxPullMessages: 100,
  closePullMs: undefined,
  termination: 'both',
  renew: 'works',
  reference: 'address',
  synchronises: true,
  prefixes: 'first',
  values: undefined,
  times: 'iso',
  operations: true,
  bundles: false,
  closesConnections: false,
};

/** A media profile of each channel. */
export interface ProfilePlan {
  /** The profile's token on a channel. */
  token(channel: number): string;
  readonly name: string;
  /** `codec`: H.264 or H.265 as the camera is set up. */
  readonly encoding: 'codec' | 'H264' | 'H265' | 'JPEG';
  /** What the profile says; the clip that plays is smaller. */
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  /** What its RTSP address plays; undefined: 404. */
  readonly plays: 'main' | 'sub' | undefined;
}

/** Names by which a camera calls the parts of a channel, which count from 1. */
export interface Tokens {
  source(channel: number): string;
  configuration(channel: number): string;
  analytics(channel: number): string;
}

/** One vendor's cameras. */
export interface Personality {
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  readonly hardware: string;
  /** First three bytes of its MAC addresses, `00:09:18`. */
  readonly oui: string;
  readonly loginBy: CameraLogin;
  readonly codec: 'h264' | 'h265';
  readonly media2: boolean;
  readonly sound: boolean;
  readonly ptz: boolean;
  readonly channels: number;
  readonly relays: number;
  readonly inputs: number;
  readonly imaging: boolean;
  readonly tokens: Tokens;
  /** The same for each channel, main first. */
  readonly profiles: readonly ProfilePlan[];
  /** Namespaces of vendor's topics by their prefixes. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Topics that it writes otherwise than the standard. */
  readonly topics: Partial<Readonly<Record<CameraTopic, TopicForm>>>;
  /** Topics that it lists and synchronises. */
  readonly has: readonly CameraTopic[];
  readonly quirks: Quirks;
}

/** A profile plan in one line. */
export function plan(
  token: (channel: number) => string,
  name: string,
  form: { encoding: ProfilePlan['encoding']; size: readonly [width: number, height: number]; rate?: number; plays?: 'main' | 'sub' },
): ProfilePlan {
  const { encoding, size, rate = 15, plays } = form;
  return { token, name, encoding, width: size[0], height: size[1], rate, plays };
}

/** Topics of the standard that a plain camera has. */
export const plainHas: readonly CameraTopic[] = [
  'digital-input',
  'motion',
  'tamper',
  'intrusion',
  'line-crossing',
  'video-loss',
  'storage-failure',
];
