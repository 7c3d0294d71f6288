// The hub of the stories: an MQTT client on a real broker that keeps what arrives and asks for things.
import { randomUUID } from 'node:crypto';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { eventually } from './gateway.ts';

/** A message as the hub got it. */
export interface HubMessage {
  readonly topic: string;
  readonly retain: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HubPeer extends AsyncDisposable {
  readonly messages: readonly HubMessage[];
  /** The alarm transitions that arrived, in order; with `unique`, the first of each `id`. */
  alarms(filter?: { device?: string; unique?: boolean }): readonly Readonly<Record<string, unknown>>[];
  /** Waits for the first message that `match` takes. */
  wait(what: string, match: (message: HubMessage) => boolean, withinMs?: number): Promise<HubMessage>;
  /** Publishes a command and waits for its outcome. */
  command(name: string, body: Readonly<Record<string, unknown>>, withinMs?: number): Promise<Readonly<Record<string, unknown>>>;
  /** Confirms everything that has come so far, in the hub's own word. */
  confirm(): Promise<void>;
  /** Publishes raw bytes as a command. */
  publish(topic: string, payload: string | Buffer, options?: { retain?: boolean; responseTopic?: string }): Promise<void>;
}

/** How the hub speaks to its broker. */
export interface HubOptions extends Pick<IClientOptions, 'username' | 'password' | 'clientId'> {
  /** 5 is MQTT 5 (default), 4 is MQTT 3.1.1. */
  readonly protocolVersion?: 4 | 5;
}

const prefix = 'bongsu/v1/52710/gw-1';

/** Connects to the broker at `url`; reconnects by itself with its session, as a hub does. */
export async function openHub(url: string, { protocolVersion = 5, ...login }: HubOptions = {}): Promise<HubPeer> {
  const client: MqttClient = await connectAsync(url, {
    protocolVersion,
    reconnectPeriod: 200,
    clean: false,
    clientId: `hub-${randomUUID()}`,
    ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 3600 } }),
    ...login,
  });
  const messages: HubMessage[] = [];
  client.on('message', (topic, payload, packet) => {
    if (topic.includes('/command/') || payload.length === 0) return; // our own, garbage among it
    messages.push({ topic, retain: packet.retain, body: JSON.parse(payload.toString('utf8')) as Record<string, unknown> });
  });
  client.on('error', () => {});
  await client.subscribeAsync('bongsu/v1/#', { qos: 1 });
  const hub: HubPeer = {
    messages,
    alarms({ device, unique } = {}) {
      const seen = new Set<unknown>();
      return messages
        .filter(({ topic }) => topic.startsWith(`${prefix}/alarm/`) && (device === undefined || topic.endsWith(`/${device}`)))
        .map(({ body }) => body)
        .filter((body) => !unique || (!seen.has(body['id']) && seen.add(body['id'])));
    },
    wait: (what, match, withinMs) => eventually(what, () => messages.find(match), withinMs),
    async command(name, body, withinMs) {
      const id = typeof body['id'] === 'string' ? body['id'] : randomUUID();
      const now = Date.now();
      const seen = messages.length;
      const command = { id, time: new Date(now).toISOString(), expires: new Date(now + 30_000).toISOString(), ...body };
      await client.publishAsync(`${prefix}/command/${name}`, JSON.stringify(command), { qos: 1 });
      // RabbitMQ hands out every dot of a topic as a slash.
      const topics = [name, name.replaceAll('.', '/')].map((end) => `${prefix}/outcome/${end}`);
      return eventually(
        `the outcome of ${name}`,
        () => messages.slice(seen).find(({ topic, body }) => topics.includes(topic) && body['id'] === id)?.body,
        withinMs,
      );
    },
    async confirm() {
      const heard = messages.flatMap(({ body }) => (typeof body['sequence'] === 'string' ? [body] : []));
      const classes = Map.groupBy(heard, ({ class: name }) => String(name));
      const confirmed = [...classes].map(([name, bodies]) => [name, rangesOf(bodies.map(({ sequence }) => Number(sequence)))]);
      await client.publishAsync(`${prefix}/confirm`, JSON.stringify({ confirmed: Object.fromEntries(confirmed) }), { qos: 1 });
    },
    publish: async (topic, payload, { retain = false, responseTopic } = {}) => {
      await client.publishAsync(topic, payload, { qos: 1, retain, ...(responseTopic !== undefined && { properties: { responseTopic } }) });
    },
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
  return hub;
}

/** `[first, last]` of each run of numbers without a hole. */
export function rangesOf(sequences: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const sequence of sequences.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && sequence <= last[1] + 1) last[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  return ranges;
}

/** What a hub that comes new finds retained at `topic`: by its exact name, because RabbitMQ hands nothing out to a wildcard. */
export async function readRetained(
  url: string,
  topic: string,
  { protocolVersion = 5, ...login }: HubOptions = {},
): Promise<HubMessage['body']> {
  const client = await connectAsync(url, { protocolVersion, reconnectPeriod: 0, clientId: `look-${randomUUID()}`, ...login });
  try {
    let body: HubMessage['body'] | undefined;
    client.on('message', (_, payload, { retain }) => {
      if (retain) body = JSON.parse(payload.toString('utf8')) as HubMessage['body'];
    });
    await client.subscribeAsync(topic, { qos: 1 });
    return await eventually(`what is retained at ${topic}`, () => body, 5000);
  } finally {
    await client.endAsync(true);
  }
}

/** A request for a grant that the default services allow; change what the story is about. */
export function grantRequest(change: Readonly<Record<string, unknown>> = {}, durationMs = 600_000): Record<string, unknown> {
  return {
    service: '119-dispatch',
    incident: '2026-000123',
    recipient: { agency: '전북소방본부', person: 'jb119-042' },
    ground: 'pipa-18-2-3',
    until: new Date(Date.now() + durationMs).toISOString(),
    emergency: { reason: 'building fire, persons inside' },
    document: null,
    ...change,
  };
}
