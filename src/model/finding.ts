// What a look around the network found, and what the registry makes of it.
import type { DeviceIdentity } from './device.ts';

/** Why a host that was found cannot be used as it is. Several may hold at once. */
export const findingProblems = [
  'needs-password',
  'login-refused',
  'locked',
  'factory-state',
  'clock-wrong',
  'not-onvif',
  'silent',
] as const;
export type FindingProblem = (typeof findingProblems)[number];

/** By which way a host was found. */
export const findingWays = ['multicast', 'hello', 'unicast', 'http'] as const;
export type FindingWay = (typeof findingWays)[number];

/** A host that was found. Empty strings are what it did not tell. */
export interface Finding {
  /** As `Device.address`: `10.0.0.5`, `10.0.0.5:8080`, or an address with a path of its own. */
  readonly address: string;
  /** The endpoint of WS-Discovery, `urn:uuid:…`; some makers give the same one to many cameras. */
  readonly endpoint: string;
  /** `00:09:18:4a:5b:6c`. */
  readonly mac: string;
  readonly identity: DeviceIdentity;
  /** The name that it says of itself. */
  readonly name: string;
  readonly problems: readonly FindingProblem[];
  /** The host's clock minus ours, milliseconds; undefined when it told none. */
  readonly clockOffsetMs: number | undefined;
  readonly way: FindingWay;
}

/** What a finding means for what is registered. */
export const findingMeanings = ['new', 'known', 'moved', 'replaced'] as const;
export type FindingMeaning = (typeof findingMeanings)[number];

/** A finding as it is kept. */
export interface KeptFinding extends Finding {
  /** Names the row; stays the same when the camera moves. */
  readonly key: string;
  readonly meaning: FindingMeaning;
  /** Id of the registered device that it is, or in whose place it stands; empty when there is none. */
  readonly device: string;
  /** Wall milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** A change that a person has to decide. */
export interface Proposal {
  readonly id: number;
  /** `replaced`: another camera answers at the device's address. `moved`: the device seems to be elsewhere, but that is not certain. */
  readonly kind: 'replaced' | 'moved';
  readonly device: string;
  readonly before: { readonly address: string; readonly identity: DeviceIdentity };
  readonly after: { readonly address: string; readonly identity: DeviceIdentity; readonly mac: string; readonly endpoint: string };
  /** Wall milliseconds. */
  readonly time: number;
}

/** The serial in small letters where it tells one camera from another; empty for what makers leave the same on all: `0`, `123456789`. */
export function tellingSerial({ serial }: DeviceIdentity): string {
  const text = serial.trim().toLowerCase();
  const isTelling =
    text.length >= 4 &&
    !/^(.)\1*$/.test(text) &&
    !'01234567890123456789'.includes(text) &&
    !/^(none|null|unknown|n\/?a|default)$/.test(text);
  return isTelling ? text : '';
}
