// The world as a room sees it: three bindings, handed in, so that nothing reaches for the machine by itself.
import { type Clock, systemClock } from './clock.ts';
import { type Log, openLog } from './log.ts';
import { type Random, systemRandom } from './random.ts';

/** Clock, randomness and log of whoever runs a room. */
export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The machine's own clock and randomness with the given log. */
export function systemEnv(log: Log = openLog('info')): Env {
  return { clock: systemClock, random: systemRandom, log };
}
