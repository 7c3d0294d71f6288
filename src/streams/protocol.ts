// What the gateway and the media process say to each other over the child's channel: typed, and checked on both sides.
import { z } from 'zod';
import type { GrantEnd, GrantForm, Look, LookAsk, Quality, StreamName, StreamProtocol, StreamSource } from '#model';

/** A permission on its way to the media process: one grant's address and what it opens. */
export interface Lease {
  readonly grant: string;
  readonly form: GrantForm;
  /** How a stream is fetched; absent: `rtsp`. */
  readonly protocol?: StreamProtocol | undefined;
  /** CIDR: the only network from which it opens; absent: all that the configuration allows. */
  readonly network?: string | undefined;
  /** Where the pictures are carried to; the token then opens nothing. */
  readonly push?: PushTarget | undefined;
  /** SHA-256 of the token's ASCII text, hexadecimal. */
  readonly tokenHash: string;
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
  /** Time left, milliseconds of the monotonic clock; counts from the call of `admit`, in the media process from receipt. */
  readonly remainingMs: number;
  /** For a stream: `rtsp://`. For a still: the ONVIF snapshot address, `http://` or `https://`. */
  readonly source: StreamSource;
}

/** An address of the hub that takes pictures. */
export interface PushTarget {
  readonly url: string;
  /** Empty: it asks for none. */
  readonly user: string;
  readonly password: string;
  /** File with the authorities that count for it; absent: those of the system. */
  readonly ca?: string | undefined;
}

/** A camera that is to be kept open for a while, of no grant: what comes stays in the memory of its path. */
export interface Warm {
  readonly device: string;
  readonly channel: number;
  readonly quality: Quality;
  readonly source: StreamSource;
}

/** Why a session ended. `crash`: the media process died under it. */
export type SessionEnd = 'reader' | 'expired' | 'revoked' | 'source' | 'shutdown' | 'crash' | 'preempted';

export interface SessionOpened {
  readonly event: 'session-opened';
  readonly grant: string;
  /** Unique among all sessions of this gateway. */
  readonly session: string;
  readonly form: GrantForm;
  /** `address:port` of who looks. */
  readonly peer: string;
}

export interface SessionClosed {
  readonly event: 'session-closed';
  readonly grant: string;
  readonly session: string;
  readonly reason: SessionEnd;
  /** Frames and bytes that were handed to the line; absent after a crash, which took the count with it. */
  readonly frames?: number | undefined;
  readonly bytes?: number | undefined;
  readonly seconds: number;
}

export interface GrantEnded {
  readonly event: 'grant-ended';
  readonly grant: string;
  readonly reason: GrantEnd;
  /** In words: `never opened`, the camera's refusal. May be empty. */
  readonly note: string;
}

export interface SourceChanged {
  readonly event: 'source-opened' | 'source-closed' | 'source-failed';
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
  /** The codec when opened, the failure's code when failed, empty when closed. */
  readonly reason: string;
  /** The failure in words; empty otherwise. */
  readonly text: { readonly ko: string; readonly en: string };
}

/** Somebody waits for a key frame that the camera does not send by itself: it may be asked for one (ONVIF Media §5.5, SetSynchronizationPoint). */
export interface NeedsKeyFrame {
  readonly event: 'needs-key-frame';
  readonly device: string;
  readonly channel: number;
  readonly quality: Quality;
}

/** What the media process tells of its work. */
export type MediaEvent = SessionOpened | SessionClosed | GrantEnded | SourceChanged | NeedsKeyFrame;

const ids = z.string().min(1).max(64);
const quality = z.enum(['main', 'sub']);
const streamName = z.enum(['main', 'sub', 'metadata']);
const count = z.number().nonnegative();
const text = z.string().max(500);
const address = z.strictObject({ host: z.string().max(255), port: z.number().int().min(0).max(65_535) });
const form = z.enum(['stream', 'still']);

const streamSource = z.strictObject({
  url: z.string().min(1).max(2048),
  user: z.string().max(256),
  password: z.string().max(256),
  basicAllowed: z.boolean().optional(),
}) satisfies z.ZodType<StreamSource>;

const network = z.union([z.cidrv4(), z.cidrv6()]);

const lease = z.strictObject({
  grant: ids,
  form,
  protocol: z.enum(['rtsp', 'http-flv', 'ws-flv']).optional(),
  network: network.optional(),
  push: z.strictObject({ url: text, user: text, password: text, ca: z.string().max(4096).optional() }).optional(),
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  device: ids,
  channel: z.number().int().min(0),
  quality: streamName,
  remainingMs: count,
  source: streamSource,
}) satisfies z.ZodType<Lease>;

const lookAsk = z.strictObject({
  device: ids,
  channel: z.number().int().min(0),
  quality,
  source: streamSource,
  depth: z.enum(['answer', 'picture']),
}) satisfies z.ZodType<LookAsk>;

const warm = z.strictObject({
  device: ids,
  channel: z.number().int().min(0),
  quality,
  source: streamSource,
}) satisfies z.ZodType<Warm>;

const mediaOptions = z.strictObject({
  rtsp: address,
  /** Of RTP, the next one being for RTCP; 0 takes a free pair. */
  udpPort: z.number().int().min(0).max(65_534),
  allowFrom: z.array(network),
  ffmpeg: z.string().min(1).max(4096),
  http: address,
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
  closeAfterMs: count,
  openTimeoutMs: count,
  frameTimeoutMs: count,
  maxReaders: z.number().int().min(1),
  maxConnections: z.number().int().min(1),
  readerBufferBytes: z.number().int().min(1),
  gopMemoryBytes: z.number().int().min(1),
});
export type MediaOptions = z.output<typeof mediaOptions>;

/** From the gateway to the media process. `id` asks for a reply. */
export const toMedia = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('configure'), options: mediaOptions }),
  z.strictObject({ type: z.literal('admit'), id: z.number(), lease, openWithinMs: count.optional() }),
  z.strictObject({ type: z.literal('extend'), id: z.number(), grant: ids, remainingMs: count }),
  z.strictObject({ type: z.literal('revoke'), id: z.number(), grant: ids, why: z.enum(['revoked', 'preempted']).optional() }),
  /** Ends one session; its grant and other sessions stand. */
  z.strictObject({ type: z.literal('cut'), id: z.number(), session: ids }),
  z.strictObject({ type: z.literal('status'), id: z.number() }),
  /** The gateway's own look at a camera, of no grant: what comes is dropped. */
  z.strictObject({ type: z.literal('look'), id: z.number(), ask: lookAsk, timeoutMs: count }),
  z.strictObject({ type: z.literal('warm'), id: z.number(), warm, forMs: count }),
  /** Ends all sessions, tells so, and goes. */
  z.strictObject({ type: z.literal('stop') }),
]);
export type ToMedia = z.output<typeof toMedia>;

const sessionOpened = z.strictObject({
  event: z.literal('session-opened'),
  grant: ids,
  session: ids,
  form,
  peer: text,
}) satisfies z.ZodType<SessionOpened>;
const sessionClosed = z.strictObject({
  event: z.literal('session-closed'),
  grant: ids,
  session: ids,
  reason: z.enum(['reader', 'expired', 'revoked', 'source', 'shutdown', 'crash', 'preempted']),
  frames: count.optional(),
  bytes: count.optional(),
  seconds: count,
}) satisfies z.ZodType<SessionClosed>;
const grantEnded = z.strictObject({
  event: z.literal('grant-ended'),
  grant: ids,
  reason: z.enum(['expired', 'closed', 'revoked', 'failed', 'used', 'preempted']),
  note: text,
}) satisfies z.ZodType<GrantEnded>;
const sourceChanged = z.strictObject({
  event: z.enum(['source-opened', 'source-closed', 'source-failed']),
  device: ids,
  channel: z.number(),
  quality: streamName,
  reason: text,
  text: z.strictObject({ ko: text, en: text }),
}) satisfies z.ZodType<SourceChanged>;

const needsKeyFrame = z.strictObject({
  event: z.literal('needs-key-frame'),
  device: ids,
  channel: z.number(),
  quality,
}) satisfies z.ZodType<NeedsKeyFrame>;

const pathStatus = z.strictObject({
  device: ids,
  channel: z.number(),
  quality: streamName,
  state: z.enum(['idle', 'opening', 'ready', 'stalled', 'closing']),
  readers: count,
  codec: z.enum(['h264', 'h265', 'jpeg', 'metadata']).optional(),
  frames: count,
  bytes: count,
  /** Packets that the camera numbered and that did not come, since the path is known. */
  lost: count,
  /** From the opening of the camera to its first picture. */
  firstFrameMs: count.optional(),
  /** Pixels, from the parameter sets of the stream's description. */
  size: z.object({ width: count, height: count }).optional(),
  failure: z.strictObject({ ko: text, en: text }).optional(),
});
export type PathReport = z.output<typeof pathStatus>;

const sessionStatus = z.strictObject({
  grant: ids,
  session: ids,
  device: ids,
  channel: z.number(),
  quality: streamName,
  transport: z.enum(['tcp', 'udp', 'http-flv', 'ws-flv', 'rtsp-push', 'rtmp-push']),
  peer: text,
  frames: count,
  bytes: count,
  dropped: count,
  seconds: count,
  /** As the reader itself told last: of its packets since the report before, 0 … 1. Over UDP only. */
  lossRatio: count.optional(),
  jitterMs: count.optional(),
  /** From PLAY to the first picture on the line. Over RTSP only. */
  firstFrameMs: count.optional(),
});
export type SessionReport = z.output<typeof sessionStatus>;

/** Whom the doors do not answer now, because of wrong tokens. */
const blocked = z.strictObject({ network: text, remainingMs: count });
export type BlockedNetwork = z.output<typeof blocked>;

const mediaStatus = z.strictObject({
  paths: z.array(pathStatus),
  sessions: z.array(sessionStatus),
  leases: count,
  blocked: z.array(blocked),
  rssBytes: count,
});
export type MediaStatus = z.output<typeof mediaStatus>;

const look = z.discriminatedUnion('result', [
  z.strictObject({ result: z.literal('seen'), codec: z.enum(['h264', 'h265', 'jpeg']), tookMs: count }),
  z.strictObject({
    result: z.literal('failed'),
    reason: z.enum(['unreachable', 'login-refused', 'refused', 'busy', 'no-video', 'silent', 'lost', 'malformed', 'timeout', 'changed']),
    text: z.strictObject({ ko: text, en: text }),
    basicOnly: z.literal(true).optional(),
  }),
]) satisfies z.ZodType<Look>;

/** From the media process to the gateway. */
export const toGateway = z.discriminatedUnion('type', [
  /** It hears from now on: what it is sent is received at once, and times that it is told count from then. */
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('listening'), listener: z.enum(['rtsp', 'http']), address }),
  z.strictObject({ type: z.literal('cannot-listen'), listener: z.enum(['rtsp', 'http']), address, reason: text }),
  z.strictObject({ type: z.literal('reply'), id: z.number(), known: z.boolean() }),
  z.strictObject({ type: z.literal('status'), id: z.number(), status: mediaStatus }),
  /** Without `look` when it had no room for it. */
  z.strictObject({ type: z.literal('looked'), id: z.number(), look: look.optional() }),
  /** The address of the grant was used for the first time. */
  z.strictObject({ type: z.literal('claimed'), grant: ids }),
  z.strictObject({ type: z.literal('event'), event: z.union([sessionOpened, sessionClosed, grantEnded, sourceChanged, needsKeyFrame]) }),
]);
export type ToGateway = z.output<typeof toGateway>;
