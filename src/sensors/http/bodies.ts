// Bodies of those who prove who they are by the body itself: few at a time and quick, for until then they are anybody's.
import type { Env } from '#base';
import { networkOf, openCrowd } from '../wire/index.ts';

/** The bodies that are being read. */
export interface Bodies {
  /** Waits for `reading`, the body of a sender at `address`. Rejects with a `TurnedOut` when another needs its place, or when it takes too long. */
  read<T>(from: { readonly address: string; readonly isKnown: boolean }, reading: Promise<T>): Promise<T>;
}

/** The body was not waited for. */
export class TurnedOut extends Error {
  constructor() {
    super('the body was not waited for');
  }
}

/** Of networks that no sender was heard from, and of those that one was: none takes a place of the other. 64 KiB each at most. */
const limits = {
  strangers: { all: () => 48, each: 4, ms: 2000 },
  known: { all: () => 64, each: 32, ms: 15_000 },
};

/** Opens it. */
export function openBodies({ clock }: Env): Bodies {
  const strangers = openCrowd(limits.strangers);
  const known = openCrowd(limits.known);
  return {
    async read({ address, isKnown }, reading) {
      const end = Promise.withResolvers<never>();
      const turnOut = (): void => end.reject(new TurnedOut());
      const leave = (isKnown ? known : strangers).enter(networkOf(address), turnOut);
      using _timer = clock.after((isKnown ? limits.known : limits.strangers).ms, turnOut);
      try {
        return await Promise.race([reading, end.promise]);
      } finally {
        leave();
      }
    },
  };
}
