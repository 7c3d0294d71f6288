// The diagnosis of one camera: the same steps as supervision takes, one after another, each with what it found, up to the one beyond which nothing can be said.
import type { Env, Login, Text } from '#base';
import type { Quality, StreamSource } from '#model';
import type { CameraProfile } from '../onvif/index.ts';
import { openSession } from '../soap/index.ts';
import { hearOnce } from './events.ts';
import { type Finding, found, well } from './findings.ts';
import type { DiagnosisDeps, Patient } from './patient.ts';
import { reach } from './reach.ts';
import { recognise } from './recognise.ts';
import { seePictures } from './see.ts';

/** Walks the steps; ends after the first beyond which nothing can be said. At most one failed login. Rejects with the reason of `signal` alone. */
export async function* diagnose(
  patient: Patient,
  by: string,
  deps: DiagnosisDeps,
  env: Env,
  signal: AbortSignal,
): AsyncGenerator<Finding, undefined> {
  const { address, device } = patient;
  if (!address) {
    yield found('address', 'address-bad', device.address);
    return undefined;
  }
  yield well('address', address.url.href);
  const reached = await reach(address.url, { mac: device.identity.mac, isGroupLost: patient.isGroupLost }, deps, env, signal);
  yield* reached.findings;
  if (!reached.isOpen) return undefined;
  if (address.protocol === 'rtsp') {
    yield* seePictures({ patient, host: address.url.host, channels: [1], by }, deps, signal);
    return undefined;
  }
  const trust = await deps.trustOf(device.id);
  using session = openSession(deps.options, { base: address.url, login: patient.login, gate: deps.gate, trust }, env);
  const recognised = await recognise(session, patient, deps.options, signal);
  yield* recognised.findings;
  const { profile } = recognised;
  if (!profile) return undefined;
  const channels = profile.channels.map(({ channel }) => channel.number);
  const own = { ...patient, source: (channel: number, quality: Quality) => sourceIn(profile, patient.login, channel, quality) };
  yield* seePictures({ patient: own, host: address.url.host, channels, by }, deps, signal);
  yield await hearOnce(
    { session, events: profile.events === undefined ? undefined : new URL(profile.events), heard: patient.heard },
    env,
    signal,
  );
  return undefined;
}

function sourceIn(profile: CameraProfile, login: Login | undefined, channel: number, quality: Quality): StreamSource | undefined {
  const url = profile.channels.find((one) => one.channel.number === channel)?.streams[quality];
  return url === undefined ? undefined : { url, user: login?.user ?? '', password: login?.password ?? '' };
}

/** What a diagnosis came to: the gravest of its findings, or that nothing is wrong. */
export type Verdict = Pick<Finding, 'result' | 'message'> & Partial<Finding>;

/** The first failure of the findings, else the first warning. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const gravest = findings.find(({ result }) => result === 'failed') ?? findings.find(({ result }) => result === 'warning');
  return gravest ?? { result: 'ok', message: allWell };
}

const allWell: Text = { en: 'Nothing is wrong with this camera', ko: '카메라에 이상이 없습니다' };
