// The hub of a torture: an MQTT v5 client that counts what arrives and, where asked, confirms it itself.
import { randomUUID } from 'node:crypto';
import { connectAsync, type MqttClient } from 'mqtt';
import { rangesOf } from '../peers/hub.ts';
import { openTally, type Tally } from './tally.ts';

export interface HubEnd extends AsyncDisposable {
  readonly tally: Tally;
  /** Messages that were not as the contract says; those that a damaged store can send. */
  readonly malformed: number;
}

const prefix = 'bongsu/v1/52710/gw-1';
const confirmEveryMs = 250;
const rangesAtOnce = 500;

/** What kind of hub it is. */
export interface HubEndOptions {
  /** It announces that it confirms itself, and does: what is new, or each time `all` that it ever got. Default false. */
  readonly confirms?: boolean | 'all';
  /** Takes every message too. */
  readonly books?: Pick<Tally, 'take'>;
}

/** Connects and stays connected, with its session where the broker keeps it. */
export async function openHubEnd(url: string, { confirms = false, books }: HubEndOptions = {}): Promise<HubEnd> {
  const tally = openTally();
  const client = await connectAsync(url, {
    protocolVersion: 5,
    reconnectPeriod: 200,
    connectTimeout: 5000,
    keepalive: 5,
    clean: false,
    clientId: `hub-${randomUUID()}`,
    properties: { sessionExpiryInterval: 3600 },
  });
  let malformed = 0;
  const fresh = new Map<string, number[]>();
  client.on('error', () => {});
  client.on('message', (topic, payload) => {
    if (!topic.startsWith(prefix) || /\/(confirm|command|state)\b/.test(topic)) return;
    try {
      tally.take(topic, payload);
      books?.take(topic, payload);
    } catch {
      malformed += 1;
    }
    if (confirms === false) return;
    const { class: name, sequence } = JSON.parse(payload.toString('utf8')) as { class: string; sequence: string };
    fresh.set(name, [...(fresh.get(name) ?? []), Number(sequence)]);
  });
  await client.subscribeAsync(`${prefix}/#`, { qos: 1 });
  const confirming = confirms === false ? undefined : startConfirming(client, fresh, confirms === 'all');
  return {
    tally,
    get malformed() {
      return malformed;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(confirming);
      await client.endAsync(true);
    },
  };
}

/** Announces at every connection, for the broker may have forgotten it, and confirms what came since the last time. */
function startConfirming(client: MqttClient, fresh: Map<string, number[]>, keeps: boolean): NodeJS.Timeout {
  const announce = (): void => void client.publish('bongsu/v1/hub/state', '{"confirmation":"hub"}', { qos: 1, retain: true });
  announce();
  client.on('connect', announce);
  return setInterval(() => {
    if (!client.connected) return;
    for (const [name, sequences] of fresh) {
      if (!keeps) fresh.delete(name);
      const ranges = rangesOf(sequences);
      for (let at = 0; at < ranges.length; at += rangesAtOnce) {
        const payload = JSON.stringify({ confirmed: { [name]: ranges.slice(at, at + rangesAtOnce) } });
        client.publish(`${prefix}/confirm`, payload, { qos: 1 });
      }
    }
  }, confirmEveryMs);
}
