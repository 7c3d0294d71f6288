// The world of the targets: a clock that stands still between conversations, repeatable randomness, no log.
import { type Env, openLog } from '#base';
import { type FakeClock, openFakeClock } from '../../fakes/clock.ts';
import type { Dice } from './mutator.ts';

export interface World {
  readonly env: Env;
  readonly clock: FakeClock;
}

/** Opens one that goes on from `dice`. */
export function openWorld(dice: Dice): World {
  const clock = openFakeClock(1_800_000_000_000);
  const random = {
    bytes: (size: number) => Buffer.from(Array.from({ length: size }, () => dice.below(256))),
    uniform: () => dice.next() / 2 ** 32,
  };
  return { clock, env: { clock, random, log: openLog('silent') } };
}

/** What no conversation outlasts: patience, pauses after refused logins, stalls. Milliseconds. */
export const oblivionMs = 130_000;
