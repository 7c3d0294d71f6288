// The race of a critical alarm: over the session, and after five silent seconds over a second route too; the first confirmation counts.
import type { Env } from '#base';
import type { Rescue } from './rescue.ts';
import type { Message } from './wire/index.ts';

/** What became of an entry. */
export type SendResult =
  /** The hub's broker has it, and its word counts. */
  | { readonly result: 'confirmed' }
  /** The hub's broker has it; the hub itself confirms later, or it is to be sent again. */
  | { readonly result: 'sent' }
  /** Unknown: the connection went first. Send it again in the next session. */
  | { readonly result: 'lost' }
  /** It will never pass as it is: MQTT 5 reason code 0x83, 0x87, 0x90, 0x95 or 0x99, or what `text` says. */
  | { readonly result: 'set-aside'; readonly reasonCode: number; readonly text?: string };

/** Races of one session. */
export interface Race {
  /** Critical alarms that would leave at once over the second route: none while the session's own broker answers. */
  readonly room: number;
  /** `main` sends over the session, until its signal aborts. Never rejects. */
  run(message: Message, main: (until: AbortSignal) => Promise<SendResult>): Promise<SendResult>;
}

const patienceMs = 5000;

export function openRace(rescue: Rescue, signal: AbortSignal, env: Env): Race {
  /** Alarms are under way over the second route, and the session's broker has confirmed none since. */
  let stalled = false;
  let racing = 0;

  async function second(message: Message, until: AbortSignal): Promise<SendResult | undefined> {
    try {
      if (!stalled) await env.clock.sleep(patienceMs, until);
      stalled = true;
      racing += 1;
      try {
        return (await rescue.publish(message, until)) ? { result: 'confirmed' } : undefined;
      } finally {
        racing -= 1;
      }
    } catch {
      return undefined;
    }
  }

  return {
    get room() {
      return stalled ? Math.max(0, rescue.capacity - racing) : 0;
    },
    async run(message, main) {
      if (rescue.capacity === 0) return await main(signal);
      const over = new AbortController();
      const until = AbortSignal.any([signal, over.signal]);
      const first = main(until).then((result) => {
        if (result.result === 'confirmed') stalled = false;
        return result;
      });
      const other = second(message, until).then((result) => result ?? first);
      const result = await Promise.race([first, other]);
      over.abort();
      return result;
    },
  };
}
