// The options of events: how they are heard, what they mean here, and when a kind is an alarm.
import { z } from 'zod';
import { durationOption, hoursOption, sizeOption } from '#base';
import { type AlarmKind, alarmKinds, idPattern, severities } from '#model';

const kinds = Object.keys(alarmKinds) as [AlarmKind, ...AlarmKind[]];
const kind = z.enum(kinds);
const name = z.string().regex(idPattern, 'expected 1 to 40 of a–z, 0–9 and hyphen');
const topicRule = z.strictObject({
  topic: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\s/]+(\/[^/]+)*$/u, 'expected segments between slashes')
    .describe(
      'Topic, 1 to 200 characters; prefixes are ignored. * stands for one segment, at the end for one or more. `bongsu camera topics` shows what cameras say.',
    ),
  when: z
    .record(z.string().min(1).max(64), z.array(z.string().max(256)).min(1).max(32))
    .refine((items) => Object.keys(items).length <= 8, 'expected 8 items at most')
    .default({})
    .describe('Items of the message that must have one of these values: name to values, at most 8. Left out: any message of the topic.'),
  kind: z.enum([...kinds, 'none']).describe('Kind of the alarm; none: known, and of no interest.'),
  state: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Name of the item that carries the state, or pulse for an event without an end. Left out: the usual names.'),
  active: z
    .array(z.string().max(256))
    .max(16)
    .default([])
    .describe('Values of that item that mean active; all others mean inactive. Left out: true, 1, active, on.'),
  severity: z.enum(severities).optional().describe("Severity instead of the kind's own: critical, major, minor or warning."),
});
/** A rule of the site for a topic. */
export type TopicRule = z.output<typeof topicRule>;

const handlingRule = z.strictObject({
  kinds: z.array(kind).min(1).max(kinds.length).optional().describe('Kinds that it is for. Left out: all.'),
  cameras: z.array(name).min(1).max(4000).optional().describe('Cameras that it is for, by id. Left out: all.'),
  groups: z.array(name).min(1).max(100).optional().describe('Groups of cameras that it is for. Left out: all.'),
  channels: z.array(z.int().min(1).max(64)).min(1).max(64).optional().describe('Video sources that it is for, by number. Left out: all.'),
  zones: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(100)
    .optional()
    .describe("Names of the camera's own rules or zones that it is for. Left out: all."),
  times: z.array(hoursOption).min(1).max(16).optional().describe('When it holds. Left out: always.'),
  as: z
    .enum(['alarm', 'local', 'ignore'])
    .describe('alarm: reported. local: kept here, not sent (`bongsu camera detections`). ignore: neither.'),
});
/** What becomes of a kind, where and when. */
export type HandlingRule = z.output<typeof handlingRule>;

const timeouts = z
  .partialRecord(kind, durationOption({ min: '0s', max: '30d', default: '0s' }))
  .default({})
  .describe(
    'After how long without another word a state counts as over, by kind (0s … 30d; 0s: never). Default 5m for motion, sound and line-crossing, 30m for loitering, intrusion and crowding, 1h for abandoned, removed, fight, stalking and missing-person, 1d for scene-change; never for all others.',
  );

const pushOptions = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).max(253).default('0.0.0.0').describe('Address to listen on; 0.0.0.0 for all.'),
      port: z.int().min(0).max(65_535).describe('TCP port, 1 to 65535; 0 takes any that is free.'),
    })
    .describe('Where cameras push to.'),
  advertise: z
    .string()
    .regex(/^([a-zA-Z0-9.-]{1,253}|\[[0-9a-fA-F:.]+\])(:\d{1,5})?$/, 'expected HOST or HOST:PORT')
    .describe('Address of this gateway as cameras reach it, with a port where a router maps it.'),
  cameras: z
    .array(name)
    .max(4000)
    .default([])
    .describe('Cameras that push always, by id. All others are pulled, and push only where that is impossible.'),
  maxBody: sizeOption({ min: '16KiB', max: '4MiB', default: '256KiB' }).describe('Largest push that is read (16KiB … 4MiB).'),
});
/** The door for cameras that push. */
export type PushOptions = z.output<typeof pushOptions>;

/** The section cameras.events. */
export const eventOptions = z.strictObject({
  pullWait: durationOption({ min: '1s', max: '5m', default: '60s' }).describe(
    'How long one pull waits at the camera for events; a camera that allows less is obeyed (1s … 5m).',
  ),
  pullMessages: z.int().min(1).max(1000).default(100).describe('Most events of one pull (1 … 1000).'),
  subscription: durationOption({ min: '30s', max: '24h', default: '10m' }).describe(
    'Lifetime that is asked for an event subscription; it is renewed at 80 % of what the camera grants (30s … 24h).',
  ),
  maxReply: sizeOption({ min: '16KiB', max: '4MiB', default: '256KiB' }).describe('Largest reply to a pull that is read (16KiB … 4MiB).'),
  rules: z
    .array(topicRule)
    .max(200)
    .default([])
    .describe("The site's own rules for topics, tried before the built-in ones; the first that fits holds. At most 200."),
  handling: z
    .array(handlingRule)
    .max(200)
    .default([])
    .describe(
      'What becomes of the kinds that cameras see; the first rule that fits holds, at most 200. Where none fits sound is ignored, motion is local, and all others are alarms.',
    ),
  timeouts,
  push: pushOptions
    .optional()
    .describe('A door for cameras that cannot be pulled and push their events (base notification). Left out: none.'),
  keepLocal: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100_000)
    .describe('How many local detections are kept, the newest (0 … 1000000; a hundred bytes each).'),
  releaseOnStop: z
    .boolean()
    .default(false)
    .describe(
      'Whether a clean stop gives event subscriptions back. false keeps them, so that the events until the next start are not lost; they end by themselves after events.subscription.',
    ),
});
export type EventOptions = z.output<typeof eventOptions>;
