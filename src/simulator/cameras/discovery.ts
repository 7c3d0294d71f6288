// WS-Discovery of the virtual cameras: answers probes by multicast and by unicast, says Hello and Bye (WS-Discovery 2005/04, ONVIF Core §7.3).
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Env, messageOf, uuidv7 } from '#base';
import { fault } from '../faults.ts';
import { baseUrl, type CameraCore, toldUrl } from './core.ts';
import { scopesOf } from './device.ts';
import { escapeXml, find, parseXml, textAt } from './xml.ts';

/** Answers until it is disposed. */
export interface Discovery extends AsyncDisposable {
  readonly port: number;
  /** Multicasts that a camera is there. */
  hello(camera: CameraCore): void;
  /** Multicasts that a camera goes. */
  bye(camera: CameraCore): void;
  /** Answers unicast probes at this address too. */
  listenAt(host: string): Promise<void>;
}

const group = '239.255.255.250';
const namespace = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const anonymous = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous';
const everyone = 'urn:schemas-xmlsoap-org:ws:2005:04:discovery';
const maxDatagram = 8192;
/** WS-Discovery §2.4: answers to a multicast are spread over this time. */
const maxDelayMs = 500;

/** What a probe asks for (WS-Discovery §5.3). */
export interface Probe {
  readonly messageId: string;
  readonly types: readonly string[];
  readonly scopes: readonly string[];
}

/** Reads a probe; undefined when the datagram is none or is over 8 KiB. */
export function readProbe(datagram: Buffer): Probe | undefined {
  if (datagram.length > maxDatagram) return undefined;
  const envelope = parseXml(datagram.toString('utf8'));
  const probe = find(envelope, 'Body', 'Probe');
  const messageId = textAt(envelope, 'Header', 'MessageID');
  if (probe?.namespace !== namespace || messageId === '' || messageId.length > 200) return undefined;
  const words = (name: string): string[] => textAt(probe, name).split(/\s+/).filter(Boolean);
  return { messageId, types: words('Types').map((type) => type.replace(/^.*:/, '')), scopes: words('Scopes') };
}

function isMeant(probe: Probe, camera: CameraCore): boolean {
  const types = probe.types.every((type) => type === 'NetworkVideoTransmitter' || type === 'Device');
  const own = scopesOf(camera);
  return types && probe.scopes.every((scope) => own.some((one) => one === scope || one.startsWith(`${scope.replace(/\/$/, '')}/`)));
}

function envelope(action: string, header: string, body: string, env: Env): string {
  const spaces = `xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="${namespace}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"`;
  const head = `<a:MessageID>urn:uuid:${uuidv7(env.clock.now(), env.random)}</a:MessageID>${header}<a:Action>${namespace}/${action}</a:Action>`;
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${spaces}><s:Header>${head}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

function describe(camera: CameraCore): string {
  const address = `<a:EndpointReference><a:Address>${camera.identity.endpoint}</a:Address></a:EndpointReference>`;
  const types = '<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>';
  const scopes = `<d:Scopes>${scopesOf(camera).map(escapeXml).join(' ')}</d:Scopes>`;
  return `${address}${types}${scopes}<d:XAddrs>${addressesOf(camera).join(' ')}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>`;
}

/** What the camera says of its addresses: one that is right, one that is not, or several of which the last is right. */
function addressesOf(camera: CameraCore): readonly string[] {
  const path = '/onvif/device_service';
  const own = toldUrl(camera, baseUrl(camera)) + path;
  if (camera.personality.quirks.addresses !== 'several') return [own];
  return [`http://[fe80::4619:b6ff:fe00:1]${path}`, `http://169.254.35.8${path}`, own];
}

function isMute(camera: CameraCore): boolean {
  return camera.misbehaviour?.fault === 'silent' && camera.misbehaviour.only === undefined;
}

/** Opens the responder on `port` (0: a free one) for `cameras`. Throws `simulator.port-taken`. Anything that is no probe is passed over. */
export async function openDiscovery(port: number, cameras: () => readonly CameraCore[], env: Env): Promise<Discovery> {
  const sockets: Socket[] = [];
  const byHost = new Map<string, Socket>();
  const open = async (host: string, at: number, shown: () => readonly CameraCore[]): Promise<Socket> => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    await bind(socket, host, at);
    socket.on('error', (error) => env.log.warn({ error: messageOf(error) }, 'discovery socket'));
    socket.on('message', (datagram, from) =>
      answer((camera) => byHost.get(camera.host) ?? socket, { datagram, from, spread: host === group }, shown, env),
    );
    sockets.push(socket);
    return socket;
  };
  // Bound to the group, it hears no probe that is meant for one address.
  const wide = await open(group, port, cameras);
  const own = multicastInterface(cameras());
  wide.addMembership(group, own);
  wide.setMulticastInterface(own);
  const bound = wide.address().port;
  // A unicast probe reaches the cameras of its address alone, as in the field.
  const hosts = new Set<string>();
  const listenAt = async (host: string): Promise<void> => {
    if (hosts.has(host)) return;
    hosts.add(host);
    byHost.set(host, await open(host, bound, () => cameras().filter((camera) => camera.host === host)));
  };
  for (const camera of cameras()) await listenAt(camera.host);
  const announce = (camera: CameraCore, action: 'Hello' | 'Bye'): Promise<void> => {
    const text = envelope(action, `<a:To>${everyone}</a:To>`, `<d:${action}>${describe(camera)}</d:${action}>`, env);
    return tell(wide, text, { port: bound, address: group }, env);
  };
  for (const camera of cameras()) void announce(camera, 'Hello');
  return {
    port: bound,
    hello: (camera) => void announce(camera, 'Hello'),
    bye: (camera) => void announce(camera, 'Bye'),
    listenAt,
    async [Symbol.asyncDispose]() {
      await Promise.all(cameras().map((camera) => announce(camera, 'Bye')));
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}

/** The loopback where the cameras are there, else the interface of the first of them. */
function multicastInterface(cameras: readonly CameraCore[]): string {
  const first = cameras[0]?.host ?? '127.0.0.1';
  return first.startsWith('127.') ? '127.0.0.1' : first;
}

async function bind(socket: Socket, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => reject(fault('port-taken', { cause, detail: `udp ${host}:${port}` })));
    socket.bind({ port, address: host }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

interface Received {
  readonly datagram: Buffer;
  readonly from: RemoteInfo;
  readonly spread: boolean;
}

function answer(from: (camera: CameraCore) => Socket, received: Received, shown: () => readonly CameraCore[], env: Env): void {
  const probe = readProbe(received.datagram);
  if (!probe) return;
  const header = `<a:RelatesTo>${escapeXml(probe.messageId)}</a:RelatesTo><a:To>${anonymous}</a:To>`;
  for (const camera of shown()) {
    if (isMute(camera) || !isMeant(probe, camera)) continue;
    const match = `<d:ProbeMatches><d:ProbeMatch>${describe(camera)}</d:ProbeMatch></d:ProbeMatches>`;
    const send = (): void => void tell(from(camera), envelope('ProbeMatches', header, match, env), received.from, env);
    if (received.spread) env.clock.after(env.random.uniform() * maxDelayMs, send);
    else send();
  }
}

/** Sends, and lets go what cannot be sent: the socket may be closed by now, the address may be out of reach. Resolves when it is out or lost. */
function tell(socket: Socket, text: string, to: { port: number; address: string }, env: Env): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.send(text, to.port, to.address, () => resolve());
    } catch (error) {
      env.log.debug({ error: messageOf(error) }, 'discovery message not sent');
      resolve();
    }
  });
}
