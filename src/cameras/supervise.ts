// The loop of one camera: connect, get to know it, hear it, and begin again after a break; whatever fails stays in here.
import { isDeepStrictEqual } from 'node:util';
import { type Env, isAbort, type Log, type Login, messageOf, openBackoff } from '#base';
import type { Channel, Device, DeviceFeatures, DeviceIdentity } from '#model';
import type { Calls } from '#store';
import { type Ailments, ailmentFor } from './ailments.ts';
import { type CameraState, enter, enterIll } from './camera-state.ts';
import { compact } from './compact.ts';
import { Connection } from './connection.ts';
import { type Logins, type LoginsDeps, openLogins } from './credentials/index.ts';
import { type Ear, type HearOptions, hear, openPullPointCalls, type SiteEvents, type TellDeps } from './events/index.ts';
import { explain, type Failure } from './faults.ts';
import type { KnowledgeProcedures } from './knowledge-tables.ts';
import { type Memory, openMemory } from './memory.ts';
import { type CameraProfile, identifyCamera, type StreamChoice } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import type { Slots } from './slots.ts';
import { type LoginGate, type LoginLedger, openSession, type SoapSession } from './soap/index.ts';
import type { CamerasProcedures } from './tables.ts';

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
  /** Both are the same for all cameras. */
  readonly hearing: HearOptions;
  readonly backoff: Parameters<typeof openBackoff>[0];
  readonly events: Pick<SiteEvents, 'openEar' | 'aliveBefore' | 'doorFor'>;
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

const releaseMs = 3000;
/** A camera has its place among those that are being connected to for as long as so many requests may take. */
const slotRequests = 3;

/** Supervises one ONVIF camera until `signal` aborts, then gives its subscription back if it should. Never rejects. */
export function supervise(camera: Supervised, options: CamerasOptions, deps: SuperviseDeps, env: Env, signal: AbortSignal): Promise<void> {
  return new Supervisor(camera, options, deps, env).run(signal);
}

/** What is remembered of a camera, from the first time that the store answers. */
interface Known {
  readonly memory: Memory;
  readonly logins: Logins;
  readonly ear: Ear;
}

/** What getting to know a camera has brought. */
interface Met {
  readonly profile: CameraProfile;
  readonly events: string;
  readonly isClockWrong: boolean;
}

/** Video sources by the tokens that events name them with; shared by cameras that name them alike. */
function channelsByToken({ channels }: CameraProfile): ReadonlyMap<string, number> {
  return compact(new Map(channels.flatMap(({ channel, tokens }) => tokens.map((token) => [token, channel.number] as const))));
}

/** A class, for there are thousands, and closures cost memory each: while its camera is silent one call waits in it. */
class Supervisor implements LoginLedger {
  readonly #camera: Supervised;
  readonly #options: CamerasOptions;
  readonly #deps: SuperviseDeps;
  readonly #env: Env;
  readonly #session: SoapSession;
  readonly #backoff: ReturnType<typeof openBackoff>;
  #known: Known | undefined;
  #failures = 0;
  /** Its place among those that are being connected to, and when that ends. */
  #place: DisposableStack | undefined;

  constructor(camera: Supervised, options: CamerasOptions, deps: SuperviseDeps, env: Env) {
    const { base, record, state } = camera;
    this.#camera = camera;
    this.#options = options;
    this.#deps = deps;
    this.#env = env;
    const { trust } = state;
    this.#session = openSession(options, { base, login: record.login, gate: deps.gate, trust, ledger: this }, env);
    this.#backoff = openBackoff(deps.backoff, env.random);
    state.session = this.#session;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#env.clock.sleep(this.#camera.delayMs, signal);
      for (;;) {
        try {
          this.#known ??= await this.#recall();
          await this.#chooseLogin(this.#known, signal);
          // The one call that waits while the camera is silent.
          const failed = await this.#connectAndHear(this.#known, signal);
          this.leavePlace();
          await this.#suffer(failed, this.#known);
          await this.#camera.state.waker.sleep(this.#known.logins.waitMs(failed, this.#backoff.next()), signal);
        } catch (error) {
          await this.#stumble(error, signal);
        }
      }
    } catch (error) {
      if (!isAbort(error, signal)) this.#log().error({ error: messageOf(error) }, 'supervising a camera ended');
    }
    if (this.#known && (this.#options.events.releaseOnStop || this.#camera.isRemoved())) await this.#release(this.#known.memory);
    this.#session[Symbol.dispose]();
  }

  async attempt(tried: Login): Promise<void> {
    await this.#known?.memory.attempt(tried);
  }

  async taken(tried: Login): Promise<void> {
    await this.#known?.memory.taken(tried);
  }

  /** Made when something is to be logged: a child takes kilobytes. */
  #log(): Log {
    return this.#env.log.child({ camera: this.#camera.record.device.id });
  }

  /** Not the camera's fault: the store, or our own mistake. The loop goes on after a while, unless `signal` has ended it. */
  async #stumble(error: unknown, signal: AbortSignal): Promise<void> {
    this.leavePlace();
    if (isAbort(error, signal)) throw error;
    this.#log().error({ error: messageOf(error) }, 'supervising a camera failed; trying again');
    await this.#env.clock.sleep(this.#backoff.next(), signal);
  }

  async #recall(): Promise<Known> {
    const { record, base, state } = this.#camera;
    const { login, device } = record;
    const { knowledge, calls, gate, events } = this.#deps;
    const kept = { calls, gate, loginRetry: this.#options.loginRetry, trust: state.trust };
    const memory = await openMemory({ device: device.id, host: base.host, login }, kept, this.#env);
    const logins = await openLogins(
      { device, own: login, session: this.#session, memory, knowledge },
      this.#deps,
      this.#options,
      this.#env,
    );
    const ear = events.openEar({ device, counters: state.counters, heardBefore: memory.point && events.aliveBefore });
    state.ear = ear;
    return { memory, logins, ear };
  }

  /** Leaves the camera alone until the next login may be tried. */
  async #chooseLogin({ logins }: Known, signal: AbortSignal): Promise<void> {
    const { state } = this.#camera;
    for (;;) {
      const waitMs = await logins.prepare();
      state.login = logins.current;
      if (waitMs <= 0) return;
      await state.waker.sleep(Math.min(waitMs, this.#options.loginRetry), signal);
    }
  }

  /** One life of the connection; resolves with what broke it. */
  async #connectAndHear(known: Known, signal: AbortSignal): Promise<Failure> {
    await this.#takePlace(signal);
    const met = await this.#getToKnow(signal);
    if (met.result === 'failed') return met.failure;
    const { identity, channels, events } = met.profile;
    const { ailments, record } = this.#camera;
    const isClockWrong = await ailments.clock(this.#session.clockOffsetMs);
    await ailments.certificate(this.#session.certificate?.validUntil);
    await this.#deps.identified(
      record.device.id,
      identity,
      channels.map(({ channel }) => channel),
    );
    // Not awaited: while a camera is silent nothing of this is left.
    if (events) return this.#hear(known, { profile: met.profile, events, isClockWrong }, signal);
    this.leavePlace();
    return this.#watch(known, signal);
  }

  #hear(known: Known, { profile, events, isClockWrong }: Met, signal: AbortSignal): Promise<Failure> {
    const { record, state, ailments } = this.#camera;
    const session = this.#session;
    const owner = { supervisor: this, known, ailments, clock: this.#env.clock, signal };
    const parts = {
      session,
      events,
      listener: known.ear.listen({ channels: channelsByToken(profile), camera: session }),
      counters: state.counters,
      door: this.#deps.events.doorFor(record.device.id),
    };
    return hear(this.#deps.hearing, new Connection(owner, parts, isClockWrong), this.#env, signal);
  }

  /** Held until it is heard or known to have no events: so many cameras are being connected to at once, and no more. */
  async #takePlace(signal: AbortSignal): Promise<void> {
    const place = new DisposableStack();
    place.use(await this.#deps.slots.take(signal));
    // One that takes its time with every answer is connected to all the same, and keeps nobody else away meanwhile.
    place.use(this.#env.clock.after(this.#options.requestTimeout * slotRequests, () => this.leavePlace()));
    this.#place = place;
  }

  /** Others may connect meanwhile. */
  leavePlace(): void {
    this.#place?.dispose();
    this.#place = undefined;
  }

  /** Asks who the camera is; its video sources keep their numbers for ever. */
  async #getToKnow(signal: AbortSignal) {
    const { id } = this.#camera.record.device;
    const { knowledge, choice } = this.#deps;
    const { numbers } = await knowledge.know(id);
    const met = await identifyCamera(this.#session, signal, { choice: choice(id), numbers: new Map(numbers) });
    if (met.result === 'failed') return met;
    const { profile } = met;
    if (!isDeepStrictEqual([...profile.numbers], numbers)) await knowledge.keepNumbers({ device: id, numbers: [...profile.numbers] });
    for (const { channel, unmet } of profile.channels) {
      if (unmet.length > 0)
        this.#env.log.warn({ camera: id, channel: channel.number, profiles: unmet }, 'a chosen profile is not among those of the camera');
    }
    const { state } = this.#camera;
    // What took further questions is asked again soon, and holds until then.
    state.profile = { ...profile, details: state.profile?.details };
    return met;
  }

  /** A camera without events: it is asked for its clock now and then, to see that it is there. */
  async #watch(known: Known, signal: AbortSignal): Promise<Failure> {
    for (;;) {
      await this.healthy(known);
      await this.#env.clock.sleep(this.#options.checkEvery, signal);
      const clock = await this.#session.readClock(signal);
      if (clock.result === 'failed') return clock.failure;
      await this.#camera.ailments.clock(this.#session.clockOffsetMs);
    }
  }

  /** It is heard, or answers. */
  async healthy({ logins, memory }: Known): Promise<void> {
    const { state, ailments } = this.#camera;
    this.#failures = 0;
    this.#backoff.reset();
    state.silentSinceMs = undefined;
    if (state.state !== 'online') this.#log().info({ authentication: this.#session.authentication }, 'camera is online');
    enter(state, 'online', undefined, this.#env);
    await ailments.recover();
    await logins.accepted();
    await memory.certified();
  }

  /** A refused login is told at once; anything else when it has lasted, for a network hiccup is no news. */
  async #suffer(failed: Failure, { logins }: Known): Promise<void> {
    const { state, ailments } = this.#camera;
    const { clock } = this.#env;
    this.#failures += 1;
    const ailment = ailmentFor(failed);
    state.troubles.note(failed, clock.now());
    state.silentSinceMs = isSilence(failed) ? (state.silentSinceMs ?? clock.monotonicMs()) : undefined;
    const grave = ailment === 'camera-login-refused' || this.#failures >= this.#options.lostAfter;
    if (grave) enterIll(state, failed, this.#env);
    else if (state.state === 'online') enter(state, 'connecting', explain(failed).message, this.#env);
    if (failed.kind === 'login-refused') await logins.refused(failed);
    if (grave) await ailments.fail(failed);
  }

  /** Unsubscribes, for cameras allow few pull points; at most three seconds, and no matter if it fails: the subscription ends by itself. */
  async #release(memory: Memory): Promise<void> {
    const { point } = memory;
    if (!point) return;
    const cap = new AbortController();
    using _timer = this.#env.clock.after(releaseMs, () => cap.abort());
    try {
      using _slot = await this.#deps.slots.take(cap.signal);
      await openPullPointCalls(this.#session, this.#env).unsubscribe(point, releaseMs, cap.signal);
      await memory.keep(undefined);
    } catch (error) {
      this.#log().debug({ error: messageOf(error) }, 'a subscription was not given back');
    }
  }
}

function isSilence({ kind }: Failure): boolean {
  return kind === 'unreachable' || kind === 'silent' || kind === 'closed';
}
