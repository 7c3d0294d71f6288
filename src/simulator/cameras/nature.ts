// The nature of a virtual camera: its personality with what is said otherwise of it, and its profiles.
import type { Env, Login } from '#base';
import { uuidv7 } from '#base';
import { type Clip, loadClip } from '../rtsp/index.ts';
import type { Identity, Profile } from './core.ts';
import {
  type CameraLogin,
  type Personality,
  type PersonalityName,
  type ProfilePlan,
  personalities,
  type Quirks,
} from './personality/index.ts';

/** Nature of a virtual camera. */
export interface CameraOptions {
  /** Form of an id; also the first part of its RTSP paths. */
  readonly id: string;
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  readonly login: Login;
  readonly personality: PersonalityName;
  /** Otherwise than the personality has them. */
  readonly quirks: Partial<Quirks>;
  readonly loginBy: CameraLogin;
  /** Coding of the main stream. */
  readonly codec: 'h264' | 'h265';
  readonly sound: boolean;
  readonly ptz: boolean;
  readonly media2: boolean;
  /** Video sources, 1 … 64. */
  readonly channels: number;
  /** How far the camera's clock is off, milliseconds. */
  readonly clockOffsetMs: number;
  /** No password was set yet: ONVIF answers 403. */
  readonly factory: boolean;
}

const logins = ['digest', 'username-token', 'either', 'digest-sha256'] as const;
const login: Login = { user: 'admin', password: 'bongsu-sim-1' };

/** The nature of the camera at `index` where `said` says nothing else. Plain cameras have codecs and logins in turn, and every second one moves. */
export function natureOf(said: Partial<CameraOptions>, index: number, place: { host: string; port: number }): CameraOptions {
  const name = said.personality ?? 'plain';
  const { loginBy, codec, sound, ptz, media2, channels } = personalities[name];
  const turns = {
    loginBy: logins[index % logins.length] ?? 'digest',
    codec: index % 2 === 0 ? 'h264' : 'h265',
    ptz: index % 2 === 0,
  } as const;
  const own = name === 'plain' ? { sound, media2, channels, ...turns } : { loginBy, codec, sound, ptz, media2, channels };
  const common = { id: `cam-${index + 1}`, ...place, login, personality: name, quirks: {}, clockOffsetMs: 0, factory: false };
  return { ...common, ...own, ...said };
}

/** The personality with the quirks that are said otherwise. */
export function personalityOf({ personality, quirks }: CameraOptions): Personality {
  const known = personalities[personality];
  return Object.keys(quirks).length === 0 ? known : { ...known, quirks: { ...known.quirks, ...quirks } };
}

const paths = ['main', 'sub', 'third', 'fourth', 'fifth'] as const;
const made = new Map<string, readonly Profile[]>();

/** The profiles of all channels; cameras of one nature share them. */
export function profilesOf(options: CameraOptions): readonly Profile[] {
  const { personality, codec, sound, channels } = options;
  const key = `${personality}/${codec}/${sound}/${channels}`;
  const known = made.get(key);
  if (known) return known;
  const plans = personalities[personality].profiles;
  const profiles = Array.from({ length: channels }, (_, at) =>
    plans.map((plan, index) => profileOf(plan, { index, channel: at + 1 }, options)),
  );
  made.set(key, profiles.flat());
  return profiles.flat();
}

function profileOf(plan: ProfilePlan, at: { index: number; channel: number }, options: CameraOptions): Profile {
  const coded = options.codec === 'h265' ? 'H265' : 'H264';
  const encoding = plan.encoding === 'codec' ? coded : plan.encoding;
  const path = `${paths[at.index] ?? `stream-${at.index + 1}`}${at.channel === 1 ? '' : `-${at.channel}`}`;
  const { name, width, height, rate } = plan;
  return {
    token: plan.token(at.channel),
    name,
    channel: at.channel,
    path,
    encoding,
    width,
    height,
    rate,
    clip: clipOf(plan, encoding, options.sound),
  };
}

function clipOf(plan: ProfilePlan, encoding: Profile['encoding'], sound: boolean): Clip | undefined {
  if (plan.plays === undefined) return undefined;
  if (plan.plays === 'sub') return loadClip('sub-h264', sound);
  return loadClip(encoding === 'H265' ? 'main-h265' : 'main-h264', sound);
}

/** A new device of this personality, as it leaves the factory. */
export function newIdentity(personality: Personality, env: Env): Identity {
  const seed = env.random.bytes(6);
  const tail = [...seed.subarray(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return {
    serial: seed.toString('hex').toUpperCase(),
    mac: `${personality.oui}:${tail}`,
    endpoint: personality.quirks.sharedEndpoint ?? `urn:uuid:${uuidv7(env.clock.now(), env.random)}`,
    model: personality.model,
    firmware: personality.firmware,
  };
}
