// A session with a receiver: it lasts as long as the receiver answers, and looks to delivery like one with the hub.
import type { Agent } from 'node:http';
import { type Env, messageOf, openBackoff } from '#base';
import type { WebhookOptions } from '../destinations.ts';
import { type Doubt, type Known, knownOf } from '../doubt.ts';
import type { SendResult } from '../race.ts';
import type { UplinkSession } from '../session.ts';
import { cloudEventType, encodeEntry, type Topics } from '../wire/index.ts';
import { post, verdictOf } from './post.ts';
import { signatureHeader, signatureOf, timestampHeader } from './signature.ts';

/** What a session is made of. */
export interface SessionParts {
  readonly options: WebhookOptions;
  readonly topics: Topics;
  readonly agent: Agent;
  /** Over all sessions: they end soon where everything is refused. */
  readonly doubt: Doubt;
  /** The receiver has answered for an entry. */
  onAnswer(): void;
  /** The session is over, and why. */
  onLost(reason: string): void;
}

/** Nothing is ever `sent` and unconfirmed here; delivery's look for it may be rare. */
const resendAfterMs = 600_000;

/**
 * Opens a session. It is lost when the receiver does not answer, or puts off as many entries in a row as may be under way; what else was posted then may
 * still be confirmed. An entry that alone is put off is tried again with backoff in its place; so is one that is refused for good, until that is to be believed.
 */
export function openWebhookSession(parts: SessionParts, stop: AbortSignal, env: Env): UplinkSession {
  const { concurrency, retryMin: minMs, retryMax: maxMs } = parts.options;
  const lost = new AbortController();
  const signal = AbortSignal.any([stop, lost.signal]);
  const listeners = new Set<() => void>();
  const reserved = concurrency < 4 ? 0 : 1;
  let used = 0;
  let putOffInRow = 0;

  const lose = (reason: string): SendResult => {
    if (!signal.aborted) parts.onLost(reason);
    lost.abort();
    return { result: 'lost' };
  };
  const sendPatiently = async (entry: Known, body: string): Promise<SendResult> => {
    const backoff = openBackoff({ minMs, maxMs }, env.random);
    for (;;) {
      const answer = await postSigned(parts, body, stop, env);
      if (typeof answer !== 'number') return lose(answer.error);
      const verdict = verdictOf(answer);
      if (verdict === 'confirmed') parts.doubt.took(entry);
      if (verdict === 'confirmed' || (verdict === 'set-aside' && parts.doubt.refused(entry))) {
        putOffInRow = 0;
        parts.onAnswer();
        return verdict === 'confirmed' ? { result: verdict } : { result: verdict, reasonCode: answer, text: `HTTP status ${answer}` };
      }
      putOffInRow += 1;
      if (putOffInRow >= concurrency) return lose(`HTTP status ${answer}`);
      try {
        await env.clock.sleep(backoff.next(), signal);
      } catch {
        return { result: 'lost' };
      }
    }
  };
  return {
    signal,
    get room() {
      const free = concurrency - used;
      return free > reserved ? { entries: free - reserved, lanes: undefined } : { entries: free, lanes: 1 };
    },
    confirmation: 'broker',
    resendAfterMs,
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    async send(entry, mark) {
      const encoded = encodeEntry(entry, parts.topics, mark);
      if ('reasonCode' in encoded) return { result: 'set-aside', ...encoded };
      used += 1;
      try {
        return await sendPatiently(knownOf(entry), String(encoded.message.payload));
      } finally {
        used -= 1;
        for (const listener of listeners) listener();
      }
    },
  };
}

/** Posts under a fresh signature; the status, or why there is none. */
async function postSigned(
  { options, agent }: Pick<SessionParts, 'options' | 'agent'>,
  body: string,
  stop: AbortSignal,
  env: Env,
): Promise<number | { readonly error: string }> {
  const timestamp = String(Math.floor(env.clock.now() / 1000));
  const headers = {
    'content-type': cloudEventType,
    [timestampHeader]: timestamp,
    [signatureHeader]: signatureOf(options.secret, timestamp, body),
  };
  try {
    return await post({ url: new URL(options.url), agent, headers, body, timeoutMs: options.timeout }, stop, env.clock);
  } catch (error) {
    return { error: messageOf(error) };
  }
}
