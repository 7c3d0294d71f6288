// What the services of one virtual camera share: its nature, its state and the counts that a test asks for.
import type { Env, Login } from '#base';
import type { DigestGate } from '../credentials.ts';
import type { Clip } from '../rtsp/index.ts';
import type { CameraCounts } from './counts.ts';
import type { CameraFault } from './fault.ts';
import type { LoginLock } from './login-lock.ts';
import type { CameraLogin, Personality } from './personality/index.ts';
import type { Ptz } from './ptz-state.ts';
import type { PullPoints } from './pull-points.ts';
import type { SoapRequest } from './soap.ts';
import type { TokenGate } from './username-token.ts';

/** A media profile of a channel. */
export interface Profile {
  readonly token: string;
  readonly name: string;
  readonly channel: number;
  /** Last segment of its RTSP and snapshot address. */
  readonly path: string;
  readonly encoding: 'H264' | 'H265' | 'JPEG';
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  /** What plays; undefined: nothing does. */
  readonly clip: Clip | undefined;
}

/** Who the camera says it is; another after it was replaced. */
export interface Identity {
  readonly serial: string;
  readonly mac: string;
  /** WS-Discovery endpoint, `urn:uuid:…`. */
  readonly endpoint: string;
  readonly model: string;
  readonly firmware: string;
}

/** How it misbehaves now. */
export interface Misbehaviour {
  readonly fault: CameraFault;
  /** In answers to this operation alone, `tev:PullMessages`. */
  readonly only: string | undefined;
  /** What `slow` waits. */
  readonly slowMs: number;
}

/** The inside of one camera. */
export interface CameraCore {
  readonly id: string;
  readonly name: string;
  readonly personality: Personality;
  readonly channels: number;
  readonly loginBy: CameraLogin;
  /** Digest for SOAP; undefined where the camera takes tokens alone or anyone. */
  readonly gate: DigestGate | undefined;
  /** Digest for RTSP and snapshots, which know no tokens. */
  readonly mediaGate: DigestGate | undefined;
  readonly tokens: TokenGate;
  readonly lock: LoginLock;
  /** Who may log in; the password may be changed. */
  readonly owner: { login: Login };
  readonly media2: boolean;
  readonly profiles: readonly Profile[];
  readonly pullPoints: PullPoints;
  readonly ptz: Ptz | undefined;
  /** States of the relay outputs. */
  readonly relays: boolean[];
  /** Brightness, 0 … 100. */
  readonly imaging: { brightness: number };
  readonly counts: CameraCounts;
  readonly env: Env;
  identity: Identity;
  host: string;
  port: number;
  rtspPort: number;
  clockOffsetMs: number;
  /** What sets its clock; NTP when nothing is said. */
  clockBy?: 'NTP' | 'Manual';
  misbehaviour: Misbehaviour | undefined;
  /** No password was ever set: ONVIF is off. */
  factory: boolean;
  /** The camera's own wall clock, milliseconds. */
  now(): number;
  reboot(): void;
  /** A fault was answered. */
  faulted(): void;
}

/** One request as a service sees it. */
export interface Call {
  readonly camera: CameraCore;
  readonly request: SoapRequest;
  /** Path of the HTTP request. */
  readonly path: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Messages in the answer. */
  handed: number;
  /** Ends the connection without an answer. */
  hangUp(): void;
}

/** Answers one operation with the XML of the body; throws SoapFault. */
export type Operation = (call: Call) => string | Promise<string>;

/** `http://host:port` of the camera as it is. */
export function baseUrl(camera: CameraCore): string {
  return `http://${camera.host}:${camera.port}`;
}

/** `rtsp://host:port/cam-1/main` as it is. */
export function streamUrl(camera: CameraCore, path: string): string {
  return `rtsp://${camera.host}:${camera.rtspPort}/${camera.id}/${path}`;
}

/** An address of another network, which cameras behind a router or with two networks tell. */
const internalHost = '192.168.1.108';

/** What the camera says of its own address. */
export function toldUrl(camera: CameraCore, url: string): string {
  return camera.personality.quirks.addresses === 'internal' ? url.replace(camera.host, internalHost) : url;
}
