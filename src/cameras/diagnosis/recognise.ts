// What the camera says over ONVIF: that it speaks it, its clock, whether it takes the login, its services and its video.
import type { Text } from '#base';
import { clockWords } from '../ailments.ts';
import type { Failure } from '../faults.ts';
import { type CameraProfile, identifyCamera } from '../onvif/index.ts';
import type { SoapSession } from '../soap/index.ts';
import { type Finding, failedCall, found, well } from './findings.ts';
import type { Patient } from './patient.ts';

/** What was found, and what the camera said of itself when it said so. */
export interface Recognised {
  readonly findings: readonly Finding[];
  readonly profile: CameraProfile | undefined;
}

const loginKinds: readonly Failure['kind'][] = ['login-refused', 'login-missing', 'factory-state'];

/** Asks for the clock without a login, then for all else with it. */
export async function recognise(
  session: SoapSession,
  patient: Pick<Patient, 'login' | 'wishes'>,
  options: { readonly clockTolerance: number },
  signal: AbortSignal,
): Promise<Recognised> {
  const clock = await session.readClock(signal);
  const wantsLogin = clock.result === 'failed' && loginKinds.includes(clock.failure.kind);
  if (clock.result === 'failed' && !wantsLogin) return { findings: [failedCall('web', clock.failure)], profile: undefined };
  const speaks = well('web', { en: 'Speaks ONVIF', ko: 'ONVIF 응답 정상' });
  if (clock.result === 'failed') return { findings: [speaks, failedCall('login', clock.failure)], profile: undefined };
  const first = [speaks, judgeClock(session.clockOffsetMs, options.clockTolerance)];
  const known = await identifyCamera(session, signal, patient.wishes);
  if (known.result === 'failed') return { findings: [...first, ...judgeRefusal(known.failure, session)], profile: undefined };
  const { profile } = known;
  const findings = [...first, judgeLogin(session, patient), judgeServices(profile), ...judgeChannels(profile)];
  return { findings, profile: profile.channels.length === 0 ? undefined : profile };
}

function judgeClock(offsetMs: number | undefined, toleranceMs: number): Finding {
  if (offsetMs === undefined) return found('clock', 'clock-untold', undefined, 'warning');
  if (Math.abs(offsetMs) > toleranceMs) return found('clock', 'clock-wrong', clockWords(offsetMs), 'warning');
  const seconds = (offsetMs / 1000).toFixed(1);
  return well('clock', { en: `Right, ${seconds} s off`, ko: `정상, 오차 ${seconds}초` });
}

/** A camera that fell silent after the login was taken fails at its services, not at the login. */
function judgeRefusal(failed: Failure, session: SoapSession): readonly Finding[] {
  if (loginKinds.includes(failed.kind)) return [failedCall('login', failed)];
  const taken = session.authentication === 'none' ? [] : [well('login', loginWords(session))];
  return [...taken, failedCall('services', failed)];
}

function judgeLogin(session: SoapSession, { login }: Pick<Patient, 'login'>): Finding {
  if (session.authentication !== 'none') return well('login', loginWords(session));
  return login
    ? well('login', {
        en: 'The camera asks for no login, though one is registered',
        ko: '로그인이 등록되어 있으나 카메라가 요구하지 않습니다',
      })
    : well('login', { en: 'The camera asks for no login', ko: '카메라가 로그인을 요구하지 않습니다' });
}

function loginWords({ authentication }: SoapSession): Text {
  const by = authentication === 'digest' ? 'HTTP Digest' : 'WS-UsernameToken';
  return { en: `Taken (${by})`, ko: `로그인 성공(${by})` };
}

function judgeServices({ identity, services, events, media }: CameraProfile): Finding {
  const who = [identity.maker, identity.model, identity.firmware].filter((part) => part !== '').join(' ');
  const names = services.map(({ namespace }) => namespace.replace(/^.*ver\d+\//, '').replace(/\/wsdl$/, '')).slice(0, 20);
  const what = [...new Set(names.length > 0 ? names : [media, events ? 'events' : ''].filter((name) => name !== ''))].join(', ');
  return well('services', `${who}: ${what}`);
}

function judgeChannels({ channels, media }: CameraProfile): readonly Finding[] {
  if (channels.length === 0) return [found('profiles', 'no-channels')];
  const mute = channels.filter(({ streams }) => streams.main === undefined).map(({ channel }) => channel.number);
  if (mute.length > 0)
    return [found('profiles', 'no-stream-address', mute.join(', '), mute.length === channels.length ? 'failed' : 'warning')];
  return [well('profiles', { en: `${channels.length} channel(s) by ${media}`, ko: `채널 ${channels.length}개(${media})` })];
}
