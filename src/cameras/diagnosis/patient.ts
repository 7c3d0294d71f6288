// Who is under diagnosis, and what a diagnosis needs of the room.
import type { Login } from '#base';
import type { Device, Quality, StreamSource } from '#model';
import type { CameraAddress } from '../address.ts';
import type { IdentifyWishes } from '../onvif/index.ts';
import type { CamerasOptions } from '../options.ts';
import type { LoginGate, Trust } from '../soap/index.ts';
import type { Looker, Sight } from '../watch/index.ts';

/** What the neighbour table of the kernel says of an address (RFC 826). */
export interface Neighbour {
  readonly state: 'there' | 'absent' | 'unknown';
  readonly mac: string;
}

/** A camera under diagnosis. */
export interface Patient {
  readonly device: Pick<Device, 'id' | 'address' | 'identity'>;
  readonly address: CameraAddress | undefined;
  readonly login: Login | undefined;
  /** Whether the cameras behind its switch are lost together now. */
  readonly isGroupLost: boolean;
  /** Messages and pulls since the start, where it is being heard now; then no further subscription is asked of it. */
  readonly heard: { readonly pulls: number; readonly messages: number } | undefined;
  /** How its streams are chosen and its channels numbered. */
  readonly wishes: IdentifyWishes;
  source(channel: number, quality: Quality): StreamSource | undefined;
}

/** What a diagnosis needs of the room. */
export interface DiagnosisDeps {
  readonly options: CamerasOptions;
  readonly gate: LoginGate;
  readonly looker: Looker;
  /** Undefined: nobody can look at pictures. */
  readonly sight: Sight | undefined;
  neighbour(host: string): Neighbour;
  /** Whom the HTTPS of a camera is believed. Rejects with the store's faults. */
  trustOf(device: string): Promise<Trust>;
}
