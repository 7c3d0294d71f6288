// All cameras of the site: one loop for each, and the addresses of their pictures for those who were granted to see them.
import { type Env, messageOf, runServices, type Service, untilAborted } from '#base';
import type { Cameras, CamerasDeps } from './contract.ts';
import { openControl, openControlWorld } from './control/index.ts';
import { firstLogin, openAttempts, openFactoryAudit } from './credentials/index.ts';
import { describeCamera } from './describe.ts';
import { diagnose } from './diagnosis/index.ts';
import { openDiscovery, openNeighbours, openTableSource } from './discovery/index.ts';
import { askOffered, listTopics, openSiteEvents } from './events/index.ts';
import { faults } from './faults.ts';
import { openIdentityPace } from './identity-pace.ts';
import type { KnowledgeProcedures } from './knowledge-tables.ts';
import { auditedOf, knownOf, listenedTo, type Member, patientOf, targetOf } from './member.ts';
import { askKeyFrame } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import { findStill, findStream } from './pictures.ts';
import { probe } from './probe.ts';
import { openRefresher } from './refresh.ts';
import { openRoster, type Roster } from './roster.ts';
import { openSlots } from './slots.ts';
import { openLoginGate, openTrust, type Trust } from './soap/index.ts';
import { statusOf } from './status.ts';
import { openChoice } from './stream-choice.ts';
import type { CamerasProcedures } from './tables.ts';
import { openSiteWatch } from './watch/index.ts';

/** Opens the room; nothing is sent before `service` runs. */
export function openCameras(options: CamerasOptions, deps: CamerasDeps, env: Env): Cameras {
  const site = openSiteParts(options, deps, env);
  const { gate, events, roster, refresher, pace, audit } = site;
  const { control, quit } = openSiteControl(options, deps, roster, env);
  const closing = new AbortController();
  const services = [...site.services, control.clocks];
  return {
    service: serviceOf(services, { roster, quit, closing: closing.signal }),
    discovery: openDiscovery(options.discovery, { ...options, gate }, env),
    control,
    add: roster.enroll,
    async remove(id) {
      await control.forget(id, 'the camera was removed');
      await roster.leave(id);
      pace.forget(id);
      // Not when it was added again meanwhile: then the memory is the new one's.
      if (!roster.find(id)) await forget(id, site, env);
    },
    async identify(address, login, signal) {
      const tried = login ?? firstLogin(address, (await deps.credentials?.()) ?? []);
      return await probe(address, tried, { options, gate, env }, signal);
    },
    audit,
    profile: (id) => roster.get(id).state.profile,
    async refresh(id, signal) {
      const target = targetOf(roster.get(id));
      if (!target) throw faults.fault('not-onvif', { detail: id });
      return await refresher.refresh(target, signal);
    },
    retryLogins() {
      for (const { state } of roster.list()) if (state.state === 'login-refused') state.waker.wake();
    },
    ended: (point) => roster.find(point.device)?.state.ear?.ended(point),
    status: () => roster.list().map((member) => statusOf(member, env.clock.monotonicMs())),
    detections: (filter) => events.detections.list(filter),
    ...picturesOf(options, site),
    ...answersOf(options, deps, site, env),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await roster.ended();
    },
  };
}

type SiteParts = ReturnType<typeof openSiteParts>;

/** What the cameras share, their roster, and what goes over all of them. */
function openSiteParts(options: CamerasOptions, deps: CamerasDeps, env: Env) {
  const gate = openLoginGate(options, env.clock);
  const calls = deps.store.procedures<CamerasProcedures>('cameras');
  const knowledge = deps.store.procedures<KnowledgeProcedures>('knowledge');
  const events = openSiteEvents(options.events, { ...deps, calls }, env);
  const choice = openChoice(options.streams);
  const pace = openIdentityPace(deps.identified, env);
  const watch = openSiteWatch(
    options.watch,
    { sight: deps.sight, gate, condition: deps.condition, openConditions: deps.openConditions },
    env,
  );
  const shared = { calls, knowledge, choice, gate, events, identified: pace.identified, condition: deps.condition };
  const alike = {
    slots: openSlots(options.attempts),
    hearing: { ...options.events, checkEvery: options.checkEvery, graceMs: options.requestTimeout },
    backoff: { minMs: options.retryMin, maxMs: options.retryMax },
  };
  const roster = openRoster(options, { ...deps, ...shared, ...alike }, watch, env);
  const reconnect = (id: string): void => {
    const member = roster.find(id);
    if (member) roster.enroll(member.record);
  };
  const targets = () => roster.list().flatMap((member) => targetOf(member) ?? []);
  const refresher = openRefresher(options, { ...shared, targets, reconnect }, env);
  const find = (id: string) => auditedOf(roster.find(id));
  const audit = openFactoryAudit({ ...shared, find, attempt: openAttempts(options, shared, env) }, env);
  const walk = { name: 'watch of cameras', run: watch.run };
  const services = [...events.services, walk, refresher.service, pace.service, audit.service];
  return { ...shared, watch, roster, refresher, pace, audit, services };
}

/** The control of heads and relays. `quit`: what moves is stopped while its camera can still be reached; then the loops end. */
function openSiteControl(
  options: CamerasOptions,
  deps: CamerasDeps,
  roster: Roster,
  env: Env,
): { readonly control: ReturnType<typeof openControl>; quit(reason: unknown): Promise<void> } {
  const ended = new AbortController();
  const world = openControlWorld(
    { find: (id) => knownOf(roster.get(id)), known: () => roster.list().flatMap(listenedTo) },
    ended.signal,
    env,
  );
  const control = openControl({ ...options.control, clockTolerance: options.clockTolerance }, deps, world);
  return {
    control,
    async quit(reason) {
      await control
        .close()
        .catch((error: unknown) => env.log.error({ error: messageOf(error) }, 'the control of cameras did not end well'));
      ended.abort();
      roster.stop(reason);
    },
  };
}

function serviceOf(
  services: readonly Service[],
  { roster, quit, closing }: { readonly roster: Roster; readonly closing: AbortSignal; quit(reason: unknown): Promise<void> },
): Service {
  return {
    name: 'cameras',
    async run(signal) {
      const running = AbortSignal.any([signal, closing]);
      const shared = runServices(services, running);
      // One listener here instead of a signal of two for each camera, which takes kilobytes.
      running.addEventListener('abort', () => void quit(signal.reason), { once: true });
      roster.start();
      await Promise.race([untilAborted(running), shared]);
      await roster.ended();
      await shared;
    },
  };
}

/** What is remembered of a camera that was removed. */
async function forget(id: string, { audit, calls, knowledge }: SiteParts, env: Env): Promise<void> {
  audit.forget(id);
  await Promise.all([calls.forget(id), knowledge.forgetKnowledge(id)]).catch((error: unknown) =>
    env.log.warn({ camera: id, error: messageOf(error) }, 'memory of a camera stays'),
  );
}

/** The addresses of pictures. */
function picturesOf({ factoryLogins }: CamerasOptions, { roster, audit }: SiteParts): Pick<Cameras, 'source' | 'still' | 'askKeyFrame'> {
  const allowed = (id: string): Member => {
    const member = roster.get(id);
    if (factoryLogins === 'withhold' && audit.isQuarantined(id)) throw faults.fault('quarantined', { detail: id });
    return member;
  };
  return {
    source: async (id, channel, quality) => findStream(allowed(id), channel, quality),
    still: async (id, channel) => findStill(allowed(id), channel),
    async askKeyFrame(id, channel, quality, signal) {
      const member = roster.find(id);
      for (const known of member ? listenedTo(member) : []) await askKeyFrame(known, { channel, quality }, signal);
    },
  };
}

/** What a technician asks. */
function answersOf(
  options: CamerasOptions,
  deps: CamerasDeps,
  { roster, calls, choice, gate, watch, events }: SiteParts,
  env: Env,
): Pick<Cameras, 'describe' | 'diagnose' | 'topics' | 'offered'> {
  const neighbours = openNeighbours(openTableSource(), env.clock);
  const trustOf = async (device: string): Promise<Trust> => {
    const trust = openTrust();
    const { certificate } = await calls.recall(device);
    if (certificate !== undefined) trust.pin(certificate);
    return trust;
  };
  return {
    async describe(id) {
      const member = roster.get(id);
      const { subscription } = await calls.recall(id);
      return describeCamera(member, subscription?.address);
    },
    diagnose(id, by, signal) {
      const patient = patientOf(roster.get(id), choice(id));
      const tools = { options, gate, looker: watch.looker, sight: deps.sight, neighbour: neighbours.find, trustOf };
      return diagnose(patient, by, tools, env, signal);
    },
    topics(id) {
      const asked = id === undefined ? roster.list() : [roster.get(id)];
      const counters = asked.map(({ state }) => state.counters);
      return listTopics(counters, events.samples);
    },
    async offered(id, signal) {
      const { session, profile } = knownOf(roster.get(id));
      return profile.events ? await askOffered(session, new URL(profile.events), signal) : { result: 'ok', topics: [] };
    },
  };
}
