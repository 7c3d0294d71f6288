// The feed of a path: its one camera connection at a time, and what is remembered of the last ones.
import { type Breath, type Env, messageOf, openBackoff } from '#base';
import type { StreamName, StreamSource } from '#model';
import { failureText, type SourceFailure } from '../faults.ts';
import { type Codec, sameTrack, type Track } from '../rtsp/index.ts';
import { Continuity, type Piece, type runSource } from '../source/index.ts';
import type { Backlog } from './backlog.ts';
import type { GopMemory } from './gop.ts';

export interface PathKey {
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
}

/** What a path shows, and where it gets it. */
export interface PathView {
  readonly key: PathKey;
  readonly source: StreamSource;
}

export interface PathOptions {
  /** Pictures since the last key frame that are kept for new readers, of one path and of all. Default 4 MiB and 256 MiB. */
  readonly readerBufferBytes?: number;
  readonly gopMemoryBytes?: number;
  readonly closeAfterMs: number;
  readonly openTimeoutMs: number;
  readonly frameTimeoutMs: number;
}

/** What a path tells of its camera. */
export interface PathEvents {
  sourceOpened(key: PathKey, codec: Codec): void;
  sourceClosed(key: PathKey): void;
  sourceFailed(key: PathKey, failure: SourceFailure): void;
  /** Somebody waits for a key frame that does not come by itself: the camera may be asked for one. */
  needsKeyFrame?(key: PathKey): void;
}

export interface PathDeps {
  readonly runSource: typeof runSource;
  readonly readBuffer: Uint8Array;
  readonly events: PathEvents;
}

/** What all paths of the process share. */
export interface PathCommons {
  readonly gops: GopMemory;
  readonly backlog: Backlog;
  readonly breath: Breath;
}

export interface FeedSink {
  /** `changed`: other parameter sets than the last time. */
  ready(changed: boolean): void;
  /** `final`: trying again soon cannot help. */
  failed(final: boolean): void;
  piece(piece: Piece): void;
}

/** The path's one camera connection, opened and closed by the state machine, and what is remembered of it. */
export interface Feed {
  readonly track: Track | undefined;
  readonly failure: SourceFailure | undefined;
  readonly frames: number;
  readonly bytes: number;
  /** Packets of the camera that did not come. */
  readonly lost: number;
  /** From the last opening of the camera to its first picture, milliseconds; undefined until it came. */
  readonly firstFrameMs: number | undefined;
  /** Whether a refused login, or too much that came, holds back the next try. */
  readonly isPaused: boolean;
  open(): void;
  close(): void;
  retryMs(): number;
}

/** A refused login is not tried again before this is over: cameras lock accounts after few failures. */
const loginPauseMs = 60_000;
/** Nor a camera that sends too much: what it sends in a second costs the pictures of all others. */
const floodPauseMs = 30_000;
/** A source that lived so long starts its retries from the shortest wait again. */
const steadyMs = 10_000;
const finalFailures: ReadonlySet<string> = new Set(['login-refused', 'no-video', 'refused']);

/** Opens the feed of a path; it connects when `open` is called. */
export function openFeed({ key, source }: PathView, options: PathOptions, deps: PathDeps & PathCommons, env: Env, sink: FeedSink): Feed {
  const backoff = openBackoff({ minMs: 500, maxMs: 5_000 }, env.random);
  let running: AbortController | undefined;
  let track: Track | undefined;
  let lastTrack: Track | undefined;
  let failure: SourceFailure | undefined;
  let pausedUntil = 0;
  let readyAt = 0;
  let openedAt = 0;
  let firstFrameMs: number | undefined;
  let frames = 0;
  let bytes = 0;
  const continuity = new Continuity(env.clock);
  const now = env.clock.monotonicMs;

  const ready = (found: Track): void => {
    const changed = lastTrack !== undefined && !sameTrack(lastTrack, found);
    track = lastTrack = found;
    failure = undefined;
    readyAt = now();
    deps.events.sourceOpened(key, found.codec);
    sink.ready(changed);
  };
  const failed = (why: SourceFailure): void => {
    running = undefined;
    if (track && now() - readyAt > steadyMs) backoff.reset();
    track = undefined;
    failure = why;
    const isFlood = why.words === 'too-fast';
    if (why.reason === 'login-refused' || isFlood) pausedUntil = now() + (isFlood ? floodPauseMs : loginPauseMs);
    env.log.warn({ ...key, reason: why.reason }, failureText(why).en);
    deps.events.sourceFailed(key, why);
    sink.failed(isFlood || finalFailures.has(why.reason));
  };
  /** As every other failure it comes later: who has just joined is not yet where it is told. */
  const refuse = async (run: AbortController): Promise<void> => {
    await Promise.resolve();
    if (running !== run) return;
    running = undefined;
    sink.failed(true);
  };
  const piece = (next: Piece): void => {
    frames += next.frames;
    if (firstFrameMs === undefined && next.frames > 0) firstFrameMs = now() - openedAt;
    bytes += next.bytes.length;
    sink.piece(next);
  };

  return {
    get track() {
      return track;
    },
    get failure() {
      return failure;
    },
    get frames() {
      return frames;
    },
    get bytes() {
      return bytes;
    },
    get lost() {
      return continuity.lost;
    },
    get firstFrameMs() {
      return firstFrameMs;
    },
    get isPaused() {
      return now() < pausedUntil;
    },
    retryMs: () => backoff.next(),
    open() {
      const run = new AbortController();
      running = run;
      if (now() < pausedUntil) return void refuse(run);
      openedAt = now();
      firstFrameMs = undefined;
      const { openTimeoutMs: replyTimeoutMs, frameTimeoutMs } = options;
      const guarded = {
        ready: (found: Track) => running === run && ready(found),
        piece: (next: Piece) => running === run && piece(next),
      };
      const { readBuffer } = deps;
      const onRead = deps.breath.taken;
      const wanted = key.quality === 'metadata' ? 'metadata' : 'video';
      deps.runSource({ source, wanted, replyTimeoutMs, frameTimeoutMs, readBuffer, onRead, continuity }, guarded, env, run.signal).then(
        (why) => running === run && failed(why ?? { reason: 'lost', detail: '' }),
        (error: unknown) => running === run && failed({ reason: 'malformed', detail: messageOf(error).slice(0, 120) }),
      );
    },
    close() {
      running?.abort();
      running = undefined;
      if (track) deps.events.sourceClosed(key);
      track = undefined;
    },
  };
}
