// One camera of the room: its record, its state and its loop, and how the room's other parts see it.
import type { Env } from '#base';
import type { Look, Quality, StreamSource } from '#model';
import { type CameraAddress, parseAddress } from './address.ts';
import { type Ailments, openAilments } from './ailments.ts';
import { type CameraState, enter, enterIll, openCameraState } from './camera-state.ts';
import { compact } from './compact.ts';
import type { KnownCamera } from './control/index.ts';
import type { AuditedCamera } from './credentials/index.ts';
import type { Patient } from './diagnosis/index.ts';
import { faults } from './faults.ts';
import { openMemory } from './memory.ts';
import type { StreamChoice } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import { findStream, type Pictured, picturedChannels } from './pictures.ts';
import { badAddress } from './probe.ts';
import type { RefreshTarget } from './refresh.ts';
import type { CameraRecord, SuperviseDeps } from './supervise.ts';
import { type Beat, rtspDoor, type Seat, type SiteWatch, type superviseStream } from './watch/index.ts';

/** A camera of the site with what belongs to it while it is watched. */
export interface Member {
  readonly record: CameraRecord;
  readonly address: CameraAddress | undefined;
  readonly state: CameraState;
  readonly stop: AbortController;
  readonly ailments: Ailments;
  readonly seat: Seat;
  /** Its place on the patrol. */
  readonly beat: Disposable | undefined;
  removed: boolean;
  /** Resolves when its loop has ended. */
  done: Promise<void>;
}

/** A camera that answers, for the walk over all of them. */
export function listenedTo({ record, state: { state, session, profile } }: Member): readonly (KnownCamera & { readonly id: string })[] {
  return state === 'online' && session && profile ? [{ id: record.device.id, session, profile }] : [];
}

/** @throws cameras.not-ready */
export function knownOf({ record, state }: Member): KnownCamera {
  const { session, profile } = state;
  if (!session || !profile) throw faults.fault('not-ready', { detail: record.device.id });
  return { session, profile };
}

export function auditedOf(member: Member | undefined): AuditedCamera | undefined {
  if (member?.address?.protocol !== 'onvif') return undefined;
  const { record, address, state } = member;
  const maker = state.profile?.identity.maker ?? record.device.identity.maker;
  return { id: record.device.id, base: address.url, maker, trust: state.trust, login: state.state === 'online' ? state.login : undefined };
}

export function targetOf({ record, address, state }: Member): RefreshTarget | undefined {
  return address?.protocol === 'onvif' ? { id: record.device.id, base: address.url, state } : undefined;
}

interface MemberDeps {
  readonly options: CamerasOptions;
  readonly watch: SiteWatch;
  readonly condition: SuperviseDeps['condition'];
}

export function openMember(given: CameraRecord, { options, watch, condition }: MemberDeps, env: Env): Member {
  const record = slim(given);
  const { id, group } = record.device;
  const address = parseAddress(record.device.address);
  const state = openCameraState(env);
  if (!address) Object.assign(state, { state: 'fault', message: badAddress.message });
  const seat = watch.join({ id, group, url: address?.url ?? nowhere, back: () => state.waker.wake() });
  const ailments = openAilments(id, options, { condition, seat }, env);
  const beat = address && watch.add(new MemberBeat({ record, address, state }, ailments));
  return { record, address, state, ailments, seat, beat, stop: new AbortController(), removed: false, done: Promise.resolve() };
}

/** The registry replaces a device with each change: whoever held the former one would hold its place and its names besides. */
function slim({ device: { id, group, address, channels, identity }, login }: CameraRecord): CameraRecord {
  const known = { channels: compact(channels), identity: compact(identity) };
  return { device: { id, address, ...known, ...(group !== undefined && { group }) }, login };
}

const nowhere = new URL('http://address-bad.invalid');

type Watched = Pictured & { readonly address: CameraAddress };

/** A camera as the patrol sees it. A class, for there are thousands, and closures cost memory each. */
class MemberBeat implements Beat {
  readonly #camera: Watched;
  readonly #ailments: Ailments;

  constructor(camera: Watched, ailments: Ailments) {
    this.#camera = camera;
    this.#ailments = ailments;
  }

  get id(): string {
    return this.#camera.record.device.id;
  }

  get host(): string {
    return this.#camera.address.url.host;
  }

  channels(): readonly number[] {
    return this.#camera.state.state === 'online' ? picturedChannels(this.#camera) : [];
  }

  source(channel: number, quality: Quality): StreamSource | undefined {
    return tryStream(this.#camera, channel, quality);
  }

  seen(channel: number, look: Look, failures: number): Promise<void> {
    return this.#ailments.pictures(channel, look, failures);
  }
}

/** A camera as its diagnosis sees it. */
export function patientOf(member: Member, choice: StreamChoice): Patient {
  const { record, address, state } = member;
  const { pulls, messages } = state.counters;
  return {
    device: record.device,
    address,
    login: state.login ?? record.login,
    isGroupLost: member.seat.isGroupLost,
    heard: state.state === 'online' && pulls > 0 ? { pulls, messages } : undefined,
    wishes: { choice, numbers: state.profile?.numbers ?? new Map() },
    source: (channel, quality) => tryStream(member, channel, quality),
  };
}

function tryStream(member: Pictured, channel: number, quality: Quality): StreamSource | undefined {
  try {
    return findStream(member, channel, quality);
  } catch {
    return undefined;
  }
}

/** A source without ONVIF as its loop sees it. */
export function streamOf(
  member: Member,
  delayMs: number,
  { options, calls, gate }: { readonly options: CamerasOptions } & Pick<SuperviseDeps, 'calls' | 'gate'>,
  env: Env,
): Parameters<typeof superviseStream>[0] {
  const { record, address, state, ailments } = member;
  return {
    id: record.device.id,
    host: address?.url.host ?? '',
    source: () => tryStream(member, 1, 'main'),
    delayMs,
    remember() {
      const login = record.login ?? (address?.protocol === 'rtsp' && address.user !== '' ? address : undefined);
      const door = { device: record.device.id, host: rtspDoor(address?.url.host ?? ''), login };
      return openMemory(door, { calls, gate, loginRetry: options.loginRetry }, env);
    },
    async well() {
      enter(state, 'online', undefined, env);
      await ailments.recover();
    },
    async ill(failed, failures) {
      if (failed.kind !== 'login-refused' && failures < options.lostAfter) return;
      enterIll(state, failed, env);
      await ailments.fail(failed);
    },
  };
}
