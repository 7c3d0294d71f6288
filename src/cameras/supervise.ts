// The loop of one camera: connect, get to know it, hear it, and begin again after a break; whatever fails stays in here.
import { isDeepStrictEqual } from 'node:util';
import { type Env, isAbort, type Login, messageOf, openBackoff, type Text } from '#base';
import type { Channel, Device, DeviceFeatures, DeviceIdentity } from '#model';
import type { Calls } from '#store';
import { type Ailment, type Ailments, ailmentFor } from './ailments.ts';
import { type Logins, type LoginsDeps, openLogins } from './credentials/index.ts';
import {
  type Ear,
  type EventCounters,
  hear,
  openCounters,
  openPullPointCalls,
  type PullPoint,
  type SiteEvents,
  type TellDeps,
} from './events/index.ts';
import { explain, type Failure } from './faults.ts';
import type { KnowledgeProcedures } from './knowledge-tables.ts';
import { type Memory, openMemory } from './memory.ts';
import { type CameraProfile, identifyCamera, type StreamChoice } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import type { Slots } from './slots.ts';
import { type LoginGate, type LoginLedger, openSession, openTrust, type SoapSession, type Trust } from './soap/index.ts';
import type { CamerasProcedures } from './tables.ts';
import { openTroubles, type Troubles } from './troubles.ts';
import { openWaker, type Waker } from './waker.ts';

/** What is needed of a device; the registry has the rest. */
export type CameraDevice = Pick<Device, 'id' | 'group' | 'address' | 'channels' | 'identity'>;

/** A camera as the registry has it. */
export interface CameraRecord {
  readonly device: CameraDevice;
  readonly login: Login | undefined;
}

/** What the room is handed by the gateway, and what its cameras share. */
export interface SuperviseDeps extends TellDeps {
  /** What a camera said of itself. Resolves when the registry has it. */
  identified(id: string, identity: DeviceIdentity, channels: readonly Channel[], features?: DeviceFeatures): Promise<void>;
  readonly calls: Calls<CamerasProcedures>;
  readonly knowledge: Calls<KnowledgeProcedures>;
  readonly credentials?: LoginsDeps['credentials'];
  /** How the streams of a camera are chosen. */
  choice(device: string): StreamChoice;
  readonly gate: LoginGate;
  readonly slots: Slots;
  readonly events: Pick<SiteEvents, 'openEar' | 'aliveBefore' | 'doorFor'>;
}

/** How a camera is doing; written by its loop alone. */
export interface CameraState {
  state: 'connecting' | 'online' | 'lost' | 'login-refused' | 'fault';
  /** Wall milliseconds since when it is so. */
  since: number;
  message: Text | undefined;
  profile: CameraProfile | undefined;
  session: SoapSession | undefined;
  /** Whom its HTTPS is believed: by its loop, and by all who ask it besides. */
  readonly trust: Trust;
  /** Monotonic milliseconds since when nothing answers at its address; undefined: something does, or it was not asked yet. */
  silentSinceMs: number | undefined;
  /** The login that the camera is asked with. */
  login: Login | undefined;
  /** Ends the wait for the next attempt. */
  readonly waker: Waker;
  readonly counters: EventCounters;
  readonly troubles: Troubles;
}

/** One supervised camera. */
export interface Supervised {
  readonly record: CameraRecord;
  readonly base: URL;
  readonly state: CameraState;
  readonly ailments: Ailments;
  /** Milliseconds before the first attempt. */
  readonly delayMs: number;
  /** Whether the camera was removed, and not only the daemon stopped. */
  isRemoved(): boolean;
}

const states: Readonly<Record<Ailment, CameraState['state']>> = {
  'camera-lost': 'lost',
  'camera-login-refused': 'login-refused',
  'camera-fault': 'fault',
};
const clockEveryMs = 86_400_000;
/** A wrong clock is read again sooner, so that one that was set is soon known to be right. */
const wrongClockEveryMs = 1_800_000;
const releaseMs = 3000;
/** A camera has its place among those that are being connected to for as long as so many requests may take. */
const slotRequests = 3;

/** A camera of which nothing is known yet. */
export function openCameraState(env: Env): CameraState {
  return {
    state: 'connecting',
    since: env.clock.now(),
    message: undefined,
    profile: undefined,
    session: undefined,
    trust: openTrust(),
    silentSinceMs: undefined,
    login: undefined,
    waker: openWaker(env.clock),
    counters: openCounters(),
    troubles: openTroubles(),
  };
}

interface Loop {
  readonly camera: Supervised;
  readonly options: CamerasOptions;
  readonly deps: SuperviseDeps;
  readonly env: Env;
  readonly session: SoapSession;
  readonly ailments: Ailments;
  readonly memory: Memory;
  readonly logins: Logins;
  readonly ear: Ear;
  healthy(): Promise<void>;
}

/** Supervises one ONVIF camera until `signal` aborts, then gives its subscription back if it should. Never rejects. */
export async function supervise(
  camera: Supervised,
  options: CamerasOptions,
  deps: SuperviseDeps,
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  const { record, base, state } = camera;
  // Made when something is to be logged: a child takes kilobytes.
  const log = () => env.log.child({ camera: record.device.id });
  const backoff = openBackoff({ minMs: options.retryMin, maxMs: options.retryMax }, env.random);
  const { trust } = state;
  let loop: Loop | undefined;
  const ledger: LoginLedger = {
    attempt: async (tried) => loop?.memory.attempt(tried),
    taken: async (tried) => loop?.memory.taken(tried),
  };
  using session = openSession(options, { base, login: record.login, gate: deps.gate, trust, ledger }, env);
  state.session = session;
  let failures = 0;
  const healthy = async (logins: Logins, ailments: Ailments): Promise<void> => {
    failures = 0;
    backoff.reset();
    state.silentSinceMs = undefined;
    if (state.state !== 'online') log().info({ authentication: session.authentication }, 'camera is online');
    enter(state, 'online', undefined, env);
    await ailments.recover();
    await logins.accepted();
  };
  const open = async (): Promise<Loop> => {
    const { login, device } = record;
    const { knowledge } = deps;
    const kept = { calls: deps.calls, gate: deps.gate, loginRetry: options.loginRetry, trust };
    const memory = await openMemory({ device: device.id, host: base.host, login }, kept, env);
    const logins = await openLogins({ device, own: login, session, memory, knowledge }, deps, options, env);
    const { ailments } = camera;
    const heardBefore = memory.point && deps.events.aliveBefore;
    const ear = deps.events.openEar({ device, counters: state.counters, heardBefore });
    const well = async (): Promise<void> => {
      await healthy(logins, ailments);
      await memory.certified();
    };
    return { camera, options, deps, env, session, ailments, memory, logins, ear, healthy: well };
  };
  try {
    await env.clock.sleep(camera.delayMs, signal);
    for (;;) {
      try {
        loop ??= await open();
        await chooseLogin(loop, signal);
        const failed = await connectAndHear(loop, signal);
        failures += 1;
        await suffer(failed, failures, loop);
        await state.waker.sleep(loop.logins.waitMs(failed, backoff.next()), signal);
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        // Not the camera's fault: the store, or our own mistake. The loop goes on.
        log().error({ error: messageOf(error) }, 'supervising a camera failed; trying again');
        await env.clock.sleep(backoff.next(), signal);
      }
    }
  } catch (error) {
    if (!isAbort(error, signal)) log().error({ error: messageOf(error) }, 'supervising a camera ended');
  }
  if (loop && (options.events.releaseOnStop || camera.isRemoved())) await release(loop);
}

/** Leaves the camera alone until the next login may be tried. */
async function chooseLogin({ camera, logins, options }: Loop, signal: AbortSignal): Promise<void> {
  for (;;) {
    const waitMs = await logins.prepare();
    camera.state.login = logins.current;
    if (waitMs <= 0) return;
    await camera.state.waker.sleep(Math.min(waitMs, options.loginRetry), signal);
  }
}

/** One life of the connection; resolves with what broke it. */
async function connectAndHear(loop: Loop, signal: AbortSignal): Promise<Failure> {
  const { camera, options, deps, env, session, ailments, memory, ear } = loop;
  const { device } = camera.record;
  // Held until it is heard or known to have no events: so many cameras are being connected to at once, and no more.
  using slot = await deps.slots.take(signal);
  // One that takes its time with every answer is connected to all the same, and keeps nobody else away meanwhile.
  using _late = env.clock.after(options.requestTimeout * slotRequests, () => slot[Symbol.dispose]());
  const known = await getToKnow(loop, signal);
  if (known.result === 'failed') return known.failure;
  const { profile } = known;
  const isWrong = await ailments.clock(session.clockOffsetMs);
  await ailments.certificate(session.certificate?.validUntil);
  await deps.identified(
    device.id,
    profile.identity,
    profile.channels.map(({ channel }) => channel),
  );
  if (!profile.events) {
    slot[Symbol.dispose]();
    return watch(loop, signal);
  }
  const nextClockMs = (wrong: boolean): number => env.clock.monotonicMs() + (wrong ? wrongClockEveryMs : clockEveryMs);
  let clockDueMs = nextClockMs(isWrong);
  const channels = new Map(profile.channels.flatMap(({ channel, tokens }) => tokens.map((token) => [token, channel.number] as const)));
  const world = {
    session,
    events: profile.events,
    listener: ear.listen({ channels, camera: session }),
    counters: camera.state.counters,
    kept: memory.point,
    door: deps.events.doorFor(device.id),
    keep(point: PullPoint | undefined) {
      // It has its subscription: what follows is waiting.
      if (point) slot[Symbol.dispose]();
      return memory.keep(point);
    },
    healthy() {
      slot[Symbol.dispose]();
      return loop.healthy();
    },
    async renewed() {
      if (env.clock.monotonicMs() < clockDueMs) return;
      await session.readClock(signal);
      clockDueMs = nextClockMs(await ailments.clock(session.clockOffsetMs));
      await ailments.certificate(session.certificate?.validUntil);
    },
  };
  // Awaited, for else the slot would be given back here.
  return await hear({ ...options.events, checkEvery: options.checkEvery, graceMs: options.requestTimeout }, world, env, signal);
}

/** Asks who the camera is; its video sources keep their numbers for ever. */
async function getToKnow({ camera, deps, session, env }: Loop, signal: AbortSignal) {
  const { id } = camera.record.device;
  const { numbers } = await deps.knowledge.know(id);
  const known = await identifyCamera(session, signal, { choice: deps.choice(id), numbers: new Map(numbers) });
  if (known.result === 'failed') return known;
  const { profile } = known;
  if (!isDeepStrictEqual([...profile.numbers], numbers)) await deps.knowledge.keepNumbers({ device: id, numbers: [...profile.numbers] });
  for (const { channel, unmet } of profile.channels) {
    if (unmet.length > 0)
      env.log.warn({ camera: id, channel: channel.number, profiles: unmet }, 'a chosen profile is not among those of the camera');
  }
  // What took further questions is asked again soon, and holds until then.
  camera.state.profile = { ...profile, details: camera.state.profile?.details };
  return known;
}

/** A camera without events: it is asked for its clock now and then, to see that it is there. */
async function watch({ session, options, ailments, env, healthy }: Loop, signal: AbortSignal): Promise<Failure> {
  for (;;) {
    await healthy();
    await env.clock.sleep(options.checkEvery, signal);
    const clock = await session.readClock(signal);
    if (clock.result === 'failed') return clock.failure;
    await ailments.clock(session.clockOffsetMs);
  }
}

/** A refused login is told at once; anything else when it has lasted, for a network hiccup is no news. */
async function suffer(failed: Failure, failures: number, { camera, options, ailments, logins, env }: Loop): Promise<void> {
  const ailment = ailmentFor(failed);
  camera.state.troubles.note(failed, env.clock.now());
  camera.state.silentSinceMs = isSilence(failed) ? (camera.state.silentSinceMs ?? env.clock.monotonicMs()) : undefined;
  const grave = ailment === 'camera-login-refused' || failures >= options.lostAfter;
  if (grave) enterIll(camera.state, failed, env);
  else if (camera.state.state === 'online') enter(camera.state, 'connecting', explain(failed).message, env);
  if (failed.kind === 'login-refused') await logins.refused(failed);
  if (grave) await ailments.fail(failed);
}

function isSilence({ kind }: Failure): boolean {
  return kind === 'unreachable' || kind === 'silent' || kind === 'closed';
}

/** The state of a camera with that failure. */
export function enterIll(state: CameraState, failed: Failure, env: Env): void {
  enter(state, states[ailmentFor(failed)], explain(failed).message, env);
}

/** Changes the state; `since` moves only with it. */
export function enter(state: CameraState, next: CameraState['state'], message: Text | undefined, env: Env): void {
  if (state.state !== next) state.since = env.clock.now();
  state.state = next;
  state.message = message;
}

/** Unsubscribes, for cameras allow few pull points; at most three seconds, and no matter if it fails: the subscription ends by itself. */
async function release({ session, memory, env, deps, camera }: Loop): Promise<void> {
  const { point } = memory;
  if (!point) return;
  const cap = new AbortController();
  using _timer = env.clock.after(releaseMs, () => cap.abort());
  try {
    using _slot = await deps.slots.take(cap.signal);
    await openPullPointCalls(session, env).unsubscribe(point, releaseMs, cap.signal);
    await memory.keep(undefined);
  } catch (error) {
    env.log.debug({ camera: camera.record.device.id, error: messageOf(error) }, 'a subscription was not given back');
  }
}
