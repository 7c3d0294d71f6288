// What passes in a flood over somebody's broker: each device's allowance, what is critical, and the last word of each.
import { type Env, messageOf } from '#base';
import { type Bucket, type Floods, openBucket } from './flood.ts';
import type { Intake, MqttMessage } from './intake.ts';

/** Where messages pass. */
export interface Gate {
  /** Whether the message is to be taken; one that is not is counted. */
  passes(message: MqttMessage): Promise<boolean>;
  /** Takes, when there is room for it, the last message of each sender that did not pass; until the signal aborts, then rejects with its reason. */
  watch(signal: AbortSignal): Promise<never>;
}

const maxSenders = 10_000;
/** Last words that are kept: 4 MiB at most. */
const maxLastWords = 64;
const lookMs = 1000;
/** So many milliseconds are spent in a row on what is dropped, then the rest of the gateway has its turn. */
const dropTurnMs = 5;

interface GateParts {
  readonly perSecond: number;
  readonly intake: Pick<Intake, 'look' | 'take'>;
  readonly floods: Pick<Floods, 'over'>;
}

/**
 * Opens a gate. Each device has its own allowance. Beyond it, what raises a critical alarm passes all the same: it comes once for each alarm. What eases one, and
 * critical events, have a second allowance. The rest is dropped and counted, but for the last of each sender (64 at most): how things stand when the flood is
 * over is judged within a second or so.
 */
export function openGate({ perSecond, intake, floods }: GateParts, env: Env): Gate {
  const allowance = openAllowance(perSecond, env);
  const graveAllowance = openAllowance(perSecond, env);
  const lastWords = new Map<string, MqttMessage>();
  let spentMs = 0;
  const drop = (sender: string, message: MqttMessage): void => {
    floods.over(sender);
    lastWords.delete(sender);
    lastWords.set(sender, message);
    const oldest = lastWords.size > maxLastWords ? lastWords.keys().next().value : undefined;
    if (oldest !== undefined) lastWords.delete(oldest);
  };
  const takeLast = async (): Promise<void> => {
    for (const [sender, message] of lastWords) {
      if (!allowance(sender)) continue;
      lastWords.delete(sender);
      await intake.take('', message).catch((error: unknown) => {
        env.log.warn({ sender: sender.slice(0, 80), error: messageOf(error) }, 'the last message of a flood is not stored');
      });
    }
  };
  return {
    async passes(message) {
      const { sender, urgency } = intake.look('', message);
      const isFree = allowance(sender);
      const before = env.clock.monotonicMs();
      const found = isFree ? 'none' : urgency();
      if (isFree || found === 'raises' || (found === 'eases' && graveAllowance(sender))) {
        lastWords.delete(sender);
        return true;
      }
      drop(sender, message);
      spentMs += env.clock.monotonicMs() - before;
      if (spentMs >= dropTurnMs) {
        spentMs = 0;
        await env.clock.sleep(0);
      }
      return false;
    },
    async watch(signal) {
      for (;;) {
        await env.clock.sleep(lookMs, signal);
        await takeLast();
      }
    },
  };
}

/** Each sender has its own; of more than 10,000 the one that was silent longest starts anew. */
function openAllowance(perSecond: number, { clock }: Env): (sender: string) => boolean {
  const buckets = new Map<string, Bucket>();
  return (sender) => {
    const bucket = buckets.get(sender) ?? openBucket(perSecond, clock);
    buckets.delete(sender);
    buckets.set(sender, bucket);
    const oldest = buckets.size > maxSenders ? buckets.keys().next().value : undefined;
    if (oldest !== undefined) buckets.delete(oldest);
    return bucket.take();
  };
}
