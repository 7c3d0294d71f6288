// Something odd about one source that messages themselves show: told once, and over when it was not seen for ten minutes.
import type { Env, Text } from '#base';
import { conditionOf } from '../rules/index.ts';
import type { Teller } from '../teller.ts';

/** Counts one kind of oddity of one source. */
export interface Oddity {
  /** A life begins: what an earlier one told is over. */
  begin(): void;
  /** It was seen once more. */
  seen(): void;
  /** What it is now; undefined when it is over. */
  problem(): Text | undefined;
}

/** Whose it is and how it is told, as `sensor-fault` on `channel`. */
export interface OddityOptions {
  readonly device: string;
  readonly channel: string;
  /** In words, with how often it was seen. */
  standing(count: number): Text;
  readonly over: Text;
}

const quietMs = 600_000;

/** Opens the count. */
export function openOddity({ device, channel, standing, over }: OddityOptions, teller: Teller, env: Env): Oddity {
  let count = 0;
  let isSaid = false;
  let quiet: Disposable | undefined;
  const say = (state: 'raised' | 'cleared', message: Text): void =>
    teller.say([{ condition: conditionOf(device, 'sensor-fault', { channel, time: env.clock.now(), state, message }) }]);
  const wait = (): void => {
    quiet?.[Symbol.dispose]();
    quiet = env.clock.after(quietMs, () => {
      if (isSaid && !teller.free) return wait();
      if (isSaid) say('cleared', over);
      count = 0;
      isSaid = false;
    });
  };
  return {
    begin: () => say('cleared', over),
    seen() {
      count += 1;
      wait();
      if (isSaid || !teller.free) return;
      isSaid = true;
      say('raised', standing(count));
    },
    problem: () => (count > 0 ? standing(count) : undefined),
  };
}
