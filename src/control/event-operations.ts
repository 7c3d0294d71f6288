// What the local socket can be asked about events of cameras: their topics, and what was seen and stays at the site.
import { z } from 'zod';
import { type AlarmKind, alarmKinds } from '#model';
import { id } from './fields.ts';
import { troubleView } from './views.ts';

const count = z.int().min(0);
/** Kinds of alarms, and facts that are never sent. */
const seenKind = z.enum([...(Object.keys(alarmKinds) as [AlarmKind, ...AlarmKind[]]), 'relay', 'reboot']);

const topicView = z.object({
  /** Without prefixes; with `Name=value` behind it when only that value is not understood. */
  topic: z.string(),
  state: z.enum(['known', 'unknown', 'unclear']),
  count,
  /** How many cameras say it. */
  cameras: count,
  /** What the built-in tables take it for; missing: nothing, or a rule of the configuration decides. */
  kind: z.string().optional(),
  /** The first message of it that was not understood; XML, at most 4 KiB. In memory since the start. */
  sample: z.object({ device: z.string(), at: z.number(), xml: z.string() }).optional(),
});

/** Times in which one camera was not heard since the start. */
const breaksView = z.object({ count, unheardMs: z.number(), last: z.object({ from: z.number(), to: z.number() }).optional() });

const detectionView = z.object({
  row: z.int(),
  device: z.string(),
  channel: z.string(),
  kind: z.string(),
  zone: z.string(),
  state: z.enum(['active', 'inactive', 'pulse']),
  at: z.number(),
  /** `timeout`: the camera never said the end. */
  reason: z.string(),
});

/** The operations about events of cameras. */
export const eventOperations = {
  /**
   * What is not understood first; at most 500 topics. Without `id`: of all cameras together, without `breaks`. `offered`: the camera is asked which topics
   * it offers; those that it has not said come last, with a count of 0. `problem`: it did not answer that.
   */
  'camera.topics': {
    input: z.strictObject({ id: id.optional(), offered: z.boolean().default(false) }),
    answer: z.object({ topics: z.array(topicView).max(500).readonly(), breaks: breaksView.optional(), problem: troubleView.optional() }),
  },
  /** The newest first. */
  'camera.detections': {
    input: z.strictObject({
      id: id.optional(),
      kind: seenKind.optional(),
      limit: z.int().min(1).max(1000).default(20),
      /** Only rows below this one: the way to the next page. */
      before: z.int().min(1).optional(),
    }),
    answer: z.object({ detections: z.array(detectionView).readonly() }),
  },
} as const;
