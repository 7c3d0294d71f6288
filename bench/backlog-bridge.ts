// The peer: a Mosquitto bridge that holds the same backlog and sends it to the same hub. It keeps all of it in memory and writes its file every half hour
// or when it ends in order, so nothing of what it drains here is durable: it is measured at its best.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { type Mosquitto, openMosquitto } from '../test/peers/mosquitto.ts';
import { peakRssMiB } from './backlog-daemon.ts';

/** What the bridge is given. */
export interface BridgePlan {
  /** For its persistence. */
  readonly folder: string;
  /** The hub's broker, which does not run yet. */
  readonly hubPort: number;
  readonly window: number;
  readonly messages: number;
  readonly payloadBytes: number;
}

/** A broker full of messages for a hub that is not there. */
export interface Bridge extends AsyncDisposable {
  readonly messages: number;
  peakRssMiB(): number;
}

/** What a queued message of some hundred bytes costs Mosquitto, generously. */
const queuedBytes = 2048;

/** As many of `messages` as half the memory that is free can hold. */
export function bridgeable(messages: number): number {
  const available = Number(/MemAvailable:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0) * 1024;
  return Math.min(messages, Math.floor(available / 2 / queuedBytes));
}

/** Starts it and fills it; the bridge's own tries to reach the hub fail meanwhile, once a second. */
export async function openBridge({ folder, hubPort, window, messages, payloadBytes }: BridgePlan): Promise<Bridge> {
  await mkdir(folder, { recursive: true });
  const broker = await openMosquitto({ quiet: true, config: bridgeConfig(folder, hubPort, window) });
  try {
    await publish(broker, messages, payloadBytes);
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return {
    messages,
    peakRssMiB: () => peakRssMiB(broker.pid),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

function bridgeConfig(folder: string, hubPort: number, window: number): readonly string[] {
  return [
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    `max_inflight_messages ${window}`,
    'set_tcp_nodelay true',
    'connection hub',
    `address 127.0.0.1:${hubPort}`,
    'topic # out 1',
    'cleansession false',
    'notifications false',
    'restart_timeout 1',
    'try_private false',
  ];
}

const topic = Buffer.from('bongsu/v1/52710/gw-1/alarm/hydrant-parking/sensor-123');
/** CONNECT of MQTT 3.1.1 as the client `fill` with a clean session (§3.1). */
const connectPacket = Buffer.from([0x10, 16, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 4, ...Buffer.from('fill')]);
const pubackBytes = 4;
const atOnce = 500;
const mostUnanswered = 2 * atOnce;

/** Publishes with QoS 1, at most a thousand unanswered, as fast as the broker takes them. */
async function publish(broker: Mosquitto, messages: number, payloadBytes: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: broker.port, noDelay: true });
  socket.write(connectPacket);
  await once(socket, 'data');
  const packets = makePackets(payloadBytes);
  let answered = 0;
  let bytes = 0;
  let wake: (() => void) | undefined;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    answered = Math.floor(bytes / pubackBytes);
    wake?.();
  });
  const lost = once(socket, 'close').then(() => Promise.reject(new Error('the bridge’s broker closed the connection')));
  lost.catch(() => {});
  for (let sent = 0; sent < messages; ) {
    const count = Math.min(atOnce, messages - sent);
    socket.write(packets.subarray(0, (packets.length / atOnce) * count));
    sent += count;
    const enough = sent < messages ? sent - mostUnanswered : sent;
    while (answered < enough) {
      const answer = Promise.withResolvers<void>();
      wake = answer.resolve;
      await Promise.race([answer.promise, lost]);
    }
  }
  socket.destroy();
}

/** PUBLISH packets of QoS 1 with the identifiers 1 to 500 (§3.3). */
function makePackets(payloadBytes: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, 'x');
  const length = 2 + topic.length + 2 + payload.length;
  return Buffer.concat(
    Array.from({ length: atOnce }, (_, index) =>
      Buffer.concat([
        Buffer.from([0x32, (length & 0x7f) | 0x80, length >> 7]),
        Buffer.from([0, topic.length]),
        topic,
        Buffer.from([(index + 1) >> 8, (index + 1) & 0xff]),
        payload,
      ]),
    ),
  );
}
