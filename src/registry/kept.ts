// What the registry makes of findings: rows with their times, and proposals to a person.
import type { DeviceIdentity, Finding } from '#model';

/** What a finding means for what is registered. */
export type FindingMeaning = 'new' | 'known' | 'moved' | 'replaced';

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
