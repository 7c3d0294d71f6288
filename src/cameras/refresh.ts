// Asking cameras at length what they are and can do: when one was connected to anew, when a person wants it, and all of them by the calendar.
import { type Env, isAbort, messageOf, runServices, type Service, schedule } from '#base';
import type { Channel, Condition, DeviceFeatures, DeviceIdentity } from '#model';
import type { Calls } from '#store';
import type { CameraState } from './camera-state.ts';
import { type Failure, tellOf } from './faults.ts';
import type { KnowledgeProcedures } from './knowledge-tables.ts';
import { askDetails, type CameraDetails, type CameraProfile, identifyCamera, type StreamChoice } from './onvif/index.ts';
import { type LoginGate, openSession, type SessionOptions } from './soap/index.ts';
import { soundCondition } from './sound.ts';

/** A supervised camera as it is asked. */
export interface RefreshTarget {
  readonly id: string;
  readonly base: URL;
  readonly state: CameraState;
}

/** What it needs of its neighbours. */
export interface RefreshDeps {
  /** The ONVIF cameras under supervision. */
  targets(): Iterable<RefreshTarget>;
  /** Connects anew: the camera's video sources are others than those by which it is heard. */
  reconnect(id: string): void;
  identified(id: string, identity: DeviceIdentity, channels: readonly Channel[], features: DeviceFeatures): Promise<void>;
  condition(step: Condition): Promise<unknown>;
  choice(device: string): StreamChoice;
  readonly knowledge: Calls<KnowledgeProcedures>;
  readonly gate: LoginGate;
}

/** What came of it. */
export type Refreshed =
  | { readonly result: 'ok'; readonly profile: CameraProfile }
  | { readonly result: 'failed'; readonly failure: Failure };

/** The room's asking at length. */
export interface Refresher {
  readonly service: Service;
  /** Asks now. Rejects with the reason of `signal`, and with the store's faults. */
  refresh(target: RefreshTarget, signal: AbortSignal): Promise<Refreshed>;
}

interface Asked {
  /** What it was asked after; another object is a connection that came later. */
  readonly profile: CameraProfile | undefined;
  readonly print: string;
  readonly atMs: number;
}

const lookEveryMs = 2000;
/** A camera that is connected to again and again, unchanged, is not asked more often than this; nor one that failed. */
const againMs = 600_000;

/** Opens it; nothing is asked before `service` runs. */
export function openRefresher(
  options: SessionOptions & { readonly refresh: { readonly at: string; readonly atOnce: number } },
  deps: RefreshDeps,
  env: Env,
): Refresher {
  const asked = new Map<string, Asked>();
  const whole = new Set<string>();
  const running = new Map<string, Promise<unknown>>();
  const told = new Map<string, boolean>();

  const isDue = ({ id, state: { state, profile } }: RefreshTarget): boolean => {
    if (state !== 'online' || !profile || running.has(id)) return false;
    const last = asked.get(id);
    if (!last || whole.has(id)) return true;
    if (last.profile === profile) return false;
    return env.clock.monotonicMs() - last.atMs >= againMs || (last.profile !== undefined && last.print !== printOf(profile));
  };
  const tellSound = async (id: string, hears: boolean): Promise<void> => {
    if (told.get(id) === hears) return;
    await deps.condition(soundCondition(id, hears, env.clock.now()));
    told.set(id, hears);
  };
  const refresh = async (target: RefreshTarget, again: boolean, signal: AbortSignal): Promise<Refreshed> => {
    const { id, state } = target;
    const before = state.profile;
    const answered = await ask(target, again ? undefined : before, { options, deps, env }, signal);
    asked.set(id, { profile: undefined, print: '', atMs: env.clock.monotonicMs() });
    if (answered.result === 'failed') return answered;
    const { profile } = answered;
    // Connected to anew meanwhile: what that connection knows is newer, and it will be asked again.
    if (state.profile !== before) return answered;
    state.profile = profile;
    asked.set(id, { profile, print: printOf(profile), atMs: env.clock.monotonicMs() });
    const { identity, features, channels } = sayOf(profile);
    await deps.identified(id, identity, channels, features);
    await tellSound(id, features.microphone || features.soundDetection);
    if (before && tokensOf(before) !== tokensOf(profile)) deps.reconnect(id);
    return answered;
  };
  const start = (target: RefreshTarget, signal: AbortSignal): void => {
    const { id } = target;
    const log = env.log.child({ camera: id });
    const again = whole.delete(id);
    const work = refresh(target, again, signal)
      .then(
        (done) => done.result === 'failed' && log.info({ problem: tellOf(done.failure).message.en }, 'a camera did not say what it can do'),
      )
      .catch((error: unknown) => isAbort(error, signal) || log.error({ error: messageOf(error) }, 'asking a camera what it can do failed'))
      .finally(() => running.delete(id));
    running.set(id, work);
  };
  const look: Service = {
    name: 'refresh of cameras',
    async run(signal) {
      while (!signal.aborted) {
        for (const target of deps.targets()) {
          if (running.size >= options.refresh.atOnce) break;
          if (isDue(target)) start(target, signal);
        }
        await env.clock.sleep(lookEveryMs, signal).catch(() => {});
      }
      await Promise.all(running.values());
    },
  };
  const all = async (): Promise<void> => {
    const ids = new Set([...deps.targets()].map(({ id }) => id));
    for (const id of ids) whole.add(id);
    for (const map of [asked, told]) for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
  };
  const calendar = schedule([{ name: 'refresh of cameras', at: options.refresh.at, act: all }], env);
  return {
    service: { name: look.name, run: (signal) => runServices([look, calendar], signal) },
    refresh: (target, signal) => refresh(target, true, signal),
  };
}

/** Over a session of its own, beside the one by which the camera is heard. */
async function ask(
  { id, base, state }: RefreshTarget,
  known: CameraProfile | undefined,
  { options, deps, env }: { readonly options: SessionOptions; readonly deps: RefreshDeps; readonly env: Env },
  signal: AbortSignal,
): Promise<Refreshed> {
  const patience = patientGate(deps.gate);
  using session = openSession(options, { base, login: state.login, gate: patience.gate, trust: state.trust }, env);
  let profile = known;
  if (!profile) {
    const { numbers } = await deps.knowledge.know(id);
    const told = await identifyCamera(session, signal, { choice: deps.choice(id), numbers: new Map(numbers) });
    if (told.result === 'failed') return told;
    ({ profile } = told);
  } else {
    const clock = await session.readClock(signal);
    if (clock.result === 'failed') return clock;
  }
  const told = await askDetails(session, profile, env, signal);
  if (told.result === 'failed' && told.failure.kind === 'login-refused') patience.end();
  return told.result === 'ok' ? { result: 'ok', profile: { ...profile, details: told.details } } : told;
}

/** After the login was taken once, a refusal is a right that its user lacks, and no failed login; unless it turns out to be one (`end`). */
function patientGate(gate: LoginGate): { readonly gate: LoginGate; end(): void } {
  let proven = false;
  let held = (): void => {};
  const patient: LoginGate = {
    ...gate,
    refused(address, login, agoMs) {
      held = () => gate.refused(address, login, agoMs);
      if (!proven) patience.end();
    },
    accepted(address, login, tookMs) {
      proven = true;
      held = () => {};
      gate.accepted(address, login, tookMs);
    },
  };
  const patience = {
    gate: patient,
    end() {
      held();
      held = () => {};
    },
  };
  return patience;
}

/** A camera and its details as the registry keeps them. */
function sayOf(profile: CameraProfile): {
  readonly identity: DeviceIdentity;
  readonly channels: readonly Channel[];
  readonly features: DeviceFeatures;
} {
  const { identity, channels, details, microphone } = profile;
  return {
    identity: details?.mac === undefined ? identity : { ...identity, mac: details.mac },
    channels: channels.map(({ channel }) => channel),
    features: featuresOf(details, microphone),
  };
}

function featuresOf(details: CameraDetails | undefined, microphone: boolean): DeviceFeatures {
  return {
    relays: details?.relays.length ?? 0,
    inputs: details?.inputs.length ?? 0,
    microphone,
    soundDetection: details?.soundDetection ?? false,
    https: details?.https !== undefined,
    rtsps: details?.rtsps !== undefined,
  };
}

/** What makes the answers to further questions others: the device, its firmware, its sources and heads. */
function printOf({ identity, channels, microphone }: CameraProfile): string {
  return JSON.stringify([identity, channels.map(({ source, channel, ptz }) => [source, channel, ptz]), microphone]);
}

function tokensOf({ channels }: CameraProfile): string {
  return JSON.stringify(channels.map(({ channel, tokens }) => [channel.number, tokens]));
}
