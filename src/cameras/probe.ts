// Asking an address, once and for a technician, whether a camera is there and what it is.
import type { Env, Login, Text } from '#base';
import type { Channel, DeviceIdentity } from '#model';
import { parseAddress } from './address.ts';
import { explain, type Failure, type FailureKind } from './faults.ts';
import { knock } from './knock.ts';
import { identifyCamera } from './onvif/index.ts';
import type { CamerasOptions } from './options.ts';
import { type Authentication, type LoginGate, openSession } from './soap/index.ts';

/** What an address turned out to be. */
export type Identification =
  | {
      readonly result: 'ok';
      readonly identity: DeviceIdentity;
      readonly channels: readonly Channel[];
      /** The device service, or the stream for an `rtsp://` address. */
      readonly url: string;
      readonly authentication: Authentication;
      /** The camera's clock minus ours, milliseconds. */
      readonly clockOffsetMs: number | undefined;
      readonly events: boolean;
    }
  | {
      readonly result: 'address-bad' | 'unreachable' | 'not-onvif' | 'login-missing' | 'login-refused' | 'factory-state';
      readonly message: Text;
      readonly hint: Text;
    };

const results: Readonly<Record<FailureKind, Exclude<Identification['result'], 'ok' | 'address-bad'>>> = {
  unreachable: 'unreachable',
  silent: 'unreachable',
  closed: 'unreachable',
  garbage: 'not-onvif',
  'too-large': 'not-onvif',
  certificate: 'unreachable',
  fault: 'not-onvif',
  'login-missing': 'login-missing',
  'login-refused': 'login-refused',
  'factory-state': 'factory-state',
};

/** Identifies what is at `address`; of an `rtsp://` address only that something listens there. Rejects with the reason of `signal` alone. */
export async function probe(
  address: string,
  login: Login | undefined,
  { options, gate, env }: { readonly options: CamerasOptions; readonly gate: LoginGate; readonly env: Env },
  signal: AbortSignal,
): Promise<Identification> {
  const parsed = parseAddress(address);
  if (!parsed) return { result: 'address-bad', ...badAddress };
  if (parsed.protocol === 'rtsp') {
    const failed = await knock(parsed.url, options.requestTimeout, env, signal);
    return failed ? refusal(failed) : { ...nothingKnown, result: 'ok', url: parsed.url.href };
  }
  using session = openSession(options, { base: parsed.url, login, gate }, env);
  const known = await identifyCamera(session, signal);
  if (known.result === 'failed') return refusal(known.failure);
  const { identity, channels, events } = known.profile;
  return {
    result: 'ok',
    identity,
    channels: channels.map(({ channel }) => channel),
    url: parsed.url.href,
    authentication: session.authentication,
    clockOffsetMs: session.clockOffsetMs,
    events: events !== undefined,
  };
}

/** Said of what cannot be the address of a camera. */
export const badAddress: { readonly message: Text; readonly hint: Text } = {
  message: { en: 'This is no address of a camera', ko: '카메라 주소가 아닙니다' },
  hint: {
    en: 'Write 10.0.0.5, 10.0.0.5:8080, http://host:port/path, or rtsp://host/path for a camera without ONVIF.',
    ko: '10.0.0.5, 10.0.0.5:8080, http://host:port/path, ONVIF가 없으면 rtsp://host/path 형식으로 입력하십시오.',
  },
};
const nothingKnown = {
  identity: { maker: '', model: '', firmware: '', serial: '' },
  channels: [{ number: 1, name: '1' }],
  authentication: 'none',
  clockOffsetMs: undefined,
  events: false,
} as const;

function refusal(failed: Failure): Identification {
  return { result: results[failed.kind], ...explain(failed) };
}
