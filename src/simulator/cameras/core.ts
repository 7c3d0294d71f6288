// What the services of one virtual camera share: its nature, its state and the counts that a test asks for.
import type { Env, Login } from '#base';
import type { DigestGate } from '../credentials.ts';
import type { Clip } from '../rtsp/index.ts';
import type { Ptz } from './ptz-state.ts';
import type { PullPoints } from './pull-points.ts';
import type { SoapRequest } from './soap.ts';

/** Which ways of proving oneself the camera takes. */
export type CameraLogin = 'digest' | 'digest-sha256' | 'username-token' | 'either' | 'none';

/** How a camera can misbehave. `huge` answers with 1 MiB of XML, `unauthorised` refuses every login. */
export type CameraFault = 'silent' | 'garbage' | 'huge' | 'unauthorised';

/** What happened at the camera since it was opened. */
export interface CameraCounts {
  requests: number;
  failedLogins: number;
  malformed: number;
  subscriptions: number;
  pulls: number;
  events: number;
  snapshots: number;
  /** RTSP sessions that began to play, and those that play now. */
  streamsPlayed: number;
  streamsNow: number;
}

/** A profile of the camera: a quality with its clip. */
export interface Profile {
  readonly token: 'main' | 'sub';
  readonly name: string;
  readonly clip: Clip;
}

/** The inside of one camera. */
export interface CameraCore {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly mac: string;
  /** WS-Discovery endpoint, `urn:uuid:…`. */
  readonly endpoint: string;
  readonly host: string;
  readonly login: Login;
  readonly loginBy: CameraLogin;
  /** Digest for SOAP; undefined where the camera takes tokens alone or anyone. */
  readonly gate: DigestGate | undefined;
  /** Digest for RTSP and snapshots, which know no tokens. */
  readonly mediaGate: DigestGate | undefined;
  readonly media2: boolean;
  readonly profiles: readonly Profile[];
  readonly pullPoints: PullPoints;
  readonly ptz: Ptz | undefined;
  readonly counts: CameraCounts;
  readonly env: Env;
  port: number;
  rtspPort: number;
  fault: CameraFault | undefined;
  /** The camera's own wall clock, milliseconds. */
  now(): number;
  reboot(): void;
}

/** One request as a service sees it. */
export interface Call {
  readonly camera: CameraCore;
  readonly request: SoapRequest;
  /** Path of the HTTP request. */
  readonly path: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** Answers one operation with the XML of the body; throws SoapFault. */
export type Operation = (call: Call) => string | Promise<string>;

/** `http://host:port` of the camera. */
export function baseUrl(camera: CameraCore): string {
  return `http://${camera.host}:${camera.port}`;
}

/** `rtsp://host:port/cam-1/main`. */
export function streamUrl(camera: CameraCore, quality: string): string {
  return `rtsp://${camera.host}:${camera.rtspPort}/${camera.id}/${quality}`;
}
