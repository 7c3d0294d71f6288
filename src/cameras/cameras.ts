// All cameras of the site: one loop for each, and the addresses of their pictures for those who were granted to see them.
import { type Env, type Login, messageOf, runServices, type Service, type Text, untilAborted } from '#base';
import type { Condition, Quality, StreamSource } from '#model';
import type { Store } from '#store';
import type { CameraState } from './camera-state.ts';
import { type CameraControl, type ControlDeps, openControl, openControlWorld } from './control/index.ts';
import { type FactoryAudit, firstLogin, openAttempts, openFactoryAudit } from './credentials/index.ts';
import { type CameraDescription, describeCamera } from './describe.ts';
import { type Finding as DiagnosisFinding, diagnose } from './diagnosis/index.ts';
import { type Discovery, openDiscovery, openNeighbours, openTableSource } from './discovery/index.ts';
import {
  askOffered,
  type BreakCounts,
  type DetectionFilter,
  listTopics,
  type Offered,
  openSiteEvents,
  type TopicRow,
} from './events/index.ts';
import { faults } from './faults.ts';
import { openIdentityPace } from './identity-pace.ts';
import type { KnowledgeProcedures } from './knowledge-tables.ts';
import { auditedOf, knownOf, listenedTo, type Member, openMember, patientOf, streamOf, targetOf } from './member.ts';
import { askKeyFrame, type CameraProfile } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import { findStill, findStream, picturedChannels } from './pictures.ts';
import { type Identification, probe } from './probe.ts';
import { openRefresher, type Refreshed, type RefreshTarget } from './refresh.ts';
import { openSlots } from './slots.ts';
import { type Authentication, openLoginGate, openTrust, type Trust } from './soap/index.ts';
import { openChoice } from './stream-choice.ts';
import { type CameraRecord, type SuperviseDeps, supervise } from './supervise.ts';
import type { CamerasProcedures, KeptDetection } from './tables.ts';
import { openSiteWatch, type Sight, superviseStream } from './watch/index.ts';

/** What the gateway hands to the room. */
export interface CamerasDeps
  extends ControlDeps,
    Pick<SuperviseDeps, 'credentials' | 'report' | 'condition' | 'openAlarms' | 'identified'> {
  readonly store: Store;
  /** Left out: nobody can look, and pictures are not watched. */
  readonly sight?: Sight;
  /** What stands; left out: what stood of groups that are no more stays. */
  openConditions?(): Promise<readonly Condition[]>;
}

/** How a camera is doing. */
export interface CameraStatus {
  readonly id: string;
  readonly state: CameraState['state'];
  /** Wall milliseconds. */
  readonly since: number;
  /** For so many milliseconds nothing has answered at its address; 0 while something does. */
  readonly silentMs: number;
  /** What is wrong, in words for a technician. */
  readonly message: Text | undefined;
  readonly authentication: Authentication;
  readonly clockOffsetMs: number | undefined;
  readonly channels: number;
  readonly pulls: number;
  readonly messages: number;
  readonly subscriptionsCreated: number;
  readonly subscriptionsResumed: number;
  /** Times in which it was not heard, since the start: what it told then as a mere moment is missing. */
  readonly breaks: Readonly<BreakCounts>;
  /** Messages by topic that means nothing here; at most 256 topics. */
  readonly unknownTopics: Readonly<Record<string, number>>;
  /** States that were neither true nor false and changed nothing, by topic, name and value; at most 256. */
  readonly unknownValues: Readonly<Record<string, number>>;
}

/** The cameras of the site. */
export interface Cameras extends AsyncDisposable {
  readonly service: Service;
  readonly discovery: Discovery;
  readonly control: CameraControl;
  /** Begins to supervise a camera, now or when the service runs; one of the same id is replaced (a changed address or login). */
  add(record: CameraRecord): void;
  /** Resolves when its loop has ended and its subscription was given back. An unknown id is passed over. */
  remove(id: string): Promise<void>;
  /** Asks an address once who is there, for `camera add`; without a login with the first set that is for it. A login that was refused is not tried again within `loginRetry`. */
  identify(address: string, login: Login | undefined, signal: AbortSignal): Promise<Identification>;
  /** @throws cameras.unknown, cameras.not-ready, cameras.no-stream */
  source(id: string, channel: number, quality: Quality): Promise<StreamSource>;
  /** What a camera said of itself; undefined until it did. @throws cameras.unknown */
  profile(id: string): CameraProfile | undefined;
  /** Asks a camera anew what it is and can do; what it says reaches the registry. @throws cameras.unknown, cameras.not-ready */
  refresh(id: string, signal: AbortSignal): Promise<Refreshed>;
  /** The sets of logins are others than before: cameras that refused theirs are tried with them as soon as they may. */
  retryLogins(): void;
  /** The audit of factory logins. */
  readonly audit: Pick<FactoryAudit, 'start' | 'rows' | 'isQuarantined'>;
  /** HTTP address of a still. @throws cameras.unknown, cameras.not-ready, cameras.no-still */
  still(id: string, channel: number): Promise<StreamSource>;
  /** Asks a camera that is online to send a key frame of this picture now; nothing comes of it where it cannot. Never rejects, but for the reason of `signal`. */
  askKeyFrame(id: string, channel: number, quality: Quality, signal: AbortSignal): Promise<void>;
  status(): readonly CameraStatus[];
  /** All else that is known of a camera. Rejects with the store's faults. @throws cameras.unknown */
  describe(id: string): Promise<CameraDescription>;
  /**
   * Walks a camera step by step, with at most one failed login; ends after the step beyond which nothing can be said. `by` is who wants to know, for
   * the audit. Rejects with the reason of `signal`. @throws cameras.unknown
   */
  diagnose(id: string, by: string, signal: AbortSignal): AsyncIterable<DiagnosisFinding>;
  /** Topics that one camera, or all of them, have said since the start. @throws cameras.unknown */
  topics(id: string | undefined): readonly TopicRow[];
  /** Topics that a camera offers, said or not; none where it has no events. @throws cameras.unknown, cameras.not-ready */
  offered(id: string, signal: AbortSignal): Promise<Offered>;
  /** What was seen and kept here, not sent; the newest first. Rejects with the store's faults. */
  detections(filter: DetectionFilter): Promise<readonly KeptDetection[]>;
}

/** At a start, cameras begin one after another at least so far apart on average. */
const spreadMs = 10;
const maxSpreadMs = 30_000;

/** Opens the room; nothing is sent before `service` runs. */
export function openCameras(options: CamerasOptions, deps: CamerasDeps, env: Env): Cameras {
  const gate = openLoginGate(options, env.clock);
  const calls = deps.store.procedures<CamerasProcedures>('cameras');
  const events = openSiteEvents(options.events, { ...deps, calls }, env);
  const knowledge = deps.store.procedures<KnowledgeProcedures>('knowledge');
  const choice = openChoice(options.streams);
  const pace = openIdentityPace(deps.identified, env);
  const { identified } = pace;
  const alike = {
    hearing: { ...options.events, checkEvery: options.checkEvery, graceMs: options.requestTimeout },
    backoff: { minMs: options.retryMin, maxMs: options.retryMax },
  };
  const slots = openSlots(options.attempts);
  const superviseDeps: SuperviseDeps = { ...deps, ...alike, identified, calls, knowledge, choice, gate, events, slots };
  const watch = openSiteWatch(
    options.watch,
    { sight: deps.sight, gate, condition: deps.condition, openConditions: deps.openConditions },
    env,
  );
  const neighbours = openNeighbours(openTableSource(), env.clock);
  const members = new Map<string, Member>();
  /** Loops of cameras that were removed or replaced, until they have ended. */
  const leaving = new Map<string, Promise<void>>();
  const closing = new AbortController();
  let running: AbortSignal | undefined;

  const targets = (): readonly RefreshTarget[] => [...members.values()].flatMap((member) => targetOf(member) ?? []);
  const refresher = openRefresher(
    options,
    {
      targets,
      reconnect: (id) => {
        const member = members.get(id);
        if (member) enroll(member.record);
      },
      identified,
      condition: deps.condition,
      choice,
      knowledge,
      gate,
    },
    env,
  );

  const audit = openFactoryAudit(
    {
      find: (id) => auditedOf(members.get(id)),
      attempt: openAttempts(options, { gate, calls }, env),
      condition: deps.condition,
      knowledge,
      gate,
    },
    env,
  );
  const allowed = (id: string): Member => {
    const member = findMember(members, id);
    if (options.factoryLogins === 'withhold' && audit.isQuarantined(id)) throw faults.fault('quarantined', { detail: id });
    return member;
  };

  const begin = (member: Member): void => {
    const { record, address, state, stop, ailments } = member;
    if (!address) return;
    const delayMs = env.random.uniform() * Math.min(maxSpreadMs, members.size * spreadMs);
    const before = leaving.get(record.device.id) ?? Promise.resolve();
    const ends = stop.signal;
    const run = (): Promise<void> => {
      if (address.protocol === 'rtsp')
        return superviseStream(streamOf(member, delayMs, { options, calls, gate }, env), options, watch.looker, env, ends);
      const camera = { record, base: address.url, state, ailments, delayMs, isRemoved: () => member.removed };
      return supervise(camera, options, superviseDeps, env, ends);
    };
    member.done = before.then(run);
  };
  const leave = (id: string): Promise<void> => {
    const member = members.get(id);
    if (!member) return leaving.get(id) ?? Promise.resolve();
    members.delete(id);
    member.removed = true;
    member.watched[Symbol.dispose]();
    member.stop.abort();
    const gone = member.done.finally(() => {
      if (leaving.get(id) === gone) leaving.delete(id);
    });
    leaving.set(id, gone);
    return gone;
  };
  const enroll = (record: CameraRecord): void => {
    const { id } = record.device;
    void leave(id);
    const member = openMember(record, { options, watch, condition: deps.condition }, env);
    members.set(id, member);
    if (running) begin(member);
  };
  const stopAll = (reason: unknown): void => {
    for (const { stop } of members.values()) stop.abort(reason);
  };
  const controlEnded = new AbortController();
  const control = openControl(
    { ...options.control, clockTolerance: options.clockTolerance },
    deps,
    openControlWorld(
      { find: (id) => knownOf(findMember(members, id)), known: () => [...members.values()].flatMap(listenedTo) },
      controlEnded.signal,
      env,
    ),
  );
  /** What moves is stopped while its camera can still be reached; then the loops end. */
  const quit = async (reason: unknown): Promise<void> => {
    await control.close().catch((error: unknown) => env.log.error({ error: messageOf(error) }, 'the control of cameras did not end well'));
    controlEnded.abort();
    stopAll(reason);
  };
  const ended = async (): Promise<void> => {
    await Promise.all([...[...members.values()].map((member) => member.done), ...leaving.values()]);
  };

  return {
    service: {
      name: 'cameras',
      async run(signal) {
        running = AbortSignal.any([signal, closing.signal]);
        const shared = runServices(
          [
            ...events.services,
            { name: 'watch of cameras', run: watch.run },
            refresher.service,
            pace.service,
            audit.service,
            control.clocks,
          ],
          running,
        );
        // One listener here instead of a signal of two for each camera, which takes kilobytes.
        running.addEventListener('abort', () => void quit(signal.reason), { once: true });
        for (const member of members.values()) begin(member);
        await Promise.race([untilAborted(running), shared]);
        running = undefined;
        await ended();
        await shared;
      },
    },
    discovery: openDiscovery(options.discovery, { ...options, gate }, env),
    control,
    add: enroll,
    async remove(id) {
      await control.forget(id, 'the camera was removed');
      await leave(id);
      pace.forget(id);
      // Not when it was added again meanwhile: then the memory is the new one's.
      if (members.has(id)) return;
      audit.forget(id);
      await Promise.all([calls.forget(id), knowledge.forgetKnowledge(id)]).catch((error: unknown) =>
        env.log.warn({ camera: id, error: messageOf(error) }, 'memory of a camera stays'),
      );
    },
    async identify(address, login, signal) {
      const tried = login ?? firstLogin(address, (await deps.credentials?.()) ?? []);
      return await probe(address, tried, { options, gate, env }, signal);
    },
    source: async (id, channel, quality) => findStream(allowed(id), channel, quality),
    still: async (id, channel) => findStill(allowed(id), channel),
    audit,
    profile: (id) => findMember(members, id).state.profile,
    async refresh(id, signal) {
      const target = targetOf(findMember(members, id));
      if (!target) throw faults.fault('not-onvif', { detail: id });
      return await refresher.refresh(target, signal);
    },
    retryLogins() {
      for (const { state } of members.values()) if (state.state === 'login-refused') state.waker.wake();
    },
    async askKeyFrame(id, channel, quality, signal) {
      const member = members.get(id);
      for (const known of member ? listenedTo(member) : []) await askKeyFrame(known, { channel, quality }, signal);
    },
    status: () => [...members.values()].map((member) => viewOf(member, env.clock.monotonicMs())),
    async describe(id) {
      const member = findMember(members, id);
      const { subscription } = await calls.recall(id);
      return describeCamera(member, subscription?.address);
    },
    diagnose(id, by, signal) {
      const { looker } = watch;
      const patient = patientOf(findMember(members, id), choice(id));
      const trustOf = async (device: string): Promise<Trust> => {
        const trust = openTrust();
        const { certificate } = await calls.recall(device);
        if (certificate !== undefined) trust.pin(certificate);
        return trust;
      };
      return diagnose(patient, by, { options, gate, looker, sight: deps.sight, neighbour: neighbours.find, trustOf }, env, signal);
    },
    topics(id) {
      const asked = id === undefined ? [...members.values()] : [findMember(members, id)];
      return listTopics(
        asked.map(({ state }) => state.counters),
        events.samples,
      );
    },
    async offered(id, signal) {
      const { session, profile } = knownOf(findMember(members, id));
      return profile.events ? await askOffered(session, profile.events, signal) : { result: 'ok', topics: [] };
    },
    detections: (filter) => events.detections.list(filter),
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

function viewOf(member: Member, now: number): CameraStatus {
  const { record, state } = member;
  const { session, counters } = state;
  return {
    id: record.device.id,
    state: state.state,
    since: state.since,
    silentMs: state.silentSinceMs === undefined ? 0 : now - state.silentSinceMs,
    message: state.message,
    authentication: session?.authentication ?? 'none',
    clockOffsetMs: session?.clockOffsetMs,
    channels: picturedChannels(member).length,
    pulls: counters.pulls,
    messages: counters.messages,
    subscriptionsCreated: counters.created,
    subscriptionsResumed: counters.resumed,
    breaks: { ...counters.breaks },
    unknownTopics: Object.fromEntries(counters.unknownTopics),
    unknownValues: Object.fromEntries(counters.unknownValues),
  };
}
