// Outcomes on their way to the hub: kept in memory over a lost line until they expire, never in the outbox.
import { type Env, openQueue } from '#base';
import { meaningOf } from './reasons.ts';
import type { Announce } from './session.ts';
import type { Message } from './wire/index.ts';

interface Answer {
  readonly message: Message;
  /** Monotonic milliseconds: a clock that is set meanwhile changes nothing. */
  readonly endMs: number;
}

/** The way of outcomes. */
export interface Answers {
  /** Sends within `lifeMs` or not at all. At most 256 wait; beyond that the new one is dropped and counted: the hub may ask for it again with the same command. */
  push(message: Message, lifeMs: number): void;
  /** Sends until `signal` aborts. One run at a time. */
  run(announce: Announce, signal: AbortSignal): Promise<void>;
  readonly dropped: number;
}

const capacity = 256;
const pauseMs = 1000;

export function openAnswers(env: Env): Answers {
  const queue = openQueue<Answer>(capacity);
  let dropped = 0;
  const put = (answer: Answer): void => {
    if (!queue.offer(answer)) dropped += 1;
  };
  const deliver = async (answer: Answer, announce: Announce, signal: AbortSignal): Promise<void> => {
    const leftMs = answer.endMs - env.clock.monotonicMs();
    if (leftMs <= 0) return;
    const sent = await announce({ ...answer.message, expirySeconds: Math.ceil(leftMs / 1000) });
    if (sent.result === 'lost') return put(answer);
    const meaning = meaningOf(sent.reasonCode);
    if (meaning === 'set-aside')
      env.log.warn({ topic: answer.message.topic, reasonCode: sent.reasonCode }, 'the broker refused an outcome');
    if (meaning !== 'later') return;
    await env.clock.sleep(pauseMs, signal).catch(() => {});
    put(answer);
  };
  return {
    push: (message, lifeMs) => put({ message, endMs: env.clock.monotonicMs() + lifeMs }),
    async run(announce, signal) {
      const underway = new Set<Promise<void>>();
      while (!signal.aborted) {
        const answer = await queue.take(signal).catch(() => undefined);
        if (!answer) break;
        const delivery = deliver(answer, announce, signal).finally(() => underway.delete(delivery));
        underway.add(delivery);
      }
      await Promise.all(underway);
    },
    get dropped() {
      return dropped;
    },
  };
}
