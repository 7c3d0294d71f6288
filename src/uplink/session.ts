// The session as the rest of the house sees it: entries go out through the window and come back as confirmed, lost or set aside.
import { type Env, openBackoff } from '#base';
import type { Entry } from '#model';
import type { Link, PublishResult } from './link.ts';
import { meaningOf } from './reasons.ts';
import type { Window } from './window.ts';
import { encodeEntry, type Message, type Topics } from './wire/index.ts';

/** What became of an entry. */
export type SendResult =
  /** The hub's broker has it. */
  | { readonly result: 'confirmed' }
  /** Unknown: the connection went first. Send it again in the next session. */
  | { readonly result: 'lost' }
  /** It will never pass as it is: MQTT 5 reason code 0x83, 0x87, 0x90, 0x95 or 0x99. */
  | { readonly result: 'set-aside'; readonly reasonCode: number };

/** One connection to the hub. */
export interface UplinkSession {
  /** Aborts when the connection is gone or the gateway stops; what is in flight may still be confirmed after a stop. */
  readonly signal: AbortSignal;
  /** Free slots of the window: min(server's Receive Maximum, `uplink.window`). */
  readonly free: number;
  /** Waits until a slot is free. Rejects when `signal` or the session's own aborts. */
  slot(signal: AbortSignal): Promise<void>;
  /**
   * Publishes with QoS 1 and waits for the PUBACK; waits for a slot first. Never rejects. A broker that says `busy`, `quota` or the like is asked again with
   * backoff (0.5 to 15 s) while the entry keeps its slot, so that a refusing broker is not flooded.
   */
  send(entry: Entry, mark: { readonly replay: boolean }): Promise<SendResult>;
}

/** Publishes what is not an entry (state, outcomes), ahead of waiting entries. Never rejects. */
export type Announce = (message: Message) => Promise<PublishResult>;

export function openAnnounce(link: Link, window: Window): Announce {
  return async (message) => {
    try {
      await window.take(link.closed, true);
    } catch {
      return { result: 'lost' };
    }
    const result = await link.publish(message);
    window.release();
    return result;
  };
}

const laterBackoff = { minMs: 500, maxMs: 15_000 };

export function openSession(link: Link, window: Window, topics: Topics, signal: AbortSignal, env: Env): UplinkSession {
  return {
    signal,
    get free() {
      return window.free;
    },
    slot: (other) => window.whenFree(AbortSignal.any([signal, other])),
    async send(entry, mark) {
      const encoded = encodeEntry(entry, topics, mark);
      if ('reasonCode' in encoded) return { result: 'set-aside', reasonCode: encoded.reasonCode };
      try {
        await window.take(signal);
      } catch {
        return { result: 'lost' };
      }
      try {
        return await sendPatiently(link, encoded.message, signal, env);
      } finally {
        window.release();
      }
    },
  };
}

async function sendPatiently(link: Link, message: Message, signal: AbortSignal, env: Env): Promise<SendResult> {
  const backoff = openBackoff(laterBackoff, env.random);
  for (;;) {
    const answer = await link.publish(message);
    if (answer.result === 'lost') return answer;
    const meaning = meaningOf(answer.reasonCode);
    if (meaning === 'confirmed') return { result: 'confirmed' };
    if (meaning === 'set-aside') return { result: 'set-aside', reasonCode: answer.reasonCode };
    try {
      await env.clock.sleep(backoff.next(), signal);
    } catch {
      return { result: 'lost' };
    }
  }
}
