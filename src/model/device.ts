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
  /** The switch or the subnet behind which it stands, an id: what is lost together is told as one. Absent: its /24 network. */
  readonly group?: string;
  /** What it can do besides showing pictures; absent until it was asked. */
  readonly features?: DeviceFeatures;
  /** What is known of a sensor besides: where an alarm of it is, and who sees it. */
  readonly record?: SensorRecord;
  /** Who may move its head. Absent: `never`. */
  readonly ptz?: PtzPolicy;
  /** Where its head goes when whoever held it is done: `home` or the token of a preset. Absent or empty: it stays. */
  readonly ptzReturn?: string;
}

/** What a person or an inventory says of a sensor. Every field may be left out. */
export interface SensorRecord {
  /** The zone that it watches (경계구역), as people call it. */
  readonly zone?: string;
  /** Zones of single points by the name of the point, where one sensor watches several. */
  readonly zones?: Readonly<Record<string, string>>;
  /** Building or place as the fire service knows it. */
  readonly premises?: string;
  /** Cameras that see it, the most telling first. */
  readonly cameras?: readonly { readonly camera: string; readonly channel: number }[];
  /** What a data set or a register of others says: 시설번호, 출수압력, 경찰연계유무 … */
  readonly facts?: Readonly<Record<string, string>>;
}

/**
 * Whether the gateway may move a camera's head, for the sake of the centre's own operators, who move it past the gateway: never, only while
 * it rests, or whenever it is asked.
 */
export type PtzPolicy = 'never' | 'idle-only' | 'allowed';

/** What a camera can do besides showing pictures. */
export interface DeviceFeatures {
  /** Relay outputs and digital inputs. */
  readonly relays: number;
  readonly inputs: number;
  /** Whether a microphone is part of its streams (개인정보 보호법 제25조⑤ forbids to record sound). */
  readonly microphone: boolean;
  /** Whether it listens for sounds. */
  readonly soundDetection: boolean;
  /** Whether its HTTPS and its RTSP over TLS answer. */
  readonly https: boolean;
  readonly rtsps: boolean;
}

/** What a device said of itself; empty strings until it did. */
export interface DeviceIdentity {
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** Of the network interface by which it is reached: six pairs of small hexadecimal digits, `00:09:18:a1:b2:c3`. */
  readonly mac?: string;
  /** The maker's name of the hardware. */
  readonly hardware?: string;
}

/** A video source of a camera or a point of a sensor. */
export interface Channel {
  /** The number that the hub says: 1 for the first. */
  readonly number: number;
  readonly name: string;
  /** Codecs of its video profiles in order of the alphabet: `H264`, `H265`, `JPEG`. */
  readonly codecs?: readonly string[];
  /** Whether it pans, tilts or zooms. */
  readonly ptz?: boolean;
  /** Of a source without ONVIF: its addresses, `rtsp://` without user information. Never told to the hub. */
  readonly streams?: Readonly<Partial<Record<Quality, string>>>;
}

/** Which of a camera's streams. */
export type Quality = 'main' | 'sub';

/** What is asked of a channel: one of its streams of pictures, or what its own analysis says of them (ONVIF metadata), which shows none. */
export type StreamName = Quality | 'metadata';

/** A camera's stream address with what opens it. Lives in memory and on the channel to the media process only. */
export interface StreamSource {
  /** `rtsp://` without user information. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Whether the password may be said in clear (Basic) to a device that asks for nothing better. Default false. */
  readonly basicAllowed?: boolean | undefined;
}
