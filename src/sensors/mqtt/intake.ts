// From a topic and its payload to what is committed: shared by the client of outside brokers and by the broker in the gateway.
import { createHash } from 'node:crypto';
import { messageOf, type Text } from '#base';
import type { Device } from '#model';
import type { SensorStatus } from '../driver.ts';
import {
  type Message,
  type MessageSource,
  type MessageWorld,
  openMessageSource,
  openPresence,
  readPayload,
  statusOf,
  type Taken,
  withinCommit,
} from '../messages/index.ts';
import type { MqttSourceOptions } from '../options.ts';
import type { Urgency } from '../rules/index.ts';
import { openTopicFilter, type TopicFilter } from './topics.ts';

/** A message as MQTT brings it; its payload is bounded by the caller. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** 0: its sender will not send it again. */
  readonly qos: number;
  /** The broker kept it from before. */
  readonly isRetained: boolean;
}

/** What became of it, after the commit. `no-source`: nobody's topic; `known`: a retained message that was judged before. */
export type Taking = Taken['result'] | 'no-source' | 'unreadable' | 'known';

/** The sources of one driver. */
export interface Intake {
  readonly devices: readonly Device[];
  readonly subscriptions: readonly string[];
  /** Whether a source of `owner` has this topic. */
  isKnown(owner: string, topic: string): boolean;
  /** Whose message it is (a device, else the topic), and what it would do to critical alarms; nothing is taken. */
  look(owner: string, message: MqttMessage): { readonly sender: string; urgency(): Urgency };
  /** Resolves after the commit; rejects when the store fails or takes longer than 10 s. One message of QoS 0 is tried ten times. */
  take(owner: string, message: MqttMessage): Promise<Taking>;
  /** Looks for silence until the signal aborts; then rejects with its reason. */
  watch(signal: AbortSignal): Promise<never>;
  status(): readonly SensorStatus[];
  settled(): Promise<void>;
}

/** A source and whose it is: a user of the broker, or '' of a connection. */
export interface OwnedSource {
  readonly owner: string;
  readonly options: MqttSourceOptions;
}

interface Member {
  readonly owner: string;
  readonly id: string;
  readonly filters: readonly TopicFilter[];
  readonly source: MessageSource;
  problem: Text | undefined;
}

const unansweredTries = 10;
const retryMs = 1000;
const maxKnownTopics = 10_000;

/** Opens the sources. Throws `sensors.template-unknown`. */
export function openIntake(sources: readonly OwnedSource[], world: MessageWorld): Intake {
  const { env, deps, signal } = world;
  const members = sources.map(({ owner, options }): Member => {
    const filters = options.topics.map(openTopicFilter);
    return { owner, id: options.id, filters, source: openMessageSource(options, world), problem: undefined };
  });
  const owned = Map.groupBy(members, ({ owner }) => owner);
  const presence = openPresence(
    members.flatMap(({ source }) => source.expected),
    { deps, env, signal },
  );
  const judged = openJudged();
  const find = (owner: string, topic: string): { member: Member; key: string | undefined } | undefined => {
    for (const member of owned.get(owner) ?? []) {
      for (const filter of member.filters) {
        const match = filter.match(topic);
        if (match) return { member, key: match.key };
      }
    }
    return undefined;
  };
  const takeOnce = async ({ member, key }: { member: Member; key: string | undefined }, message: MqttMessage): Promise<Taking> => {
    const content = readPayload(message.payload);
    if (!content.ok) {
      member.problem = unreadable(message.topic, content.problem);
      return 'unreadable';
    }
    const heard = (device: string): void => {
      if (!message.isRetained) presence.heard(member.id, device);
    };
    const taken = await withinCommit(member.source.take(toldBy(key, content.value, message), heard), env.clock);
    // Left unanswered, it comes again.
    if (!taken) throw new Error('no commit in time');
    const { result } = taken;
    member.problem =
      result === 'no-such-device' ? noSuchDevice(message.topic) : result === 'two-devices' ? twoDevices(message.topic) : undefined;
    return result;
  };
  return {
    devices: members.flatMap(({ source }) => source.devices),
    subscriptions: [...new Set(members.flatMap(({ filters }) => filters.map(({ subscription }) => subscription)))],
    isKnown: (owner, topic) => find(owner, topic) !== undefined,
    look(owner, message) {
      const found = find(owner, message.topic);
      const content = found && readPayload(message.payload);
      if (!found || !content?.ok) return { sender: message.topic, urgency: () => 'none' };
      const { device, urgency } = found.member.source.look(toldBy(found.key, content.value, message));
      return { sender: device ?? message.topic, urgency };
    },
    async take(owner, message) {
      const found = find(owner, message.topic);
      if (!found) return 'no-source';
      if (message.isRetained && judged.has(message)) return 'known';
      for (let left = message.qos === 0 ? unansweredTries : 1; ; left -= 1) {
        try {
          const taking = await takeOnce(found, message);
          judged.add(message);
          return taking;
        } catch (error) {
          if (left <= 1 || signal.aborted) throw error;
          env.log.warn(
            { source: found.member.id, error: messageOf(error) },
            'a message that nobody sends again is not stored; trying again',
          );
          await env.clock.sleep(retryMs, signal);
        }
      }
    },
    watch: presence.watch,
    status: () =>
      members.flatMap(({ id, source, problem }) =>
        source.devices.map((device, index) => {
          const stated = {
            device: device.id,
            driver: 'mqtt' as const,
            source: id,
            ...statusOf(presence.status(device.id), source.valuesOf(device.id)),
          };
          return index === 0 && stated.problem === undefined ? { ...stated, problem } : stated;
        }),
      ),
    async settled() {
      await Promise.all([presence.settled(), ...members.map(({ source }) => source.settled())]);
    },
  };
}

/** The last message of each topic that was judged: a broker tells a retained one again on each subscription. The oldest topic is forgotten first. */
function openJudged(): { has(message: MqttMessage): boolean; add(message: MqttMessage): void } {
  const last = new Map<string, string>();
  const digest = ({ payload }: MqttMessage): string => createHash('sha256').update(payload).digest('base64');
  return {
    has: (message) => last.get(message.topic) === digest(message),
    add(message) {
      last.delete(message.topic);
      last.set(message.topic, digest(message));
      const oldest = last.size > maxKnownTopics ? last.keys().next().value : undefined;
      if (oldest !== undefined) last.delete(oldest);
    },
  };
}

function toldBy(key: string | undefined, content: unknown, { topic, payload, isRetained }: MqttMessage): Message {
  return { content, body: Buffer.concat([Buffer.from(`${topic}\n`), payload]), key, retained: isRetained };
}

const shown = (topic: string): string => (topic.length > 80 ? `${topic.slice(0, 80)}…` : topic);

function unreadable(topic: string, why: string): Text {
  return { ko: `${shown(topic)}: 메시지를 읽을 수 없습니다 (${why})`, en: `${shown(topic)}: a message cannot be read (${why})` };
}

function twoDevices(topic: string): Text {
  return {
    ko: `${shown(topic)}: 본문의 장치가 토픽의 장치와 달라 거절했습니다`,
    en: `${shown(topic)}: a message whose body names another device than its topic is refused`,
  };
}

function noSuchDevice(topic: string): Text {
  return { ko: `${shown(topic)}: 설정에 없는 장치의 메시지입니다`, en: `${shown(topic)}: a message of a device that is not configured` };
}
