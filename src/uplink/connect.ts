// One attempt to reach the broker: certificates, TCP or TLS, CONNECT, CONNACK, within one time limit.
import type { Socket } from 'node:net';
import { type IClientOptions, type IPublishPacket, MqttClient } from 'mqtt';
import { BongsuError, type Env, messageOf } from '#base';
import { brokerEnd, type CertificateEnds, ownEnd, readCertificates } from './certificates.ts';
import { uplinkFaults } from './faults.ts';
import { openFrameGuard } from './frames.ts';
import { type Link, openLink, propertiesOf } from './link.ts';
import type { UplinkOptions } from './options.ts';
import { PacketStore } from './packet-store.ts';
import type { Route } from './routes.ts';
import { openSocket, parseAddress } from './socket.ts';
import type { ProtocolLevel, VersionHint } from './version.ts';
import type { Message } from './wire/index.ts';

/** What one attempt is made with. */
export interface ConnectPlan {
  readonly route: Route;
  readonly level: ProtocolLevel;
  readonly clientId: string;
  /** Absent: none. */
  readonly will?: Message;
  /** Whether the broker should forget what it kept for us, after it kept a packet that is too large; `briefly`: also what comes from now on. */
  readonly clean: boolean | 'briefly';
  /** Longest wait for the broker's welcome, where it is shorter than `uplink.connectTimeout`. */
  readonly patienceMs?: number;
  /** Called for every PUBLISH; the packet is acknowledged when it resolves. Never rejects. */
  onPublish(packet: IPublishPacket): Promise<void>;
}

type Welcome = { readonly link: Link } | { readonly fault: BongsuError; readonly hint: VersionHint };

/** A link, or why there is none; and the certificates that were seen. */
export type ConnectResult = Welcome & { readonly ends: CertificateEnds };

const maxPacketBytes = 1_048_576;
/** What a broker that speaks MQTT 5 is told: a command has 16 KiB at most, and its properties. */
const announcedPacketBytes = 65_536;
const announcedReceiveMaximum = 16;

/** Connects once. Never rejects; when `signal` aborts it ends with `uplink.connection-lost`. */
export async function connect(options: UplinkOptions, plan: ConnectPlan, env: Env, signal: AbortSignal): Promise<ConnectResult> {
  const { url, tls } = plan.route;
  const address = parseAddress(url);
  let socket: Socket;
  let own: number | undefined;
  try {
    const certificates = address.secure ? await readCertificates(tls) : {};
    own = ownEnd(certificates);
    socket = openSocket(address, certificates, tls);
  } catch (error) {
    const fault = error instanceof BongsuError ? error : uplinkFaults.fault('unreachable', { cause: error, detail: messageOf(error) });
    return { fault, hint: 'other', ends: { own, broker: undefined } };
  }
  const watch = watchSocket(socket, address.secure);
  const client = new MqttClient(() => socket, clientOptions(options, plan));
  client.handleMessage = (packet, done) => {
    void acknowledge(plan.onPublish(packet), done);
  };
  const result = await welcome(client, watch, { options, plan, env, signal });
  return { ...result, ends: { own, broker: watch.brokerEnd() } };
}

/** PUBACK leaves when the command is accepted: from then on it is ours (MQTT 5 §4.3.2). */
async function acknowledge(accepted: Promise<void>, done: () => void): Promise<void> {
  await accepted;
  done();
}

interface Attempt {
  readonly options: UplinkOptions;
  readonly plan: ConnectPlan;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Waits for CONNACK or whatever comes instead of it. */
function welcome(client: MqttClient, watch: SocketWatch, attempt: Attempt): Promise<Welcome> {
  const { options, plan, env, signal } = attempt;
  return new Promise((resolve) => {
    let first: { fault: BongsuError; hint: VersionHint } | undefined;
    const giveUp = (fault: BongsuError, hint: VersionHint = 'other'): void => {
      first ??= { fault, hint };
      client.stream.destroy();
    };
    const timer = env.clock.after(Math.min(options.connectTimeout, plan.patienceMs ?? options.connectTimeout), () => {
      giveUp(watch.reached() ? uplinkFaults.fault('no-welcome') : uplinkFaults.fault('unreachable', { detail: 'no answer' }));
    });
    const onAbort = (): void => giveUp(uplinkFaults.fault('connection-lost'));
    const onError = (error: Error): void => giveUp(...refusalOf(error, watch));
    const onClose = (): void => settle(first ?? closedEarly(watch));
    const settle = (result: Welcome): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
      client.off('close', onClose);
      resolve(result);
    };
    // The listener for errors stays: an event without one would end the process.
    client.on('error', onError);
    client.on('close', onClose);
    client.once('connect', () => {
      const zero = zeroIn(client.serverProperties);
      if (zero !== undefined) giveUp(uplinkFaults.fault('protocol-broken', { detail: `CONNACK with a ${zero} of 0` }));
      else if (!first)
        settle({ link: openLink(client, { level: plan.level, ackTimeoutMs: options.ackTimeout, socketFault: watch.fault }, env) });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** A limit of 0 would let nothing through: a protocol error (MQTT 5 §3.2.2.3.3, §3.2.2.3.6). */
function zeroIn(limits: MqttClient['serverProperties']): string | undefined {
  return limits?.receiveMaximum === 0 ? 'Receive Maximum' : limits?.maximumPacketSize === 0 ? 'Maximum Packet Size' : undefined;
}

function clientOptions(options: UplinkOptions, plan: ConnectPlan): IClientOptions {
  const { username, password } = plan.route;
  const v5 = plan.level === 5;
  return {
    protocolVersion: plan.level,
    clientId: plan.clientId,
    clean: plan.clean !== false,
    keepalive: Math.ceil(options.keepalive / 1000),
    reconnectPeriod: 0,
    // Its own log would be made ready for each packet, and read by nobody.
    log: () => {},
    // Behind our own limit, which also covers TCP and TLS.
    connectTimeout: options.connectTimeout + 5000,
    queueQoSZero: false,
    outgoingStore: new PacketStore(),
    // Its table of all 65,536 numbers as bytes takes 7 MiB and saves no time that can be measured.
    writeCache: false,
    resubscribe: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(plan.will && { will: willOf(plan.will, v5, options.willDelay) }),
    ...(v5 && {
      properties: {
        sessionExpiryInterval: plan.clean === 'briefly' ? 0 : Math.round(options.sessionExpiry / 1000),
        receiveMaximum: announcedReceiveMaximum,
        maximumPacketSize: announcedPacketBytes,
      },
    }),
  };
}

function willOf(will: Message, v5: boolean, delayMs: number): NonNullable<IClientOptions['will']> {
  const properties = { ...propertiesOf(will), willDelayInterval: Math.round(delayMs / 1000) };
  return { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true, ...(v5 && { properties }) };
}

/** What the socket told, beside what MQTT.js makes of it. */
interface SocketWatch {
  /** Whether TCP, and TLS where it is asked for, came about. */
  reached(): boolean;
  /** The guard's or the socket's own error. */
  fault(): BongsuError | undefined;
  brokerEnd(): number | undefined;
}

function watchSocket(socket: Socket, secure: boolean): SocketWatch {
  let reached = false;
  let end: number | undefined;
  let fault: BongsuError | undefined;
  const guard = openFrameGuard(maxPacketBytes);
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    reached = true;
    end = brokerEnd(socket);
  });
  socket.on('data', (chunk: Buffer) => {
    const wrong = fault ? undefined : guard(chunk);
    if (!wrong) return;
    fault = uplinkFaults.fault(wrong);
    socket.destroy();
  });
  socket.on('error', (error) => {
    fault ??= socketFault(error, secure, reached);
  });
  return { reached: () => reached, fault: () => fault, brokerEnd: () => end };
}

const networkCodes = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|EADDR)/;

function socketFault(error: Error, secure: boolean, reached: boolean): BongsuError {
  if (error instanceof BongsuError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const context = { cause: error, detail: code === '' ? messageOf(error) : `${code} ${messageOf(error)}` };
  if (secure && !networkCodes.test(code)) return uplinkFaults.fault('tls-refused', context);
  return uplinkFaults.fault(reached ? 'connection-lost' : 'unreachable', context);
}

/** The connection closed before CONNACK. */
function closedEarly(watch: SocketWatch): { fault: BongsuError; hint: VersionHint } {
  const fault = watch.fault();
  if (!watch.reached()) return { fault: fault ?? uplinkFaults.fault('unreachable'), hint: 'other' };
  if (fault && fault.code !== 'uplink.connection-lost') return { fault, hint: 'other' };
  return { fault: uplinkFaults.fault('closed-early', fault?.detail === undefined ? {} : { detail: fault.detail }), hint: 'silent-close' };
}

/** An error that MQTT.js told: a refusing CONNACK (a number), or the socket's (a word). */
function refusalOf(error: Error, watch: SocketWatch): [BongsuError, VersionHint] {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code !== 'number') {
    const early = closedEarly(watch);
    return [early.fault, early.hint];
  }
  const detail = `0x${code.toString(16).padStart(2, '0')} ${error.message}`;
  if (code === 0x84 || code === 0x01) return [uplinkFaults.fault('version-refused', { detail }), 'version-refused'];
  const login = [0x04, 0x05, 0x86, 0x87, 0x8a, 0x8c].includes(code);
  return [uplinkFaults.fault(login ? 'login-refused' : 'broker-refused', { detail }), 'other'];
}
