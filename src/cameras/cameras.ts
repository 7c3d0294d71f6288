// All cameras of the site: one loop for each, and the addresses of their pictures for those who were granted to see them.
import { type Env, type Login, messageOf, type Service, type Text, untilAborted } from '#base';
import type { Quality, StreamSource } from '#model';
import type { Store } from '#store';
import { type CameraAddress, parseAddress } from './address.ts';
import { type Discovery, openDiscovery } from './discovery/index.ts';
import { faults } from './faults.ts';
import type { CamerasOptions } from './options.ts';
import { badAddress, type Identification, probe } from './probe.ts';
import { openSlots } from './slots.ts';
import { type Authentication, openLoginGate } from './soap/index.ts';
import { type CameraRecord, type CameraState, openCameraState, type SuperviseDeps, supervise } from './supervise.ts';
import type { CamerasProcedures } from './tables.ts';

/** What the gateway hands to the room. */
export interface CamerasDeps extends Pick<SuperviseDeps, 'report' | 'condition' | 'openAlarms' | 'identified'> {
  readonly store: Store;
}

/** How a camera is doing. */
export interface CameraStatus {
  readonly id: string;
  readonly state: CameraState['state'];
  /** Wall milliseconds. */
  readonly since: number;
  /** What is wrong, in words for a technician. */
  readonly message: Text | undefined;
  readonly authentication: Authentication;
  readonly clockOffsetMs: number | undefined;
  readonly channels: number;
  readonly pulls: number;
  readonly messages: number;
  readonly subscriptionsCreated: number;
  readonly subscriptionsResumed: number;
  /** Messages by topic that means nothing here; at most 256 topics. */
  readonly unknownTopics: Readonly<Record<string, number>>;
  /** States that were neither true nor false and changed nothing, by topic, name and value; at most 256. */
  readonly unknownValues: Readonly<Record<string, number>>;
}

/** The cameras of the site. */
export interface Cameras extends AsyncDisposable {
  readonly service: Service;
  readonly discovery: Discovery;
  /** Begins to supervise a camera, now or when the service runs; one of the same id is replaced (a changed address or login). */
  add(record: CameraRecord): void;
  /** Resolves when its loop has ended and its subscription was given back. An unknown id is passed over. */
  remove(id: string): Promise<void>;
  /** Asks an address once who is there, for `camera add`. A login that was refused is not tried again within `loginRetry`. */
  identify(address: string, login: Login | undefined, signal: AbortSignal): Promise<Identification>;
  /** @throws cameras.unknown, cameras.not-ready, cameras.no-stream */
  source(id: string, channel: number, quality: Quality): Promise<StreamSource>;
  /** HTTP address of a still. @throws cameras.unknown, cameras.not-ready, cameras.no-still */
  still(id: string, channel: number): Promise<StreamSource>;
  status(): readonly CameraStatus[];
}

interface Member {
  readonly record: CameraRecord;
  readonly address: CameraAddress | undefined;
  readonly state: CameraState;
  readonly stop: AbortController;
  removed: boolean;
  /** Resolves when its loop has ended. */
  done: Promise<void>;
}

/** At a start, cameras begin one after another at least so far apart on average. */
const spreadMs = 10;
const maxSpreadMs = 30_000;

/** Opens the room; nothing is sent before `service` runs. */
export function openCameras(options: CamerasOptions, deps: CamerasDeps, env: Env): Cameras {
  const gate = openLoginGate(options, env.clock);
  const calls = deps.store.procedures<CamerasProcedures>('cameras');
  const superviseDeps: SuperviseDeps = { ...deps, calls, gate, slots: openSlots(options.attempts) };
  const members = new Map<string, Member>();
  /** Loops of cameras that were removed or replaced, until they have ended. */
  const leaving = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let running: AbortSignal | undefined;

  const begin = (member: Member, signal: AbortSignal): void => {
    const { record, address, state, stop } = member;
    if (address?.protocol !== 'onvif') return;
    const delayMs = env.random.uniform() * Math.min(maxSpreadMs, members.size * spreadMs);
    const camera = { record, base: address.url, state, delayMs, isRemoved: () => member.removed };
    const before = leaving.get(record.device.id) ?? Promise.resolve();
    member.done = before.then(() => supervise(camera, options, superviseDeps, env, AbortSignal.any([signal, stop.signal])));
  };
  const leave = (id: string): Promise<void> => {
    const member = members.get(id);
    if (!member) return leaving.get(id) ?? Promise.resolve();
    members.delete(id);
    member.removed = true;
    member.stop.abort();
    const gone = member.done.finally(() => {
      if (leaving.get(id) === gone) leaving.delete(id);
    });
    leaving.set(id, gone);
    return gone;
  };
  const ended = async (): Promise<void> => {
    await Promise.all([...[...members.values()].map((member) => member.done), ...leaving.values()]);
  };

  return {
    service: {
      name: 'cameras',
      async run(signal) {
        running = AbortSignal.any([signal, closing.signal]);
        for (const member of members.values()) begin(member, running);
        await untilAborted(running);
        running = undefined;
        await ended();
      },
    },
    discovery: openDiscovery(options.discovery, { ...options, gate }, env),
    add(record) {
      const { id } = record.device;
      void leave(id);
      const member = openMember(record, env);
      members.set(id, member);
      if (running) begin(member, running);
    },
    async remove(id) {
      await leave(id);
      // Not when it was added again meanwhile: then the memory is the new one's.
      if (!members.has(id))
        await calls.forget(id).catch((error: unknown) => env.log.warn({ camera: id, error: messageOf(error) }, 'memory of a camera stays'));
    },
    identify: (address, login, signal) => probe(address, login, { options, gate, env }, signal),
    source: async (id, channel, quality) => findStream(findMember(members, id), channel, quality),
    still: async (id, channel) => findStill(findMember(members, id), channel),
    status: () => [...members.values()].map(viewOf),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await ended();
    },
  };
}

function findMember(members: ReadonlyMap<string, Member>, id: string): Member {
  const member = members.get(id);
  if (!member) throw faults.fault('unknown', { detail: id });
  return member;
}

function openMember(record: CameraRecord, env: Env): Member {
  const address = parseAddress(record.device.address);
  const state = openCameraState(env);
  if (address?.protocol === 'rtsp') state.state = 'online';
  if (!address) Object.assign(state, { state: 'fault', message: badAddress.message });
  return { record, address, state, stop: new AbortController(), removed: false, done: Promise.resolve() };
}

function findStream({ address, state, record }: Member, channel: number, quality: Quality): StreamSource {
  const detail = `${record.device.id}, channel ${channel}`;
  if (address?.protocol === 'rtsp') {
    if (channel !== 1) throw faults.fault('no-stream', { detail });
    return { url: address.url.href, user: record.login?.user ?? address.user, password: record.login?.password ?? address.password };
  }
  if (!state.profile) throw faults.fault('not-ready', { detail });
  const url = state.profile.channels.find((one) => one.channel.number === channel)?.streams[quality];
  if (url === undefined) throw faults.fault('no-stream', { detail });
  return withLogin(url, record.login);
}

function findStill({ address, state, record }: Member, channel: number): StreamSource {
  const detail = `${record.device.id}, channel ${channel}`;
  if (address?.protocol === 'rtsp') throw faults.fault('no-still', { detail });
  if (!state.profile) throw faults.fault('not-ready', { detail });
  const url = state.profile.channels.find((one) => one.channel.number === channel)?.still;
  if (url === undefined) throw faults.fault('no-still', { detail });
  return withLogin(url, record.login);
}

function withLogin(url: string, login: Login | undefined): StreamSource {
  return { url, user: login?.user ?? '', password: login?.password ?? '' };
}

function viewOf({ record, address, state }: Member): CameraStatus {
  const { session, profile, counters } = state;
  return {
    id: record.device.id,
    state: state.state,
    since: state.since,
    message: state.message,
    authentication: session?.authentication ?? 'none',
    clockOffsetMs: session?.clockOffsetMs,
    channels: profile?.channels.length ?? (address?.protocol === 'rtsp' ? 1 : 0),
    pulls: counters.pulls,
    messages: counters.messages,
    subscriptionsCreated: counters.created,
    subscriptionsResumed: counters.resumed,
    unknownTopics: Object.fromEntries(counters.unknownTopics),
    unknownValues: Object.fromEntries(counters.unknownValues),
  };
}
