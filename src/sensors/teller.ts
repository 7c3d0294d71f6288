// The way from a driver to the store for things that nobody waits for: in order, tried until committed, bounded.
import { type Env, messageOf } from '#base';
import type { SensorsDeps } from './driver.ts';
import type { Utterance } from './rules/index.ts';

/** Says things one after the other. */
export interface Teller {
  /** False when `capacity` things wait: the caller then leaves its state as it is and sees the same again at its next look. */
  readonly free: boolean;
  say(utterances: readonly Utterance[]): void;
  /** Waits until all is committed or the signal aborted. */
  settled(): Promise<void>;
}

const capacity = 64;
const retryMs = 1000;

/** Opens a teller; after `signal` aborts it gives up what the store does not take at once: a register still says it after the restart. */
export function openTeller(deps: SensorsDeps, env: Env, signal: AbortSignal): Teller {
  const waiting: Utterance[] = [];
  let running: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    let failed = false;
    for (let next = waiting[0]; next; next = waiting[0]) {
      try {
        await ('report' in next ? deps.report(next.report) : deps.condition(next.condition));
        waiting.shift();
        failed = false;
      } catch (error) {
        if (signal.aborted) break;
        if (!failed) env.log.error({ error: messageOf(error), waiting: waiting.length }, 'the store does not take a report; trying again');
        failed = true;
        await env.clock.sleep(retryMs, signal).catch(() => {});
      }
    }
    running = undefined;
  };
  return {
    get free() {
      return waiting.length < capacity;
    },
    say(utterances) {
      waiting.push(...utterances);
      if (waiting.length > 0) running ??= drain();
    },
    settled: async () => running,
  };
}
