// A path at work: the state machine of `state.ts` with its timers, its one source and its seats.
import type { Env } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import { type Codec, type PictureSize, sizeOf } from '../rtsp/index.ts';
import { openFeed, type PathCommons, type PathDeps, type PathKey, type PathOptions, type PathView } from './feed.ts';
import { openKeyFrames } from './key-frames.ts';
import type { Reader } from './reader.ts';
import { type Description, openSeats } from './seats.ts';
import { idlePath, type PathEffect, type PathInput, type PathState, type PathStateName, type PathTimer, stepPath } from './state.ts';

/** Somebody who wants the pictures of a path. While there is one, the camera is kept open. */
export interface Member {
  /** Waits at most `openTimeout`. Never rejects. */
  describe(): Promise<Description>;
  /** From now on pieces go to `reader`, which begins with the kept pictures (the default) or with the next key frame. */
  attach(reader: Reader, from?: 'kept' | 'next'): void;
  leave(): void;
}

export interface PathStatus extends PathKey {
  readonly state: PathStateName;
  readonly readers: number;
  readonly codec: Codec | undefined;
  readonly frames: number;
  readonly bytes: number;
  readonly lost: number;
  readonly firstFrameMs: number | undefined;
  /** `1920×1080` as numbers, where the description of the stream has its parameter sets. */
  readonly size: PictureSize | undefined;
  /** Why the camera could not be opened or was lost, the last time; undefined once it plays again. */
  readonly failure: SourceFailure | undefined;
}

export interface Path {
  readonly status: PathStatus;
  /** `onEnd` is called when the path sends the member away; it has then left. */
  join(onEnd: (failure: SourceFailure) => void): Member;
  /** Whether its pictures are those of `source`: the same address, and the same login. */
  shows(source: StreamSource): boolean;
  /** Whether nothing is open, waited for or remembered here. */
  readonly idle: boolean;
  close(): void;
}

/** Opens a path; it does nothing until somebody joins. */
export function openPath(view: PathView, options: PathOptions, deps: PathDeps & PathCommons, env: Env): Path {
  let state: PathState = idlePath;
  const inputs: PathInput[] = [];
  let stepping = false;
  /** Inputs that come while an effect runs wait for their turn. */
  const dispatch = (input: PathInput): void => {
    inputs.push(input);
    if (stepping) return;
    stepping = true;
    for (let next = inputs.shift(); next; next = inputs.shift()) {
      const [after, effects] = stepPath(state, next);
      state = after;
      for (const effect of effects) perform(effect);
    }
    stepping = false;
  };
  const gop = deps.gops.open();
  const keyFrames = openKeyFrames(() => deps.events.needsKeyFrame?.(view.key), env.clock);
  const wanting = (): void => {
    if (feed.track) keyFrames.want();
  };
  const seats = openSeats({ backlog: deps.backlog, catchUp: gop.catchUp, wanting });
  const timers = openTimers((timer) => dispatch({ type: 'elapsed', timer }), env);
  const feed = openFeed(view, options, deps, env, {
    ready(changed) {
      // Those who play cannot go on with other parameter sets; those who wait get the new ones.
      const gone = changed ? seats.dismiss('playing', { reason: 'changed', detail: '' }) : 0;
      for (let left = 0; left < gone; left += 1) dispatch({ type: 'left' });
      interrupted();
      keyFrames.want();
      dispatch({ type: 'source-ready' });
    },
    failed(final) {
      interrupted();
      dispatch({ type: 'source-failed', final });
    },
    piece(piece) {
      if (piece.isKey) keyFrames.came();
      gop.add(piece);
      seats.fanOut(piece);
    },
  });
  const interrupted = (): void => {
    gop.clear();
    seats.interrupt();
  };
  const closeSource = (): void => {
    feed.close();
    gop.clear();
    keyFrames.came();
  };
  const waits = { patience: () => options.openTimeoutMs, retry: feed.retryMs, close: () => options.closeAfterMs };
  const perform = (effect: PathEffect): void => {
    if (effect.type === 'open-source') feed.open();
    else if (effect.type === 'close-source') closeSource();
    else if (effect.type === 'arm') timers.arm(effect.timer, waits[effect.timer]());
    else if (effect.type === 'disarm') timers.disarm(effect.timer);
    else if (effect.type === 'dismiss') seats.dismiss('all', feed.failure ?? { reason: 'timeout', detail: '' });
    else if (feed.track) seats.release(feed.track);
  };

  return {
    get status() {
      const { track, frames, bytes, lost, firstFrameMs, failure } = feed;
      const size = track && sizeOf(track);
      return {
        ...view.key,
        state: state.name,
        readers: state.readers,
        codec: track?.codec,
        size,
        frames,
        bytes,
        lost,
        firstFrameMs,
        failure,
      };
    },
    get idle() {
      return state.name === 'idle' && !feed.isPaused;
    },
    shows({ url, user, password }) {
      const { source } = view;
      return url === source.url && user === source.user && password === source.password;
    },
    join(onEnd) {
      const seat = seats.take(onEnd);
      dispatch({ type: 'joined' });
      return {
        describe: () => seat.described,
        attach: (reader, from = 'kept') => seat.sit(reader, from),
        leave: () => {
          if (seats.giveUp(seat)) dispatch({ type: 'left' });
        },
      };
    },
    close() {
      dispatch({ type: 'shutdown' });
      gop[Symbol.dispose]();
    },
  };
}

interface Timers {
  arm(timer: PathTimer, ms: number): void;
  disarm(timer: PathTimer): void;
}

function openTimers(elapsed: (timer: PathTimer) => void, env: Env): Timers {
  const armed = new Map<PathTimer, Disposable>();
  const disarm = (timer: PathTimer): void => {
    armed.get(timer)?.[Symbol.dispose]();
    armed.delete(timer);
  };
  return {
    disarm,
    arm(timer, ms) {
      disarm(timer);
      armed.set(
        timer,
        env.clock.after(ms, () => elapsed(timer)),
      );
    },
  };
}
