// Devices and their channels, as two or more rooms must know them.

export type DeviceType = 'camera' | 'sensor';

/** Where a thing stands. Degrees of WGS 84. */
export interface Place {
  readonly latitude?: number;
  readonly longitude?: number;
  readonly address?: string;
}

/** A thing with an address. Secrets are not in it. */
export interface Device {
  readonly id: string;
  readonly type: DeviceType;
  readonly name: string;
  /** Where it answers: `10.0.0.5:80` for a camera, `bus/unit` for a polled sensor, a webhook's source name. */
  readonly address: string;
  /** What it is there for (설치목적), free text as in the operator's policy. */
  readonly purpose: string;
  readonly place: Place;
  readonly channels: readonly Channel[];
  readonly identity: DeviceIdentity;
}

/** What a device said of itself; empty strings until it did. */
export interface DeviceIdentity {
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
}

/** A video source of a camera or a point of a sensor. */
export interface Channel {
  /** The number that the hub says: 1 for the first. */
  readonly number: number;
  readonly name: string;
}

/** Which of a camera's streams. */
export type Quality = 'main' | 'sub';

/** A camera's stream address with what opens it. Lives in memory and on the channel to the media process only. */
export interface StreamSource {
  /** `rtsp://` without user information. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Whether the password may be said in clear (Basic) to a device that asks for nothing better. Default false. */
  readonly basicAllowed?: boolean | undefined;
}
