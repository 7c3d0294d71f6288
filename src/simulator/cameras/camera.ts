// One virtual camera: its port, its state and its comings and goings.
import type { Server } from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Env } from '#base';
import { type Listening, listen } from '../listen.ts';
import type { RtspStream } from '../rtsp/index.ts';
import type { CameraCore, Profile } from './core.ts';
import { noCounts } from './counts.ts';
import { type HandlePowers, openHandle, type SimulatedCamera } from './handle.ts';
import { openCameraGate } from './login.ts';
import { openLoginLock } from './login-lock.ts';
import { type CameraOptions, newIdentity, personalityOf, profilesOf } from './nature.ts';
import { openPtz } from './ptz-state.ts';
import { openPullPoints } from './pull-points.ts';
import { openTokenGate } from './username-token.ts';

/** A camera with what its fleet needs of it. */
export interface OpenedCamera extends AsyncDisposable {
  readonly handle: SimulatedCamera;
  readonly core: CameraCore;
  /** What plays at a path of its RTSP address. */
  stream(path: string): RtspStream | undefined;
}

/** What a camera needs of its fleet. */
export interface CameraDeps {
  /** The HTTP server that all cameras share; it is given connections, it does not listen. */
  readonly http: Server;
  /** Remembers whose connection a socket is. */
  claim(socket: Socket, camera: OpenedCamera): void;
  /** Called when the camera is back after a reboot. */
  returned(camera: OpenedCamera): void;
  /** Called before it leaves its address, and when it has another. */
  leaving(camera: OpenedCamera): void;
  arrived(camera: OpenedCamera): Promise<void>;
}

/** Opens a camera on its port. Throws `simulator.port-taken`. */
export async function openCamera(options: CameraOptions, deps: CameraDeps, env: Env): Promise<OpenedCamera> {
  const drops = new Set<() => void>();
  let downUntilMs = 0;
  let listening: Listening | undefined;
  const isDown = (): boolean => env.clock.monotonicMs() < downUntilMs;
  const goDown = (forMs: number): void => {
    downUntilMs = env.clock.monotonicMs() + forMs;
    core.pullPoints.removeAll();
    core.lock.clear();
    for (const drop of drops) drop();
    listening?.dropAll();
  };
  const reboot = (downMs = 2000): void => {
    goDown(downMs);
    const untilMs = downUntilMs;
    env.clock.after(downMs, () => {
      // Another reboot, or a loss of current, came in between.
      if (downUntilMs !== untilMs) return;
      downUntilMs = 0;
      deps.returned(opened);
    });
  };
  const refuseFor = (ms: number): void => {
    downUntilMs = Math.max(downUntilMs, env.clock.monotonicMs() + ms);
    // The fault that was one too many is answered first.
    env.clock.after(50, () => listening?.dropAll());
  };
  const core = openCore(options, { reboot, refuseFor }, env);
  const serve = async (host: string): Promise<void> => {
    const server = createServer({ noDelay: true }, (socket) => {
      if (isDown() || (core.misbehaviour?.fault === 'refusing' && core.misbehaviour.only === undefined))
        return void socket.resetAndDestroy();
      deps.claim(socket, opened);
      deps.http.emit('connection', socket);
    });
    listening = await listen(server, host, core.port === 0 ? options.port : core.port);
    core.host = host;
    core.port = listening.port;
  };
  const powers: HandlePowers = {
    personality: options.personality,
    codec: options.codec,
    reboot,
    power(on) {
      goDown(on ? 0 : Number.POSITIVE_INFINITY);
      if (on) deps.returned(opened);
    },
    async move(host) {
      deps.leaving(opened);
      goDown(0);
      await listening?.[Symbol.asyncDispose]();
      await serve(host);
      await deps.arrived(opened);
    },
    newIdentity: () => newIdentity(core.personality, env),
  };
  const streams = new Map(core.profiles.map((profile) => [profile.path, profile]));
  const opened: OpenedCamera = {
    core,
    handle: openHandle(core, powers),
    stream(path) {
      const profile = isDown() ? undefined : streams.get(path);
      return profile?.clip && openStream(core, { ...profile, clip: profile.clip }, drops);
    },
    [Symbol.asyncDispose]: async () => await listening?.[Symbol.asyncDispose](),
  };
  await serve(options.host);
  return opened;
}

const faultWindowMs = 60_000;

function openCore(options: CameraOptions, ways: { reboot(): void; refuseFor(ms: number): void }, env: Env): CameraCore {
  const { id, host, loginBy, media2, channels, clockOffsetMs, factory, port } = options;
  const personality = personalityOf(options);
  const counts = noCounts();
  const lock = openLoginLock(personality.quirks.lock, counts, env.clock);
  const owner = { login: options.login };
  const mediaGate = openCameraGate({ realm: id, owner, loginBy, basic: personality.quirks.basic, lock, counts }, env);
  const pulls = { personality, channels, counts, now: () => core.now() };
  const core: CameraCore = {
    id,
    name: `Camera ${id}`,
    personality,
    channels,
    loginBy,
    gate: loginBy === 'username-token' ? undefined : mediaGate,
    mediaGate,
    tokens: openTokenGate(owner, personality.quirks.remembersTokens),
    lock,
    media2,
    profiles: profilesOf(options),
    pullPoints: openPullPoints(pulls, env.clock),
    ptz: options.ptz ? openPtz(env.clock) : undefined,
    relays: Array.from({ length: personality.relays }, () => false),
    imaging: { brightness: 50 },
    counts,
    env,
    identity: newIdentity(personality, env),
    owner,
    host,
    port,
    rtspPort: 0,
    clockOffsetMs,
    misbehaviour: undefined,
    factory,
    now: () => env.clock.now() + core.clockOffsetMs,
    reboot: () => ways.reboot(),
    faulted: openFaultWatch(personality.quirks.faultLock, ways.refuseFor, env),
  };
  return core;
}

/** Counts the faults of the last minute; too many, and no connection is taken for a while (Reolink). */
function openFaultWatch(
  rule: { readonly faults: number; readonly lockMs: number } | undefined,
  refuseFor: (ms: number) => void,
  env: Env,
): () => void {
  if (rule === undefined) return () => {};
  let recent: number[] = [];
  return () => {
    const now = env.clock.monotonicMs();
    recent = [...recent.filter((at) => now - at < faultWindowMs), now];
    if (recent.length < rule.faults) return;
    recent = [];
    refuseFor(rule.lockMs);
  };
}

function openStream(core: CameraCore, { clip }: Profile & { readonly clip: RtspStream['clip'] }, drops: Set<() => void>): RtspStream {
  return {
    clip,
    gate: core.mediaGate,
    get fault() {
      if (core.factory) return 'unauthorised';
      const fault = core.misbehaviour?.only === undefined ? core.misbehaviour?.fault : undefined;
      return fault === 'silent' || fault === 'unauthorised' ? fault : undefined;
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
