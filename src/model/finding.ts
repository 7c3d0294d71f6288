// What a look around the networks found.
import type { DeviceIdentity } from './device.ts';

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
  /** Why it cannot be used as it is. Several may hold at once. */
  readonly problems: readonly ('needs-password' | 'login-refused' | 'locked' | 'factory-state' | 'clock-wrong' | 'not-onvif' | 'silent')[];
  /** The host's clock minus ours, milliseconds; undefined when it told none. */
  readonly clockOffsetMs: number | undefined;
  /** By which way it was found. */
  readonly way: 'multicast' | 'hello' | 'unicast' | 'http';
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
