// What takes further questions than who a camera is: its network, its heads and presets, relays, inputs, ears, and whether its TLS answers.
import type { Env } from '#base';
import type { Failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import { escapeXml, type XmlElement } from '../xml/index.ts';
import type { VideoChannel } from './channels.ts';
import { openPackage, type PackageCalls, type PackageResult } from './package.ts';
import {
  type DigitalInput,
  listensForSound,
  type Preset,
  type PtzNode,
  type RelayOutput,
  readInputs,
  readMac,
  readNodes,
  readPresets,
  readProtocols,
  readRelays,
} from './replies.ts';
import { findServices } from './services.ts';
import { knockTls, type TlsAnswer } from './tls.ts';

/** What a camera said when it was asked at length. What it does not tell or does not let us ask is absent. */
export interface CameraDetails {
  readonly mac: string | undefined;
  readonly nodes: readonly PtzNode[];
  /** By number of the channel. */
  readonly presets: ReadonlyMap<number, readonly Preset[]>;
  readonly relays: readonly RelayOutput[];
  readonly inputs: readonly DigitalInput[];
  /** Whether a rule or module that listens for sounds is set up in it. */
  readonly soundDetection: boolean;
  readonly https: TlsAnswer | undefined;
  /** RTSP over TLS (port 322). */
  readonly rtsps: TlsAnswer | undefined;
  /** Wall milliseconds. */
  readonly askedAt: number;
}

export type DetailsResult =
  | { readonly result: 'ok'; readonly details: CameraDetails }
  | { readonly result: 'failed'; readonly failure: Failure };

const rtspsPort = 322;
/** Of so many channels presets and analytics are asked; a recorder's heads beyond it are moved without names. */
const maxAsked = 32;

/** The only part of a profile that the questions need. */
type Asked = { readonly channels: readonly VideoChannel[]; readonly details?: CameraDetails | undefined };

/**
 * Asks one thing after another over a session whose login is known to be right. A camera that lacks a service, or the right to ask for it, is
 * not at fault; one that goes away is. What it did not answer this time is as it was before. Rejects with the reason of `signal` alone.
 */
export async function askDetails(session: SoapSession, known: Asked, env: Env, signal: AbortSignal): Promise<DetailsResult> {
  const calls = openPackage(session, signal);
  const services = await findServices(calls);
  if (services.result === 'failed') return services;
  const asked = openAsked(async () => {
    const request = { service: 'device', expect: 'GetDeviceInformationResponse' };
    const reply = await calls.send(`<GetDeviceInformation xmlns="${deviceSpace}"/>`, request);
    const isOver = reply.result === 'failed' && ['unreachable', 'silent', 'closed', 'login-refused'].includes(reply.failure.kind);
    return isOver ? reply.failure : undefined;
  });
  const device = (name: string, service = 'device', space = deviceSpace) =>
    asked.of(() => calls.send(`<${name} xmlns="${space}"/>`, { service, expect: `${name}Response` }));
  const network = await device('GetNetworkInterfaces');
  const protocols = await device('GetNetworkProtocols');
  const hasPorts = calls.service('deviceIO') !== undefined;
  const before = known.details;
  const relays = await (hasPorts ? device('GetRelayOutputs', 'deviceIO', portSpace) : device('GetRelayOutputs'));
  const inputs = hasPorts ? await device('GetDigitalInputs', 'deviceIO', portSpace) : nothing;
  const heads = await askHeads(calls, known, asked);
  const soundDetection = await askEars(calls, known, asked);
  if (asked.gone) return { result: 'failed', failure: asked.gone };
  const { hostname } = session.base;
  const https = readProtocols(protocols.body).get('HTTPS') ?? (protocols.isAnswer ? undefined : before?.https?.port);
  return {
    result: 'ok',
    details: {
      mac: readMac(network.body, hostname) ?? before?.mac,
      ...heads,
      relays: relays.isAnswer ? readRelays(relays.body) : (before?.relays ?? []),
      inputs: inputs.isAnswer ? readInputs(inputs.body) : (before?.inputs ?? []),
      soundDetection,
      https: https === undefined ? undefined : await knockTls(hostname, https, env, signal),
      rtsps: await knockTls(hostname, rtspsPort, env, signal),
      askedAt: env.clock.now(),
    },
  };
}

const deviceSpace = 'http://www.onvif.org/ver10/device/wsdl';
const portSpace = 'http://www.onvif.org/ver10/deviceIO/wsdl';
const ptzSpace = 'http://www.onvif.org/ver20/ptz/wsdl';
const analyticsSpace = 'http://www.onvif.org/ver20/analytics/wsdl';

/** A series of questions that ends when the camera is gone. */
interface Series {
  readonly gone: Failure | undefined;
  of(ask: () => Promise<PackageResult<XmlElement>>): Promise<Reply>;
}

/** One reply. */
interface Reply {
  readonly body: XmlElement | undefined;
  /** Whether it says something of the camera: a fault says that it has no such thing, a refused login says nothing. */
  readonly isAnswer: boolean;
}

const nothing: Reply = { body: undefined, isAnswer: true };

/** `whyNot`: asks what the camera has told before, and says why it does not any more. */
function openAsked(whyNot: () => Promise<Failure | undefined>): Series {
  let gone: Failure | undefined;
  return {
    get gone() {
      return gone;
    },
    async of(ask) {
      if (gone) return { body: undefined, isAnswer: false };
      const reply = await ask();
      if (reply.result === 'ok') return { body: reply.value, isAnswer: true };
      const { kind } = reply.failure;
      if (isGone(reply)) gone = reply.failure;
      // A right that its user lacks; or a password that was changed a moment ago, and each further question would be a failed login.
      else if (kind === 'login-refused') gone = await whyNot();
      return { body: undefined, isAnswer: kind === 'fault' };
    },
  };
}

/** Neither an unknown question nor a missing right says that the camera is gone. */
function isGone<T>(reply: PackageResult<T>): reply is PackageResult<T> & { readonly result: 'failed' } {
  return reply.result === 'failed' && ['unreachable', 'silent', 'closed'].includes(reply.failure.kind);
}

/** ONVIF PTZ §5.1.1, §5.4.2. */
async function askHeads(
  calls: PackageCalls,
  { channels, details: before }: Asked,
  asked: Series,
): Promise<Pick<CameraDetails, 'nodes' | 'presets'>> {
  const presets = new Map<number, readonly Preset[]>();
  const movable = channels.filter(({ ptz }) => ptz).slice(0, maxAsked);
  if (movable.length === 0 || !calls.service('ptz')) return { nodes: [], presets };
  const send = (body: string, expect: string) => asked.of(() => calls.send(body, { service: 'ptz', expect }));
  const nodes = await send(`<GetNodes xmlns="${ptzSpace}"/>`, 'GetNodesResponse');
  for (const { channel, ptz } of movable) {
    const token = escapeXml(ptz?.profile ?? '');
    const reply = await send(`<GetPresets xmlns="${ptzSpace}"><ProfileToken>${token}</ProfileToken></GetPresets>`, 'GetPresetsResponse');
    presets.set(channel.number, reply.isAnswer ? readPresets(reply.body) : (before?.presets.get(channel.number) ?? []));
  }
  return { nodes: nodes.isAnswer ? readNodes(nodes.body) : (before?.nodes ?? []), presets };
}

/** ONVIF Analytics §5.2, §5.3: the modules and rules of each channel. */
async function askEars(calls: PackageCalls, { channels, details: before }: Asked, asked: Series): Promise<boolean> {
  if (!calls.service('analytics')) return false;
  let isSaid = true;
  const tokens = new Set(channels.flatMap(({ profiles }) => profiles.main.analytics || []));
  for (const token of [...tokens].slice(0, maxAsked)) {
    for (const name of ['GetAnalyticsModules', 'GetRules']) {
      const body = `<${name} xmlns="${analyticsSpace}"><ConfigurationToken>${escapeXml(token)}</ConfigurationToken></${name}>`;
      const reply = await asked.of(() => calls.send(body, { service: 'analytics', expect: `${name}Response` }));
      if (listensForSound(reply.body)) return true;
      isSaid &&= reply.isAnswer;
    }
  }
  return !isSaid && (before?.soundDetection ?? false);
}
