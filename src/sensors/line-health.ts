// The condition of a bus or listener itself: raised once when it breaks, cleared once when it works.
import { type Env, isSameText, type Text } from '#base';
import { conditionOf } from './rules/index.ts';
import type { Teller } from './teller.ts';

/** Says `bus-fault` of the gateway on the channel named for the bus. */
export interface LineHealth {
  works(): void;
  /** `detail`: where and why, for the site's own people. */
  broken(problem: Text, detail: string): void;
  readonly isBroken: boolean;
  /** What was said last to be wrong; undefined while it works, or nothing is known. */
  readonly problem: Text | undefined;
}

const working: Text = { ko: '통신선이 정상입니다', en: 'The line works' };

/** Opens the health of `name`; the first word is always said, for a condition may be open from before the restart. */
export function openLineHealth(name: string, teller: Teller, env: Env): LineHealth {
  let said: 'nothing' | 'works' | Text = 'nothing';
  const say = (state: 'raised' | 'cleared', message: Text, detail: string): void =>
    teller.say([{ condition: conditionOf('gateway', 'bus-fault', { channel: name, time: env.clock.now(), state, message, detail }) }]);
  return {
    works() {
      if (said === 'works' || !teller.free) return;
      said = 'works';
      say('cleared', working, '');
    },
    broken(problem, detail) {
      if ((typeof said === 'object' && isSameText(said, problem)) || !teller.free) return;
      said = problem;
      say('raised', problem, detail);
    },
    get problem() {
      return typeof said === 'object' ? said : undefined;
    },
    get isBroken() {
      return typeof said === 'object';
    },
  };
}
