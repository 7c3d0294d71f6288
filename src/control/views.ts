// What the operations answer with: the shapes of devices, alarms, grants and states as they cross the socket.
import { z } from 'zod';
import { type AlarmKind, alarmKinds, type ConditionKind, conditionKinds, severities } from '#model';

/** A text in both languages of the house. */
export const textView = z.object({ ko: z.string(), en: z.string() }).readonly();
/** What is wrong, and what to do about it. */
/** `silent`: the media process runs and does not answer. */
export const relayState = z.enum(['up', 'silent', 'down']);

export const troubleView = z.object({ message: textView, hint: textView }).readonly();

const time = z.number();
const count = z.int().min(0);
export const severity = z.enum(severities);
/** The kinds of alarms by name. */
export const alarmKind = z.enum(Object.keys(alarmKinds) as [AlarmKind, ...AlarmKind[]]);
const conditionKind = z.enum(Object.keys(conditionKinds) as [ConditionKind, ...ConditionKind[]]);
const detail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).readonly();

/** How a camera is doing, in the order of hope. */
const cameraStates = ['online', 'connecting', 'lost', 'login-refused', 'fault'] as const;
export type CameraState = (typeof cameraStates)[number];

export const cameraView = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  purpose: z.string(),
  place: z.object({ latitude: z.number().optional(), longitude: z.number().optional(), address: z.string().optional() }),
  identity: z.object({
    maker: z.string(),
    model: z.string(),
    firmware: z.string(),
    serial: z.string(),
    mac: z.string().optional(),
    hardware: z.string().optional(),
  }),
  channels: z
    .array(z.object({ number: z.int(), name: z.string(), codecs: z.array(z.string()).readonly().optional(), ptz: z.boolean().optional() }))
    .readonly(),
  /** What it can do besides showing pictures; absent until it was asked. */
  features: z
    .object({
      relays: count,
      inputs: count,
      microphone: z.boolean(),
      soundDetection: z.boolean(),
      https: z.boolean(),
      rtsps: z.boolean(),
    })
    .optional(),
  state: z.enum(cameraStates),
  /** Wall milliseconds of the last change of `state`. */
  since: time.optional(),
  /** Why it is not online. */
  message: textView.optional(),
  /** Topics and values of its events that mean nothing here, and how often: the ten most frequent since the start. */
  notUnderstood: z.record(z.string(), count).readonly().optional(),
});

/** How a sensor is doing; `waiting`: not heard since the start. */
const sensorStates = ['ok', 'waiting', 'fault', 'silent'] as const;
export type SensorState = (typeof sensorStates)[number];

export const sensorView = z.object({
  id: z.string(),
  name: z.string(),
  driver: z.enum(['line', 'modbus-rtu', 'modbus-rtu-tcp', 'modbus-tcp', 'mqtt', 'onem2m', 'poll', 'webhook']),
  /** The bus, or the source of a driver that is told. */
  source: z.string(),
  state: z.enum(sensorStates),
  /** Wall milliseconds of the last answer or message. */
  lastHeardAt: time.optional(),
  problem: textView.optional(),
  /** Last values by point; empty for a webhook. */
  values: z.record(z.string(), z.number()).readonly(),
});

/** All that is known of a sensor. */
export const knownSensorView = sensorView.extend({
  purpose: z.string(),
  place: z.object({ latitude: z.number().optional(), longitude: z.number().optional(), address: z.string().optional() }),
  maker: z.string(),
  model: z.string(),
  channels: z.array(z.string()).readonly(),
  record: z
    .object({
      zone: z.string().optional(),
      zones: z.record(z.string(), z.string()).readonly().optional(),
      premises: z.string().optional(),
      cameras: z
        .array(z.object({ camera: z.string(), channel: z.int() }))
        .readonly()
        .optional(),
      facts: z.record(z.string(), z.string()).readonly().optional(),
    })
    .optional(),
});

export const alarmView = z.object({
  alarmId: z.string(),
  device: z.string(),
  channel: z.string(),
  kind: alarmKind,
  severity,
  raisedAt: time,
  clearedAt: time.optional(),
  updates: count,
  test: z.boolean(),
  detail,
  acknowledged: z.object({ by: z.string(), at: time, note: z.string() }).optional(),
  /** It waits for a person: the device says so too, or only the latch keeps it. */
  latched: z.enum(['standing', 'over']).optional(),
  maintenance: z.literal(true).optional(),
});

/** Of which kind alarms are quiet; empty for all kinds. */
export const quietKind = z.union([alarmKind, z.literal('')]);

/** A shelf or a maintenance that holds now. */
export const quietView = z.object({
  form: z.enum(['shelf', 'maintenance']),
  device: z.string(),
  kind: quietKind,
  by: z.string(),
  reason: z.string(),
  since: time,
  until: time,
});

/** What people did to a sensor and still holds: points whose values are put right, its shelves and its maintenance. */
export const careView = z.object({ calibrated: z.array(z.string()).readonly(), quiets: z.array(quietView).readonly() });

export const transitionView = z.object({
  alarmId: z.string(),
  step: z.enum(['raised', 'updated', 'cleared']),
  device: z.string(),
  channel: z.string(),
  kind: alarmKind,
  severity,
  time,
  clockQuality: z.enum(['synchronised', 'corrected', 'receipt', 'unset']),
  detail,
  test: z.boolean(),
  reason: z.string().optional(),
  act: z
    .object({ act: z.enum(['acknowledged', 'shelved', 'unshelved', 'cleared']), by: z.string(), note: z.string(), until: time.optional() })
    .optional(),
  shelved: z.literal(true).optional(),
});

export const conditionView = z.object({
  device: z.string(),
  channel: z.string(),
  kind: conditionKind,
  state: z.enum(['raised', 'cleared']),
  severity,
  time,
  message: textView,
  /** Addresses, ports, paths and what the system said: never sent to the hub. */
  detail: z.string().optional(),
});

/** A grant without its token's hash: that never leaves the store. */
export const grantView = z.object({
  id: z.string(),
  form: z.enum(['stream', 'still']),
  device: z.string(),
  channel: z.int(),
  quality: z.enum(['main', 'sub', 'metadata']),
  request: z.object({
    service: z.string(),
    incident: z.string(),
    recipient: z.object({ agency: z.string(), person: z.string() }),
    ground: z.string(),
    until: time,
    emergency: z.object({ reason: z.string() }).optional(),
    document: z.string().optional(),
  }),
  origin: z.string(),
  openedAt: time,
  until: time,
  /** When its address was first used; missing: never yet. */
  usedAt: time.optional(),
  /** `text`: the note in both languages. */
  end: z
    .object({
      reason: z.enum(['expired', 'closed', 'revoked', 'failed', 'used', 'preempted']),
      at: time,
      note: z.string(),
      text: textView.optional(),
    })
    .optional(),
});

export const outboxView = z.object({
  entries: count,
  sizeBytes: count,
  destinations: z
    .array(
      z.object({
        destination: z.string(),
        pending: count,
        pendingByClass: z.record(z.string(), count).readonly(),
        /** Dead letters: refused for good, they wait for a person. */
        dead: count,
        /** Wall milliseconds of the commit of the oldest entry that waits. */
        oldestRecordedTime: time.optional(),
        /** What it will never get, because it gave way to the disk's limit or a person dropped it: of each class the newest gap, and when the first and the last of it were recorded. */
        gaps: z.array(z.object({ class: z.string(), count, from: time, to: time })).readonly(),
      }),
    )
    .readonly(),
});

/** An entry that a destination refused for good. */
export const deadView = z.object({
  id: z.int(),
  destination: z.string(),
  /** The entry's own id, as the hub would know it. */
  entryId: z.string(),
  class: z.string(),
  sequence: z.int(),
  /** MQTT 5 reason code, HTTP status or the like. */
  code: z.int(),
  /** The code as the other side says it. */
  text: z.string(),
  /** What it means, and what to do. */
  message: textView,
  hint: textView,
  /** When it was refused. */
  time,
  /** Kind and device, where it has them. */
  about: z.string(),
});

/** How the store fares, from memory: also when its disk does not answer. */
const storeView = z.object({
  state: z.enum(['ok', 'failing']),
  reason: z.enum(['hung', 'full', 'io', '']),
  /** Of the state. */
  since: time,
  /** What the disk said last, also when it is well again. */
  lastError: z.string(),
  /** How long the last commit took. */
  fsyncMs: z.number(),
  /** Calls that wait. */
  queued: count,
  /** When alarms, conditions, outbox and grants of this status were read; absent: not yet. */
  readAt: time.optional(),
});

/** States of a route: its session runs; it worked at the last look; it did not; nobody has looked yet. */
const routeStates = ['in-use', 'ready', 'failing', 'untried'] as const;
export type RouteState = (typeof routeStates)[number];

const routeView = z.object({
  name: z.string(),
  address: z.string(),
  state: z.enum(routeStates),
  /** Of the state. */
  since: time,
  /** When this gateway's own and the broker's end, wall milliseconds; absent where there is none or it has not been seen. */
  certificates: z.object({ own: time.optional(), broker: time.optional() }),
  /** Why it fails. */
  lastError: troubleView.optional(),
});

const uplinkView = z.object({
  connected: z.boolean(),
  /** The route that is in use or tried, and its address. */
  route: z.string(),
  address: z.string(),
  /** MQTT protocol level of the connection: 5 or 4 (3.1.1). */
  protocolVersion: z.int().optional(),
  since: time.optional(),
  attempts: count,
  /** Why it is not connected, or what is wrong with the connection. */
  lastError: troubleView.optional(),
  /** All routes in their order. */
  routes: z.array(routeView).readonly(),
  /** Whose word counts; absent: not known yet. */
  confirmation: z.enum(['broker', 'hub']).optional(),
  /** Since the start. */
  commands: z.object({ accepted: count, refused: count, outcomesDropped: count }),
});

export const statusView = z.object({
  version: z.string(),
  site: z.string(),
  gateway: z.string(),
  bootId: z.string(),
  /** The gateway's wall clock, milliseconds. */
  time,
  startedAt: time,
  uplink: uplinkView,
  cameras: z.object({ total: count, online: count }),
  sensors: z.object({ total: count, silent: count }),
  alarms: z.object({ open: count }),
  /** Conditions that stand now, gravest first, at most 200. */
  conditions: z.array(conditionView).max(200).readonly(),
  outbox: outboxView,
  store: storeView,
  grants: z.object({ open: count }),
  streams: z.object({ relay: relayState, sources: count, readers: count }),
});
