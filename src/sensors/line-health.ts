// The condition of a bus or listener itself: raised once when it breaks, cleared once when it works.
import type { Env } from '#base';
import { conditionOf } from './rules/index.ts';
import type { Teller } from './teller.ts';

/** Says `bus-fault` of the gateway on the channel named for the bus. */
export interface LineHealth {
  works(): void;
  broken(message: string): void;
  readonly isBroken: boolean;
}

/** Opens the health of `name`; the first word is always said, for a condition may be open from before the restart. */
export function openLineHealth(name: string, teller: Teller, env: Env): LineHealth {
  let said: string | undefined;
  const say = (problem: string): void => {
    if (problem === said || !teller.free) return;
    said = problem;
    const step = { channel: name, time: env.clock.now() };
    const message = problem === '' ? 'the bus works' : problem;
    teller.say([{ condition: conditionOf('gateway', 'bus-fault', { ...step, state: problem === '' ? 'cleared' : 'raised', message }) }]);
  };
  return {
    works: () => say(''),
    broken: say,
    get isBroken() {
      return said !== undefined && said !== '';
    },
  };
}
