// When a camera is asked for a key frame: somebody waits for one, and none came by itself.
import type { Clock } from '#base';

export interface KeyFrames {
  /** Somebody waits for a key frame from now on. */
  want(): void;
  /** One came, or nobody waits any more. */
  came(): void;
}

/** Most cameras begin with a key frame by themselves; it is given so long to come. */
const patienceMs = 200;
/** A camera is not asked more often. */
const againMs = 2_000;

/** Calls `ask` for those who wait. */
export function openKeyFrames(ask: () => void, clock: Clock): KeyFrames {
  let waiting: Disposable | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return {
    want() {
      const restMs = Math.max(patienceMs, askedAtMs + againMs - clock.monotonicMs());
      waiting ??= clock.after(restMs, () => {
        waiting = undefined;
        askedAtMs = clock.monotonicMs();
        ask();
      });
    },
    came() {
      waiting?.[Symbol.dispose]();
      waiting = undefined;
    },
  };
}
