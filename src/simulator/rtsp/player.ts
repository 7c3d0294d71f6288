// Plays a clip into one RTSP connection in real time: one timer at a time, timestamps that never look back, a sender report every five seconds.
import type { Env } from '#base';
import type { Clip, Track } from './clip.ts';
import { senderReport, stamped } from './packets.ts';

/** Where the packets go. */
export interface Sink {
  write(block: Buffer): void;
  /** False: nothing is sent now, time goes on (a camera that has frozen). */
  readonly flowing: boolean;
}

/** A track of the clip that the client has set up. */
export interface PlayedTrack {
  readonly track: Track;
  readonly index: number;
  /** Interleaved channel of RTP; RTCP is the next one. */
  readonly channel: number;
}

/** What the client is told of a track when it begins (RTP-Info). */
export interface TrackStart {
  readonly index: number;
  readonly sequence: number;
  readonly time: number;
}

/** A clip that plays until it is disposed. */
export interface Player extends Disposable {
  readonly starts: readonly TrackStart[];
}

interface Playing extends PlayedTrack {
  readonly source: number;
  readonly firstTime: number;
  readonly offset: number;
  sequence: number;
  sent: number;
  packets: number;
  bytes: number;
  nextReportMs: number;
}

const reportEveryMs = 5000;

/** Starts at the last key frame before the clip's present place, as if the camera had played for ever. */
export function openPlayer(clip: Clip, played: readonly PlayedTrack[], sink: Sink, env: Env): Player {
  const startMs = env.clock.monotonicMs();
  const tracks = played.map((one): Playing => begin(clip, one, startMs, env));
  let timer: Disposable | undefined;
  const dueMs = (one: Playing): number => startMs + (one.sent * one.track.ticks * 1000) / one.track.clockRate;
  const pump = (): void => {
    const now = env.clock.monotonicMs();
    let next = Number.POSITIVE_INFINITY;
    for (const one of tracks) {
      while (dueMs(one) <= now) send(one, now, sink, env);
      next = Math.min(next, dueMs(one));
    }
    timer = env.clock.after(Math.max(1, next - env.clock.monotonicMs()), pump);
  };
  const starts = tracks.map((one) => ({ index: one.index, sequence: one.sequence, time: one.firstTime }));
  // The first packets follow the answer to PLAY, they do not overtake it.
  timer = env.clock.after(0, pump);
  return { starts, [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}

function begin(clip: Clip, played: PlayedTrack, nowMs: number, env: Env): Playing {
  const place = Math.floor((nowMs * played.track.clockRate) / 1000 / played.track.ticks) % played.track.frames.length;
  const offset = played.track.media === 'video' ? lastKey(clip, place) : place;
  const [source, firstTime] = [env.random.bytes(4).readUInt32BE(), env.random.bytes(4).readUInt32BE()];
  const sequence = env.random.bytes(2).readUInt16BE();
  return { ...played, source, firstTime, offset, sequence, sent: 0, packets: 0, bytes: 0, nextReportMs: nowMs };
}

function lastKey(clip: Clip, place: number): number {
  const frames = clip.tracks[0]?.frames ?? [];
  for (let at = place; at > 0; at -= 1) if (frames[at]?.key) return at;
  return 0;
}

function send(one: Playing, nowMs: number, sink: Sink, env: Env): void {
  const frame = one.track.frames[(one.offset + one.sent) % one.track.frames.length];
  const time = (one.firstTime + one.sent * one.track.ticks) % 2 ** 32;
  one.sent += 1;
  if (!frame || !sink.flowing) return;
  if (nowMs >= one.nextReportMs) {
    one.nextReportMs = nowMs + reportEveryMs;
    const { source, packets, bytes } = one;
    sink.write(senderReport({ channel: one.channel + 1, source, wallMs: env.clock.now(), time, packets, bytes }));
  }
  sink.write(stamped(frame, { channel: one.channel, sequence: one.sequence, time, source: one.source }));
  one.sequence = (one.sequence + frame.starts.length) % 65_536;
  one.packets += frame.starts.length;
  one.bytes += frame.payloadBytes;
}
