// The hub's end of the backlog's bench: a real Mosquitto whose own counter says how much has come in, and how fast.
// $SYS counts each PUBLISH that the broker takes, whoever sent it: no subscriber has to count, and gateway and bridge are measured by one instrument.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { steadyMs } from './measure.ts';

/** Lines of the hub's configuration. Nagle's algorithm is off on its side too, else it holds small answers back. */
export function hubConfig(receiveMaximum: number | undefined): readonly string[] {
  const window = receiveMaximum === undefined ? [] : [`max_inflight_messages ${receiveMaximum}`];
  return ['set_tcp_nodelay true', 'sys_interval 1', ...window];
}

/** One look at the counter. */
export interface Sample {
  /** On the clock of `steadyMs`. */
  readonly ms: number;
  readonly messages: number;
}

/** The counter of one broker. */
export interface HubCounter extends AsyncDisposable {
  /** Messages that have come in since the broker started, as of its last look, up to 2 s ago. */
  readonly messages: number;
  /** Mean size of their payloads. */
  readonly meanPayloadBytes: number;
  /** All looks, one in 2 s while something comes. */
  readonly samples: readonly Sample[];
  /** Waits until so many messages have come, at most `limitMs`. */
  reach(messages: number, limitMs: number): Promise<void>;
}

const messagesTopic = '$SYS/broker/publish/messages/received';
const bytesTopic = '$SYS/broker/publish/bytes/received';

/** CONNECT of MQTT 3.1.1 as the client `hub`, clean session, no keepalive (§3.1); SUBSCRIBE to `bongsu/#` with QoS 0 (§3.8). */
const connectPacket = Buffer.from([0x10, 15, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, 3, ...Buffer.from('hub')]);
const subscribePacket = Buffer.from([0x82, 13, 0, 1, 0, 8, ...Buffer.from('bongsu/#'), 0]);

/** Somebody who hears everything, for what nobody hears the gateway keeps: it answers nothing, reads no packet and lets the bytes go. */
export async function openEar(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  for (const packet of [connectPacket, subscribePacket]) {
    socket.write(packet);
    await once(socket, 'data');
  }
  return socket.on('error', () => {}).resume();
}

/** Connects to the broker at `url`, as its counter and as one who hears everything. */
export async function openHubCounter(url: string): Promise<HubCounter> {
  const ear = await openEar(Number(new URL(url).port));
  const client = await connectAsync(url, { reconnectPeriod: 0, clientId: 'bench-counter' });
  const samples: Sample[] = [];
  let bytes = 0;
  client.on('message', (topic, payload) => {
    const count = Number(payload.toString());
    if (topic === bytesTopic) bytes = count;
    else samples.push({ ms: steadyMs(), messages: count });
  });
  await client.subscribeAsync([messagesTopic, bytesTopic], { qos: 0 });
  const counter: HubCounter = {
    get messages() {
      return samples.at(-1)?.messages ?? 0;
    },
    get meanPayloadBytes() {
      return bytes / Math.max(1, counter.messages);
    },
    samples,
    async reach(messages, limitMs) {
      const endMs = steadyMs() + limitMs;
      while (counter.messages < messages && steadyMs() < endMs) await sleep(100);
    },
    async [Symbol.asyncDispose]() {
      ear.destroy();
      await client.endAsync(true);
    },
  };
  return counter;
}

/**
 * Messages a second while they came: from the first look at which some had come to the last before all had, for a look tells what it saw at its moment,
 * and not when it began or ended. Of less than five looks nothing better can be said than from the first to the last.
 */
export function rateOf(samples: readonly Sample[]): number {
  const moving = samples.filter(({ messages }, index) => messages > (samples[index - 1]?.messages ?? 0));
  const full = moving.length > 4 ? moving.slice(1, -1) : [...samples.slice(0, 1), ...moving];
  const [first, last] = [full[0], full.at(-1)];
  return first && last && last.ms > first.ms ? ((last.messages - first.messages) / (last.ms - first.ms)) * 1000 : 0;
}
