// The body of a request for pictures as a dispatch centre's hub would make it.
import type { Quality } from '#model';

/** What is asked for. */
export interface StreamAsk {
  readonly camera: string;
  /** Default 1. */
  readonly channel?: number;
  /** Default `main`. */
  readonly quality?: Quality;
  /** End of the grant, wall milliseconds. */
  readonly untilMs: number;
  /** Replaces parts of the request for a grant; undefined leaves a part out. */
  readonly grant?: Readonly<Record<string, unknown>>;
}

/** Body of `stream.open` and `snapshot.take`: a 119 dispatch that looks for a fire (개인정보 보호법 제18조②3). */
export function streamBody(ask: StreamAsk): Readonly<Record<string, unknown>> {
  return {
    camera: ask.camera,
    channel: ask.channel ?? 1,
    quality: ask.quality ?? 'main',
    deliver: 'pull',
    grant: {
      service: '119-dispatch',
      incident: '2026-000123',
      recipient: { agency: '전북소방본부', person: 'jb119-042' },
      ground: 'pipa-18-2-3',
      until: new Date(ask.untilMs).toISOString(),
      emergency: { reason: 'building fire, persons inside' },
      document: null,
      ...ask.grant,
    },
  };
}
