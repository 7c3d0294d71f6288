// Whether somebody hears what this gateway says, over all connections: what a technician is told of it.
import type { Env } from '#base';

/** Nobody subscribes to something that was sent. */
export interface Unheard {
  /** Wall milliseconds. */
  readonly since: number;
  /** Where it was published last. */
  readonly topic: string;
}

/** What is known of listeners. */
export interface Hearing {
  /** Undefined when all is heard; half a minute after the last refusal, so that a new connection is no end. */
  readonly unheard: Unheard | undefined;
  /** All is heard, and something was: without that nothing is known. */
  readonly isHeard: boolean;
  /** The broker said that nobody subscribes to `topic`. */
  missed(topic: string): void;
  /** Somebody heard something; so many others still wait for it. */
  heard(othersWaiting: number): void;
  /** A new connection: what waited is asked again. */
  begin(): void;
}

const settleMs = 30_000;

export function openHearing({ clock }: Pick<Env, 'clock'>): Hearing {
  let unheard: Unheard | undefined;
  let missedMs = 0;
  let isHeard = false;
  const now = (): Unheard | undefined => {
    if (isHeard && clock.monotonicMs() - missedMs >= settleMs) unheard = undefined;
    return unheard;
  };
  return {
    get unheard() {
      return now();
    },
    get isHeard() {
      return isHeard && now() === undefined;
    },
    missed(topic) {
      unheard = { since: unheard?.since ?? clock.now(), topic };
      missedMs = clock.monotonicMs();
      isHeard = false;
    },
    heard(othersWaiting) {
      isHeard = othersWaiting === 0;
    },
    begin() {
      missedMs = clock.monotonicMs();
    },
  };
}
