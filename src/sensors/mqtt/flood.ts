// Floods: how much of one sender is too much, and the condition that says so.
import type { Clock, Text } from '#base';
import { conditionOf } from '../rules/index.ts';
import type { Teller } from '../teller.ts';

/** Lets so many through in a second, and ten times as many at once. */
export interface Bucket {
  /** Whether one more may pass now. */
  take(): boolean;
  /** Milliseconds until one may, at least 1. */
  waitMs(): number;
}

const burstSeconds = 10;

/** Opens a bucket, full. */
export function openBucket(perSecond: number, clock: Pick<Clock, 'monotonicMs'>): Bucket {
  const capacity = perSecond * burstSeconds;
  let level = capacity;
  let at = clock.monotonicMs();
  const fill = (): void => {
    const now = clock.monotonicMs();
    level = Math.min(capacity, level + ((now - at) * perSecond) / 1000);
    at = now;
  };
  return {
    take() {
      fill();
      if (level < 1) return false;
      level -= 1;
      return true;
    },
    waitMs() {
      fill();
      return Math.max(1, Math.ceil(((1 - level) * 1000) / perSecond));
    },
  };
}

/** Counts what was too much, sender by sender. */
export interface Floods {
  /** One message of `sender` was held back or dropped. */
  over(sender: string): void;
  /** Says each second which floods began, and which are over, until the signal aborts; then rejects with its reason. */
  watch(signal: AbortSignal): Promise<never>;
}

/** How a flood is told. */
export interface FloodTexts {
  began(sender: string): Text;
  ended(sender: string, count: number): Text;
}

const quietMs = 60_000;
const maxFloods = 64;
const lookMs = 1000;

/**
 * Opens the floods of one driver, as `alarm-flood` of the gateway on the channel of each sender; it ends a minute after the last message too
 * many. At most 64 at a time have a condition of their own; the rest is counted with the first of them.
 */
export function openFloods(channel: (sender: string) => string, texts: FloodTexts, world: { teller: Teller; clock: Clock }): Floods {
  const { teller, clock } = world;
  const standing = new Map<string, { count: number; lastAt: number; isSaid: boolean; sender: string }>();
  const say = (name: string, state: 'raised' | 'cleared', message: Text): void =>
    teller.say([{ condition: conditionOf('gateway', 'alarm-flood', { channel: name, time: clock.now(), state, message, detail: '' }) }]);
  const look = (): void => {
    for (const [name, flood] of standing) {
      if (!teller.free) return;
      if (!flood.isSaid) {
        flood.isSaid = true;
        say(name, 'raised', texts.began(flood.sender));
      } else if (clock.monotonicMs() - flood.lastAt >= quietMs) {
        standing.delete(name);
        say(name, 'cleared', texts.ended(flood.sender, flood.count));
      }
    }
  };
  return {
    over(sender) {
      const wanted = channel(sender);
      const name = standing.has(wanted) || standing.size < maxFloods ? wanted : (standing.keys().next().value ?? wanted);
      const flood = standing.get(name) ?? { count: 0, lastAt: 0, isSaid: false, sender };
      flood.count += 1;
      flood.lastAt = clock.monotonicMs();
      standing.set(name, flood);
    },
    async watch(signal) {
      for (;;) {
        await clock.sleep(lookMs, signal);
        look();
      }
    },
  };
}
