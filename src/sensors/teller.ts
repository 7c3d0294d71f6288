// The way from a driver to the store for things that nobody waits for: reports and conditions each in order, tried until committed, bounded; no report waits behind a condition.
import { type Env, messageOf } from '#base';
import type { Condition } from '#model';
import type { SensorsDeps } from './driver.ts';
import { isHopeless } from './hopeless.ts';
import type { Utterance } from './rules/index.ts';

/** Says things: reports one after the other, and beside them conditions one after the other. */
export interface Teller {
  /** False when `capacity` reports wait: the caller then leaves its state as it is and sees the same again at its next look. */
  readonly free: boolean;
  /** Of more than `capacity` conditions that wait, the newest step of each is kept, of 1,024 at most. */
  say(utterances: readonly Utterance[]): void;
  /** Waits until all is committed or the signal aborted. */
  settled(): Promise<void>;
}

const capacity = 64;
const maxConditions = 1024;
const retryMs = 1000;

/** Opens a teller; after `signal` aborts it gives up what the store does not take at once: a register still says it after the restart. */
export function openTeller(deps: Pick<SensorsDeps, 'report' | 'condition'>, env: Env, signal: AbortSignal): Teller {
  const reports = openQueue(deps.report, 'report', env, signal);
  const conditions = openQueue(deps.condition, 'condition', env, signal);
  return {
    get free() {
      return reports.waiting.length < capacity;
    },
    say(utterances) {
      for (const said of utterances) {
        if ('report' in said) reports.add(said.report);
        else if (!replaced(conditions.waiting, said.condition)) {
          const [lost] = conditions.waiting.length >= maxConditions ? conditions.waiting.splice(1, 1) : [];
          if (lost) env.log.error({ device: lost.device, kind: lost.kind, channel: lost.channel }, 'a condition is dropped: too many wait');
          conditions.add(said.condition);
        }
      }
    },
    async settled() {
      await Promise.all([reports.settled(), conditions.settled()]);
    },
  };
}

/** Where many wait, a newer step takes the place of an older one of its condition, but for the first: that one is on its way. */
function replaced(waiting: Condition[], step: Condition): boolean {
  if (waiting.length < capacity) return false;
  const at = waiting.findLastIndex(({ device, channel, kind }) => device === step.device && channel === step.channel && kind === step.kind);
  if (at < 1) return false;
  waiting.splice(at, 1);
  waiting.push(step);
  return true;
}

function openQueue<T>(send: (one: T) => Promise<unknown>, name: string, env: Env, signal: AbortSignal) {
  const waiting: T[] = [];
  let running: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    let failed = false;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        await send(next);
        waiting.shift();
        failed = false;
      } catch (error) {
        if (signal.aborted) break;
        if (isHopeless(error)) {
          env.log.error({ error: messageOf(error) }, `a ${name} can never be stored, and is dropped`);
          waiting.shift();
          continue;
        }
        if (!failed) env.log.error({ error: messageOf(error), waiting: waiting.length }, `the store does not take a ${name}; trying again`);
        failed = true;
        await env.clock.sleep(retryMs, signal).catch(() => {});
      }
    }
    running = undefined;
  };
  return {
    waiting,
    add(one: T): void {
      waiting.push(one);
      running ??= drain();
    },
    settled: async () => running,
  };
}
