// One virtual camera: its port, its nature and the handle by which a test or a script makes it report, move, fail and reboot.
import type { Server } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { type Env, type Login, uuidv7 } from '#base';
import { type DigestGate, type DigestHash, openDigestGate } from '../credentials.ts';
import { type Listening, listen } from '../listen.ts';
import { loadClip, type RtspStream } from '../rtsp/index.ts';
import { baseUrl, type CameraCore, type CameraCounts, type CameraFault, type CameraLogin, streamUrl } from './core.ts';
import type { PtzPosition } from './ptz-state.ts';
import { openPtz } from './ptz-state.ts';
import { openPullPoints } from './pull-points.ts';
import type { CameraTopic } from './topics.ts';
import { openTokenGate, type TokenGate } from './username-token.ts';

/** Nature of a virtual camera. */
export interface CameraOptions {
  /** Form of an id; also the first part of its RTSP paths. */
  readonly id: string;
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  readonly login: Login;
  readonly loginBy: CameraLogin;
  /** Coding of the main stream; the sub stream is H.264. */
  readonly codec: 'h264' | 'h265';
  readonly sound: boolean;
  readonly ptz: boolean;
  readonly media2: boolean;
  /** How far the camera's clock is off, milliseconds. */
  readonly clockOffsetMs: number;
}

/** A virtual camera as its owner holds it. */
export interface SimulatedCamera {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** `host:port` of its ONVIF services. */
  readonly address: string;
  readonly login: Login;
  readonly loginBy: CameraLogin;
  readonly codec: 'h264' | 'h265';
  /** `rtsp://` addresses without login. */
  readonly streams: { readonly main: string; readonly sub: string };
  readonly counts: Readonly<CameraCounts>;
  /** Pull points that live now. */
  readonly pullPoints: number;
  readonly position: PtzPosition | undefined;
  /** Reports that something begins (`active`) or ends; pulses have no end. */
  trigger(step: { topic: CameraTopic; active: boolean }): void;
  /** Misbehaves from now on; undefined ends it. A fault set while a pull waits spoils its answer too. */
  fail(fault: CameraFault | undefined): void;
  /** Loses subscriptions and connections, refuses new ones for `downMs` (default 2,000), then says Hello. */
  reboot(downMs?: number): void;
}

/** The same with what the site needs of it. */
export interface OpenedCamera extends AsyncDisposable {
  readonly handle: SimulatedCamera;
  readonly core: CameraCore;
  readonly tokens: TokenGate;
  stream(quality: string): RtspStream | undefined;
}

/** What a camera needs of its site. */
export interface CameraDeps {
  /** The HTTP server that all cameras share; it is given connections, it does not listen. */
  readonly http: Server;
  /** Remembers whose connection a socket is. */
  claim(socket: Socket, camera: OpenedCamera): void;
  /** Called when the camera is back after a reboot. */
  returned(camera: OpenedCamera): void;
}

const hashes: Readonly<Record<CameraLogin, readonly DigestHash[]>> = {
  digest: ['MD5'],
  'digest-sha256': ['MD5', 'SHA-256'],
  'username-token': ['MD5'],
  either: ['MD5'],
  none: [],
};

/** Opens a camera on its port. Throws `simulator.port-taken`. */
export async function openCamera(options: CameraOptions, deps: CameraDeps, env: Env): Promise<OpenedCamera> {
  const drops = new Set<() => void>();
  const streams = new Map<string, RtspStream>();
  let downUntilMs = 0;
  let listening: Listening | undefined;
  const reboot = (downMs = 2000): void => {
    downUntilMs = env.clock.monotonicMs() + downMs;
    core.pullPoints.removeAll();
    for (const drop of drops) drop();
    listening?.dropAll();
    env.clock.after(downMs, () => deps.returned(opened));
  };
  const core = openCore(options, reboot, env);
  const isDown = (): boolean => env.clock.monotonicMs() < downUntilMs;
  const opened: OpenedCamera = {
    core,
    tokens: openTokenGate(options.login),
    handle: openHandle(core, options, reboot),
    stream: (quality) => (isDown() ? undefined : streams.get(quality)),
    [Symbol.asyncDispose]: async () => await listening?.[Symbol.asyncDispose](),
  };
  for (const profile of core.profiles) streams.set(profile.token, openStream(core, profile.clip, drops));
  const server = createServer({ noDelay: true }, (socket) => {
    if (isDown()) return void socket.resetAndDestroy();
    deps.claim(socket, opened);
    deps.http.emit('connection', socket);
  });
  listening = await listen(server, options.host, options.port);
  core.port = listening.port;
  return opened;
}

function openCore(options: CameraOptions, reboot: () => void, env: Env): CameraCore {
  const seed = env.random.bytes(6);
  const now = (): number => env.clock.now() + options.clockOffsetMs;
  const gateFor = (by: CameraLogin): DigestGate | undefined =>
    by === 'none' ? undefined : openDigestGate({ realm: options.id, login: options.login, hashes: hashes[by] }, env);
  const mediaGate = gateFor(options.loginBy);
  return {
    id: options.id,
    name: `Camera ${options.id}`,
    model: options.ptz ? `Bongsu-Sim-PTZ-${options.codec}` : `Bongsu-Sim-${options.codec}`,
    serial: seed.toString('hex').toUpperCase(),
    mac: ['02', ...[...seed.subarray(1)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':'),
    endpoint: `urn:uuid:${uuidv7(env.clock.now(), env.random)}`,
    host: options.host,
    login: options.login,
    loginBy: options.loginBy,
    gate: options.loginBy === 'username-token' ? undefined : mediaGate,
    mediaGate,
    media2: options.media2,
    profiles: [
      { token: 'main', name: 'MainStream', clip: loadClip(`main-${options.codec}`, options.sound) },
      { token: 'sub', name: 'SubStream', clip: loadClip('sub-h264', options.sound) },
    ],
    pullPoints: openPullPoints({ max: 8, now }, env.clock),
    ptz: options.ptz ? openPtz(env.clock) : undefined,
    counts: {
      requests: 0,
      failedLogins: 0,
      malformed: 0,
      subscriptions: 0,
      pulls: 0,
      events: 0,
      snapshots: 0,
      streamsPlayed: 0,
      streamsNow: 0,
    },
    env,
    port: options.port,
    rtspPort: 0,
    fault: undefined,
    now,
    reboot,
  };
}

function openStream(core: CameraCore, clip: RtspStream['clip'], drops: Set<() => void>): RtspStream {
  return {
    clip,
    gate: core.mediaGate,
    get fault() {
      return core.fault === 'silent' || core.fault === 'unauthorised' ? core.fault : undefined;
    },
    playing(drop) {
      drops.add(drop);
      core.counts.streamsPlayed += 1;
      core.counts.streamsNow += 1;
      return {
        [Symbol.dispose]() {
          if (drops.delete(drop)) core.counts.streamsNow -= 1;
        },
      };
    },
  };
}

function openHandle(core: CameraCore, options: CameraOptions, reboot: (downMs?: number) => void): SimulatedCamera {
  return {
    id: core.id,
    host: core.host,
    get port() {
      return core.port;
    },
    get address() {
      return new URL(baseUrl(core)).host;
    },
    login: core.login,
    loginBy: core.loginBy,
    codec: options.codec,
    get streams() {
      return { main: streamUrl(core, 'main'), sub: streamUrl(core, 'sub') };
    },
    counts: core.counts,
    get pullPoints() {
      return core.pullPoints.count;
    },
    get position() {
      return core.ptz?.position();
    },
    trigger: ({ topic, active }) => core.pullPoints.report(topic, active),
    fail(fault) {
      core.fault = fault;
    },
    reboot,
  };
}
