// Entries and states as CloudEvents 1.0 in structured JSON: pure, from values to topic and text.
import { plausibleFromMs } from '#base';
import type { Entry, EntryBody, Identity, PersonAct, Reading } from '#model';
import { reasonCodes } from '../reasons.ts';
import { cloudEventType, type Message } from './message.ts';
import { type Topics, topicOf } from './topics.ts';

/** An entry as a message, or the reason code why it can never be one. */
export type Encoded = { readonly message: Message } | { readonly reasonCode: number };

/** What each class of entry adds to the common attributes. */
interface Shape {
  readonly segments: readonly string[];
  readonly type: string;
  /** Device part of the source; undefined for the gateway itself. */
  readonly device: string | undefined;
  readonly subject: string | undefined;
  readonly time: number;
  readonly attributes?: object;
  readonly data: object;
}

/**
 * Encodes an entry (docs/contract). `replay` says that it waited for the line. A device id or name that cannot be part of a topic gives 0x90, a time that
 * is none gives 0x99, and so does a value that has another form than its class: the disk may have damaged it. Never throws.
 */
export function encodeEntry(entry: Entry, topics: Topics, mark: { readonly replay: boolean }): Encoded {
  try {
    return encodeSound(entry, topics, mark);
  } catch {
    return { reasonCode: reasonCodes.payloadInvalid };
  }
}

function encodeSound(entry: Entry, topics: Topics, mark: { readonly replay: boolean }): Encoded {
  const shape = shapeOf(entry.body);
  const topic = shape.segments.every(Boolean) ? topicOf(topics, ...shape.segments) : undefined;
  if (topic === undefined) return { reasonCode: reasonCodes.topicInvalid };
  const time = timestamp(shape.time);
  const recordedtime = timestamp(entry.recordedTime);
  if (time === undefined || recordedtime === undefined) return { reasonCode: reasonCodes.payloadInvalid };
  // What is undefined leaves no trace in JSON.
  const event = {
    specversion: '1.0',
    id: entry.id,
    source: shape.device === undefined ? topics.source : `${topics.source}/${shape.device}`,
    type: `kr.bongsu.${shape.type}.v1`,
    subject: shape.subject,
    time,
    datacontenttype: 'application/json',
    recordedtime,
    class: entry.body.class,
    sequence: sequenceText(entry.sequence),
    bootid: entry.bootId,
    replay: mark.replay,
    ...shape.attributes,
    data: shape.data,
  };
  return { message: { topic, payload: JSON.stringify(event), contentType: cloudEventType } };
}

function shapeOf(body: EntryBody): Shape {
  switch (body.class) {
    case 'alarm': {
      const { alarmId, step, device, channel, kind, severity, time, clockQuality, detail, test, reason, act, shelved } = body.value;
      return {
        segments: ['alarm', kind, device],
        type: `alarm.${step}`,
        device,
        subject: `${device}/${channel}`,
        time,
        attributes: { alarmid: alarmId, severity, clockquality: clockQuality, test: test || undefined },
        data: { device, channel, kind, step, detail, reason, act: act && actOf(act), shelved: shelved || undefined },
      };
    }
    case 'condition': {
      const { device, channel, kind, state, severity, time, message } = body.value;
      return {
        segments: ['condition', kind, device],
        type: `condition.${state}`,
        device,
        subject: `${device}/${channel}`,
        time,
        attributes: { severity },
        data: { device, channel, kind, state, message },
      };
    }
    case 'inventory': {
      const { change, time } = body.value;
      // Its addresses are this site's own business.
      const { id, type, name, purpose, place, identity, group, features, record, ptz, ptzReturn } = body.value.device;
      const channels = body.value.device.channels.map(({ number, name: called, codecs, ptz }) => ({ number, name: called, codecs, ptz }));
      return {
        segments: ['inventory', id],
        type: `inventory.${change}`,
        device: id,
        subject: id,
        time,
        data: { change, device: { id, type, name, purpose, place, channels, identity, group, features, record, ptz, ptzReturn } },
      };
    }
    case 'grant': {
      const { grant, step, device, channel, service, incident, time, until, reason, offer = null } = body.value;
      return {
        segments: ['grant', grant],
        type: `grant.${step}`,
        device,
        subject: `${device}/${channel}`,
        time,
        data: {
          grant,
          step,
          device,
          channel,
          service,
          incident,
          until: timestamp(until) ?? null,
          reason,
          ...(step === 'preempted' && { offer }),
        },
      };
    }
    case 'audit': {
      const { row, hash, time } = body.value;
      return { segments: ['audit'], type: 'audit.head', device: undefined, subject: undefined, time, data: { row, hash } };
    }
    case 'reading':
      return readingShape(body.value);
    case 'gap': {
      const { gapId, class: name, firstSequence, lastSequence, count, kinds, from, to, lapse } = body.value;
      const sequences = { firstsequence: sequenceText(firstSequence), lastsequence: sequenceText(lastSequence) };
      const what = lapse === undefined ? { count, kinds } : { lapse };
      return {
        segments: ['gap', name],
        type: lapse === undefined ? 'gap.grown' : 'gap.leapt',
        device: undefined,
        subject: name,
        time: to,
        data: { gap: gapId, class: name, ...sequences, ...what, from: timestamp(from) ?? null, to: timestamp(to) ?? null },
      };
    }
  }
}

/**
 * How long readings are of use: after a week a series has been thinned out anyway, and who drains a backlog may pass over them. What was read while the clock
 * was not set has no end: by its time it would be over before it is sent.
 */
const readingLifeMs = 7 * 86_400_000;

/** A batch of one kind: the kind stands once, as the subject. */
function readingShape(readings: readonly Reading[]): Shape {
  const kind = readings[0]?.kind ?? '';
  const times = readings.map(({ time }) => time);
  const newest = Math.max(...times);
  const end = timestamp(newest + readingLifeMs);
  return {
    segments: ['reading', kind],
    type: 'reading.batch',
    device: undefined,
    subject: kind,
    time: end === undefined ? Number.NaN : Math.min(...times),
    attributes: { expirytime: newest < plausibleFromMs ? undefined : end },
    data: readings.map(({ device, channel, value, unit, quality, time }) => ({
      device,
      channel,
      value,
      unit,
      quality,
      time: timestamp(time),
    })),
  };
}

/** Who did what, as it travels. */
function actOf({ until, ...act }: PersonAct): object {
  return { ...act, ...(until !== undefined && { until: timestamp(until) ?? null }) };
}

/** What the retained state says. */
export interface StateFacts {
  readonly identity: Identity;
  readonly version: string;
  /** Counts the connections of this boot, from 1: tells a late will of an older connection apart. */
  readonly connection: number;
}

/** `online` or `stopped`, told by the gateway itself. */
export function encodeState(
  state: 'online' | 'stopped',
  topics: Topics,
  facts: StateFacts,
  now: { readonly id: string; readonly time: number; readonly counts: Readonly<Record<string, number>> },
): Message {
  return stateMessage(state, topics, facts, now.id, { time: timestamp(now.time) }, { counts: now.counts });
}

/** `offline`: handed to the broker as the will. It has no time: when it is delivered nobody here knows of it. */
export function encodeWill(topics: Topics, facts: StateFacts, id: string): Message {
  return stateMessage('offline', topics, facts, id, {}, {});
}

function stateMessage(state: string, topics: Topics, facts: StateFacts, id: string, time: object, extra: object): Message {
  const event = {
    specversion: '1.0',
    id,
    source: topics.source,
    type: `kr.bongsu.state.${state}.v1`,
    ...time,
    datacontenttype: 'application/json',
    bootid: facts.identity.bootId,
    data: { state, connection: facts.connection, version: facts.version, ...extra },
  };
  return { topic: topics.state, payload: JSON.stringify(event), contentType: cloudEventType, retain: true };
}

/** CloudEvents `sequence`: 16 digits hold every safe integer, so that text order is number order. */
function sequenceText(sequence: number): string {
  return String(sequence).padStart(16, '0');
}

const maxTimeMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** The time last asked for: what happens is mostly recorded in the same millisecond. */
let lastTime = { ms: 0, text: new Date(0).toISOString() };

/** RFC 3339 in UTC with milliseconds; undefined when `ms` lies outside the years 1970 to 9999. */
export function timestamp(ms: number): string | undefined {
  if (!(ms >= 0 && ms <= maxTimeMs)) return undefined;
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}
