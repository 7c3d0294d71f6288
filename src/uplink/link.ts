// One live MQTT connection as the room uses it: publish and hear how the broker took it, until it closes. No queue, no reconnect. PUBLISH is written here, all else by MQTT.js.
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { BongsuError, Env } from '#base';
import { uplinkFaults } from './faults.ts';
import { openPacketWriter, packetSize } from './publish-packet.ts';
import { reasonCodes } from './reasons.ts';
import { openRoster, type Place } from './roster.ts';
import type { ProtocolLevel } from './version.ts';
import { isText, type Message } from './wire/index.ts';

/**
 * How the broker took a message: its reason code (0 on 3.1.1), or the connection went before it said so. `atIt`: the broker, which had answered before, closed
 * it a moment after this message, the oldest that it had not answered.
 */
export type PublishResult =
  | { readonly result: 'acked'; readonly reasonCode: number }
  | { readonly result: 'lost'; readonly atIt?: boolean };

/** A connection after CONNACK. */
export interface Link {
  readonly level: ProtocolLevel;
  /** Unacknowledged messages that the broker takes at once; 65,535 unless it says less (MQTT 5 §3.2.2.3.3). */
  readonly receiveMaximum: number;
  /** Aborts when the connection is gone; its reason is a BongsuError of this room. */
  readonly closed: AbortSignal;
  /** Publishes with QoS 1. Never rejects. A message beyond the broker's Maximum Packet Size is answered 0x95 without being sent. */
  publish(message: Message): Promise<PublishResult>;
  /** The same without a promise: `settle` is called once, after this has returned. */
  start(message: Message, settle: (result: PublishResult) => void): void;
  /** Whether the broker granted QoS 1 for `topic`, retained flags as they were published (MQTT 5); false also when the connection went. */
  subscribe(topic: string): Promise<boolean>;
  /**
   * Says DISCONNECT and closes; waits at most 2 s. No will is published, unless it shall stand (`keepsWill`, MQTT 5 §3.14.2.1 0x04): then it is, after its
   * delay, if this client has not come back to the same broker before.
   */
  end(how?: { readonly keepsWill: boolean }): Promise<void>;
}

const endWaitMs = 2000;
/** A broker that closes the connection at a message does so when it reads it. */
const momentMs = 5000;
/** Reasons of a DISCONNECT that lie in what was sent (MQTT 5 §3.14.2.1). */
const blames: ReadonlySet<number> = new Set([0x80, 0x81, 0x82, 0x83, 0x87, 0x90, 0x94, 0x95, 0x99, 0x9a, 0x9b]);
const disconnectTexts: Readonly<Record<number, string>> = {
  139: 'the broker is shutting down',
  141: 'keepalive',
  152: 'administrative action',
};

/** How a link is kept. */
export interface LinkOptions {
  readonly level: ProtocolLevel;
  /** Longest wait for the confirmation of one message, milliseconds. */
  readonly ackTimeoutMs: number;
  /** What the socket below knows of the end, if anything. */
  socketFault(): BongsuError | undefined;
}

/** What the broker has not answered. */
interface Sent {
  readonly id: number;
  readonly sentMs: number;
  readonly settle: (result: PublishResult) => void;
}

/** Wraps a connected client. From here on its events are heard by the link alone. */
export function openLink(client: MqttClient, options: LinkOptions, env: Env): Link {
  const { level } = options;
  const closed = new AbortController();
  /** In the order in which they were sent. */
  const inFlight = openRoster<Sent>();
  const byId = Array.from<Place<Sent> | undefined>({ length: 65_536 });
  const take = (id: number): Sent | undefined => {
    const place = byId[id];
    const sent = place?.item;
    byId[id] = undefined;
    if (place) inFlight.leave(place);
    return sent;
  };
  const write = openPacketWriter(client.stream, level);
  let watch: Disposable | undefined;
  const limits = client.serverProperties;
  const maximumPacketSize = limits?.maximumPacketSize ?? 2 ** 28;
  let cause: BongsuError | undefined;
  let hasAnswered = false;
  /** The end came from here, or has nothing to do with what was sent. */
  let isInnocent = false;

  const fail = (fault: BongsuError): void => {
    isInnocent = true;
    cause ??= fault;
    client.stream.destroy();
  };
  client.on('packetreceive', (packet) => {
    if (packet.cmd !== 'puback') return;
    const { messageId = 0, reasonCode = 0 } = packet;
    hasAnswered = true;
    take(messageId)?.settle({ result: 'acked', reasonCode });
  });
  client.on('disconnect', (packet) => {
    const code = packet.reasonCode ?? 0;
    const isBlamed = blames.has(code);
    const detail = disconnectTexts[code] ?? `reason code 0x${code.toString(16)}`;
    fail(code === 0x8e ? uplinkFaults.fault('taken-over') : uplinkFaults.fault('connection-lost', { detail }));
    isInnocent = !isBlamed;
  });
  client.on('error', (error) => {
    // The socket's own are words; others are of MQTT.js, like a keepalive that was not answered.
    if (!('code' in error && typeof error.code === 'string')) isInnocent = true;
    cause ??= uplinkFaults.fault('connection-lost', { cause: error, detail: error.message });
  });
  client.on('close', () => {
    const fault = options.socketFault();
    // What came in was cut off here.
    if (fault && fault.code !== 'uplink.connection-lost') isInnocent = true;
    closed.abort(fault ?? cause ?? uplinkFaults.fault('connection-lost'));
    watch?.[Symbol.dispose]();
    const oldest = inFlight.first;
    const isAtOldest = !isInnocent && hasAnswered && oldest !== undefined && env.clock.monotonicMs() - oldest.sentMs < momentMs;
    for (const sent of inFlight.all()) take(sent.id)?.settle({ result: 'lost', ...(isAtOldest && sent === oldest && { atIt: true }) });
  });

  /** Looks at the oldest message alone: the timer is set anew once per time limit, not per message. */
  const watchOldest = (): void => {
    const oldest = inFlight.first;
    const leftMs = oldest === undefined ? undefined : oldest.sentMs + options.ackTimeoutMs - env.clock.monotonicMs();
    if (leftMs !== undefined && leftMs <= 0) fail(uplinkFaults.fault('ack-timeout'));
    watch = leftMs === undefined || leftMs <= 0 ? undefined : env.clock.after(leftMs, watchOldest);
  };

  /** Shared with SUBSCRIBE (§2.2.1): never one that is in use. */
  const nextId = (): number => {
    for (;;) {
      const id = client.messageIdProvider.allocate() ?? 0;
      if (id > 0 && !byId[id] && !client.outgoing[id]) return id;
    }
  };

  const start = (message: Message, settle: (result: PublishResult) => void): void => {
    const isTooLarge = packetSize(message, level) > maximumPacketSize;
    if (isTooLarge || closed.signal.aborted || !client.connected || client.disconnecting) {
      const result: PublishResult = isTooLarge ? { result: 'acked', reasonCode: reasonCodes.packetTooLarge } : { result: 'lost' };
      queueMicrotask(() => settle(result));
      return;
    }
    const id = nextId();
    byId[id] = inFlight.add({ id, sentMs: env.clock.monotonicMs(), settle });
    if (!watch) watchOldest();
    write(message, id);
  };

  return {
    level,
    receiveMaximum: limits?.receiveMaximum ?? 65_535,
    closed: closed.signal,
    publish: (message) => new Promise((resolve) => start(message, resolve)),
    start,
    subscribe(topic) {
      // Without a connection MQTT.js would keep it for one that never comes.
      if (closed.signal.aborted || !client.connected) return Promise.resolve(false);
      return new Promise((resolve) => {
        const lose = (): void => resolve(false);
        closed.signal.addEventListener('abort', lose, { once: true });
        client.subscribe(topic, level === 5 ? { qos: 1, rap: true } : { qos: 1 }, (error, granted) => {
          closed.signal.removeEventListener('abort', lose);
          resolve(!error && granted?.[0]?.qos === 1);
        });
      });
    },
    async end(how) {
      isInnocent = true;
      for (const id of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(id));
      const gone = Promise.withResolvers<void>();
      using _limit = env.clock.after(endWaitMs, () => gone.resolve());
      client.end(false, how?.keepsWill === true && level === 5 ? { reasonCode: 0x04 } : {}, () => gone.resolve());
      await gone.promise;
      client.stream.destroy();
    },
  };
}

/** The MQTT 5 properties of a will. */
export function propertiesOf(message: Message): NonNullable<IPublishPacket['properties']> {
  return {
    payloadFormatIndicator: isText(message),
    contentType: message.contentType,
    ...(message.expirySeconds !== undefined && { messageExpiryInterval: message.expirySeconds }),
    ...(message.correlationData && { correlationData: message.correlationData }),
  };
}
