// What the local socket can be asked about pictures on their way: the open paths and sessions, the end of one session, and why a camera does not play.
import { z } from 'zod';
import { id, line, reason } from './fields.ts';
import { relayState, textView } from './views.ts';

const count = z.number().nonnegative();
const quality = z.enum(['main', 'sub', 'metadata']);

/** One channel and quality of a camera, with what came from it. */
const pathView = z.object({
  device: z.string(),
  channel: z.int(),
  quality,
  state: z.enum(['idle', 'opening', 'ready', 'stalled', 'closing']),
  /** Sessions that get its pictures. */
  readers: count,
  codec: z.enum(['h264', 'h265', 'jpeg', 'metadata']).optional(),
  /** Pixels; missing where the camera's description does not tell. */
  size: z.object({ width: count, height: count }).optional(),
  /** Over the time since the sample before; missing in the first one. */
  bitsPerSecond: count.optional(),
  frames: count,
  bytes: count,
  /** Packets that the camera numbered and that did not come. */
  lost: count,
  /** From the opening of the camera to its first picture. */
  firstFrameMs: count.optional(),
  /** The last one, until it plays again. */
  failure: textView.optional(),
  /** When that was, wall milliseconds. */
  failedAt: count.optional(),
});
export type PathView = z.output<typeof pathView>;

/** One reader. */
const sessionView = z.object({
  session: z.string(),
  grant: z.string(),
  device: z.string(),
  channel: z.int(),
  quality,
  transport: z.enum(['tcp', 'udp', 'http-flv', 'ws-flv', 'rtsp-push', 'rtmp-push']),
  peer: z.string(),
  seconds: count,
  bitsPerSecond: count.optional(),
  frames: count,
  bytes: count,
  /** Frames that were discarded because its line was too slow. */
  dropped: count,
  /** As the reader itself told last (RTCP), 0 … 1. Over UDP only. */
  lossRatio: count.optional(),
  jitterMs: count.optional(),
  firstFrameMs: count.optional(),
  service: z.string().optional(),
  /** What is left of its grant. */
  remainingMs: count.optional(),
});
export type SessionView = z.output<typeof sessionView>;

const snapshot = z.object({
  relay: relayState,
  /** Wall milliseconds. */
  time: z.number(),
  paths: z.array(pathView).max(2048).readonly(),
  sessions: z.array(sessionView).max(8192).readonly(),
});

const whySteps = ['registered', 'reachable', 'address', 'relay', 'source', 'grant', 'readers', 'line', 'tokens'] as const;
export type WhyStep = (typeof whySteps)[number];

const whyView = z.object({
  step: z.enum(whySteps),
  result: z.enum(['ok', 'warning', 'failed']),
  message: textView,
  /** When it happened, wall milliseconds, where it is not of now. */
  at: count.optional(),
  /** What to do, where something is to be done. */
  hint: textView.optional(),
});

export const streamOperations = {
  /** Two samples a second apart: rates are of that second. */
  'stream.list': { input: z.strictObject({}), answer: snapshot },
  /** A snapshot each `everyMs`, until the asker leaves or `forMs` is over. */
  'stream.watch': {
    input: z.strictObject({ everyMs: z.int().min(1000).max(60_000).default(2000), forMs: z.int().min(1000).optional() }),
    item: snapshot,
  },
  /** `found` is false when no such session is open. `grantEnded`: it was the only one of its grant, which ended with it; else the grant still stands. */
  'stream.kick': {
    input: z.strictObject({ session: line(64, 1), reason }),
    answer: z.object({ found: z.boolean(), grantEnded: z.boolean(), grant: z.string() }),
  },
  /** From the camera towards the reader; no camera is asked anything for it. */
  'stream.why': { input: z.strictObject({ id }), answer: z.object({ findings: z.array(whyView).readonly() }) },
} as const;
