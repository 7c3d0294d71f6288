// A world whose clock a test moves, with the promises in between kept.
import { openLog, systemRandom } from '#base';
import { openFakeClock } from '../fakes/clock.ts';

/** Lets what is due happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Opens a world; `move` goes forward a second at a time, and lets happen what is due. */
export function openMovedTime() {
  const clock = openFakeClock(Date.UTC(2026, 10, 20));
  const env = { clock, random: systemRandom, log: openLog('silent') };
  const move = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(Math.min(left, 1000));
      await settle();
    }
  };
  return { env, clock, move };
}
