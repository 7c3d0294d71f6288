// The topics under `bongsu/v1/{site}/{gateway}/`: every segment that comes from data is checked before it becomes one.
import { type Identity, isId, sitePattern } from '#model';
import { uplinkFaults } from '../faults.ts';

/** Topics and event sources of one gateway. */
export interface Topics {
  /** `bongsu/v1/{site}/{gateway}`, without a slash at the end. */
  readonly base: string;
  /** CloudEvents source of the gateway itself: `/bongsu/{site}/{gateway}`. */
  readonly source: string;
  readonly state: string;
  /** Subscription to all commands, also where the broker has made a slash of the dot in a name. */
  readonly commands: string;
  /** Where the hub says what it has. */
  readonly confirm: string;
}

/** Where the hub announces, retained, who confirms. */
export const hubStateTopic = 'bongsu/v1/hub/state';

const namePattern = /^[a-z]{1,20}(\.[a-z-]{1,20}){0,3}$/;

/** @throws uplink.identity-invalid */
export function openTopics(identity: Identity): Topics {
  if (!sitePattern.test(identity.site) || !isId(identity.gateway)) {
    throw uplinkFaults.fault('identity-invalid', { detail: `${identity.site}/${identity.gateway}` });
  }
  const base = `bongsu/v1/${identity.site}/${identity.gateway}`;
  return {
    base,
    source: `/bongsu/${identity.site}/${identity.gateway}`,
    state: `${base}/state`,
    commands: `${base}/command/#`,
    confirm: `${base}/confirm`,
  };
}

/** `base/a/b`; undefined when a segment is not 1 to 40 of a–z, 0–9 and hyphen. */
export function topicOf(topics: Topics, ...segments: readonly string[]): string | undefined {
  return segments.every(isId) ? [topics.base, ...segments].join('/') : undefined;
}

/**
 * The name in a command's topic, like `stream.open`; undefined when the topic is not one of a command. `stream/open` is the same: RabbitMQ keeps topics as
 * routing keys of AMQP and hands out every dot as a slash.
 */
export function commandNameOf(topics: Topics, topic: string): string | undefined {
  const start = `${topics.base}/command/`;
  const name = topic.startsWith(start) ? topic.slice(start.length).replaceAll('/', '.') : '';
  return namePattern.test(name) ? name : undefined;
}

/** The topic at which the hub publishes a command, whatever its broker makes of it: the one that a signature covers. */
export function commandTopic(topics: Topics, name: string): string {
  return `${topics.base}/command/${name}`;
}

/** Where the outcome goes when the command names no place that is allowed. */
export function outcomeTopic(topics: Topics, name: string): string {
  return `${topics.base}/outcome/${name}`;
}

/** What only a gateway itself may publish: everything under its own topics but answers. */
const gatewaysOwn = /^bongsu\/v1\/[0-9]{5}\/[^/]+\/(?!outcome\/|reply\/)/;

/**
 * Whether an answer may go to `topic`: under the configured prefix, at most 256 characters, no wildcard, and nothing that would pass for a gateway's own
 * message or for a command.
 */
export function isAnswerTopic(topic: string, prefix: string): boolean {
  return topic.length <= 256 && topic.startsWith(prefix) && /^[A-Za-z0-9._/-]+$/.test(topic) && !gatewaysOwn.test(topic);
}
