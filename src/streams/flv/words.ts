// What the media process and the child that makes FLV of RTSP say to each other, checked on both sides.
import { z } from 'zod';

/** Name of a feed: 128 random bits, which is also the secret part of its address. */
const feed = z.string().regex(/^[0-9a-f]{32}$/);
const loopback = z.string().regex(/^(rtsp|rtmp):\/\/127\.0\.0\.1:\d{1,5}\/\S{1,1000}$/);

/** To the child. */
export const toRemuxer = z.discriminatedUnion('type', [
  /** Fetch this RTSP address and serve it as `/f/FEED.flv`. */
  z.strictObject({ type: z.literal('pull'), feed, url: loopback }),
  z.strictObject({ type: z.literal('drop'), feed }),
  /** Offer a feed to this RTMP address; `tcUrl` is what the other side is told that it is called. No picture goes before `flow`. */
  z.strictObject({ type: z.literal('push'), push: feed, feed, url: loopback, tcUrl: z.string().max(1000) }),
  z.strictObject({ type: z.literal('flow'), push: feed }),
  z.strictObject({ type: z.literal('unpush'), push: feed }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ToRemuxer = z.output<typeof toRemuxer>;

/** From the child. */
export const fromRemuxer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('listening'), port: z.number().int().min(1).max(65_535) }),
  /** It has read the answer to PLAY: pictures may come. */
  z.strictObject({ type: z.literal('published'), feed }),
  /** The other side takes it. */
  z.strictObject({ type: z.literal('push-taken'), push: feed }),
  z.strictObject({ type: z.literal('push-ended'), push: feed }),
  z.strictObject({ type: z.literal('pong') }),
]);
export type FromRemuxer = z.output<typeof fromRemuxer>;

/** The child's file descriptor of the mark: a file in which stands whose packet it has in hand, so that one that can say nothing any more still tells. */
export const markFd = 4;
/** The mark is the name of a feed, or zeros. */
export const markBytes = 32;
