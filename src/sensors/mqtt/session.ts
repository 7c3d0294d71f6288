// One session with an outside broker: connect, subscribe, take messages in their order, several at a time, and acknowledge each after its commit.
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, type IPublishPacket, MqttClient } from 'mqtt';
import { BongsuError, type Env, messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { MqttConnectionOptions } from '../options.ts';
import { guardStream } from './guarded-stream.ts';

/** What a session tells while it lives. */
export interface SessionWorld {
  readonly env: Env;
  readonly subscriptions: readonly string[];
  /** Called in the order of the messages; up to 64 are under way. Resolves after the commit: then PUBACK leaves. A rejection ends the session: the broker sends the message again in the next one. */
  hear(packet: IPublishPacket): Promise<void>;
  /** Connected, and all that was asked for is granted. */
  ready(): void;
  /** A message was too large: it is acknowledged, and nothing is known of it. */
  tooLarge(): void;
}

export const maxPayloadBytes = 65_536;
const connectTimeoutMs = 10_000;
/** Messages whose commit is waited for; a message with measured values waits a tenth of a second for its batch. */
const maxUnderWay = 64;

/**
 * Runs one session until it ends, and rejects with why: `sensors.broker-unreachable`, `sensors.broker-tls`, `sensors.broker-refused`,
 * `sensors.subscription-refused`, `sensors.broker-lost`, or whatever `hear` rejected with.
 */
export async function runSession(options: MqttConnectionOptions, world: SessionWorld, signal: AbortSignal): Promise<never> {
  const socket = await openSocket(options);
  const begun: Promise<void>[] = [];
  const { stream } = guardStream(socket, {
    mayAcknowledge: () => begun.shift() ?? Promise.resolve(),
    maxPayload: maxPayloadBytes,
    clock: world.env.clock,
    cut: world.tooLarge,
  });
  let reason: Error | undefined;
  const client = new MqttClient(() => stream, clientOptions(options));
  const end = (why: Error): void => {
    reason ??= why;
    client.stream.destroy();
  };
  const window = openWindow(maxUnderWay);
  // The library writes its PUBACK at `done`; it leaves after the commit, and in the order of the messages (MQTT-4.6.0-2, MQTT-4.3.2-2).
  const begin = async (packet: IPublishPacket, done: () => void): Promise<void> => {
    const leave = await window.enter();
    const committed = world.hear(packet);
    committed.then(leave, (error: unknown) => end(error instanceof Error ? error : new Error(messageOf(error))));
    if (packet.qos > 0) begun.push(committed);
    done();
  };
  client.handleMessage = (packet, done) => void begin(packet, done);
  let isConnected = false;
  client.on('error', (error) => end(faultOf(error, isConnected)));
  client.once('connect', () => {
    isConnected = true;
    subscribe(client, world.subscriptions).then(world.ready, end);
  });
  const abort = (): void => end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  using _limit = world.env.clock.after(connectTimeoutMs, () => {
    if (!isConnected) end(sensorsFaults.fault('broker-unreachable', { detail: `${options.url}: no answer` }));
  });
  try {
    if (signal.aborted) abort();
    await new Promise<void>((resolve) => client.once('close', () => resolve()));
  } finally {
    signal.removeEventListener('abort', abort);
    client.end(true);
  }
  throw reason ?? sensorsFaults.fault(isConnected ? 'broker-lost' : 'broker-unreachable', { detail: options.url });
}

/** A way in for so many at a time; what has entered leaves by what it was given. */
function openWindow(size: number): { enter(): Promise<() => void> } {
  let free = size;
  let roomy = Promise.withResolvers<void>();
  const leave = (): void => {
    free += 1;
    roomy.resolve();
  };
  return {
    async enter() {
      while (free === 0) {
        roomy = Promise.withResolvers();
        await roomy.promise;
      }
      free -= 1;
      return leave;
    },
  };
}

const refusedQos = 0x80;

async function subscribe(client: MqttClient, subscriptions: readonly string[]): Promise<void> {
  try {
    const granted = await client.subscribeAsync(Object.fromEntries(subscriptions.map((topic) => [topic, { qos: 1 as const }])));
    const refused = granted.filter(({ qos }) => qos >= refusedQos).map(({ topic }) => topic);
    if (refused.length > 0) throw new Error(refused.join(', '));
  } catch (cause) {
    throw sensorsFaults.fault('subscription-refused', { cause, detail: messageOf(cause) });
  }
}

function clientOptions({ clientId, keepalive, username, password }: MqttConnectionOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clientId,
    clean: false,
    keepalive: Math.ceil(keepalive / 1000),
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false,
    log: () => {},
    connectTimeout: connectTimeoutMs + 5000,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}

async function openSocket({ url, tls }: MqttConnectionOptions): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'mqtts:') return connectTcp({ host, port: port === '' ? 1883 : Number(port), noDelay: true });
  try {
    const [ca, cert] = await Promise.all([tls.ca && readFile(tls.ca), tls.cert && readFile(tls.cert)]);
    return connectTls({
      host,
      port: port === '' ? 8883 : Number(port),
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca && { ca }),
      ...(cert && { cert, key: tls.key }),
    }).setNoDelay(true);
  } catch (cause) {
    throw sensorsFaults.fault('broker-tls', { cause, detail: messageOf(cause) });
  }
}

const networkCodes = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|EADDR)/;

/** A refusing CONNACK has a number for a code (MQTT 3.1.1 §3.2.2.3), a socket a word; TLS has words of its own. */
function faultOf(error: Error, isConnected: boolean): BongsuError {
  if (error instanceof BongsuError) return error;
  const code = 'code' in error ? error.code : undefined;
  const context = { cause: error, detail: messageOf(error) };
  if (typeof code === 'number') return sensorsFaults.fault('broker-refused', context);
  if (isConnected) return sensorsFaults.fault('broker-lost', context);
  const isNetwork = typeof code !== 'string' || networkCodes.test(code);
  return sensorsFaults.fault(isNetwork ? 'broker-unreachable' : 'broker-tls', context);
}
