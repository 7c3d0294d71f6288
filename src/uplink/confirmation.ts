// Who confirms, the hub or its broker, and the hub's own confirmations as they come.
import type { IPublishPacket } from 'mqtt';
import { type Env, messageOf } from '#base';
import type { EntryClass } from '#model';
import type { UplinkOptions } from './options.ts';
import {
  type ConfirmationMode,
  type ConfirmedRanges,
  hubStateTopic,
  parseConfirm,
  parseHubState,
  type SequenceRange,
  type Topics,
} from './wire/index.ts';

/** What is needed of the house. */
export interface ConfirmationDeps {
  readonly setting: UplinkOptions['confirmation'];
  readonly topics: Topics;
  /** Commits what the hub has. Undefined: only the broker can confirm. */
  readonly onConfirm: ((entryClass: EntryClass, ranges: readonly SequenceRange[]) => Promise<void>) | undefined;
}

/** Confirmation over all connections of this process. */
export interface Confirmation {
  /** What counts now. What the hub once announced stands over later connections: a broker that forgot it shall not be trusted for that. */
  readonly mode: ConfirmationMode;
  /** The same; undefined until the hub's word was heard, or none was to be heard. */
  readonly known: ConfirmationMode | undefined;
  /** What is to be heard for it. */
  readonly subscriptions: readonly string[];
  /** Begins a connection. Until the hub's word is heard, or `settle` says that there is none, nothing is decided. */
  begin(): void;
  /** The hub's word is there, or there is none. Where a subscription was refused (`audible` false), the hub cannot confirm. */
  settle(audible: boolean): void;
  /** The mode that counts for a message that the broker has; waits until it is known. Undefined when `signal` aborts before. */
  decide(signal: AbortSignal): ConfirmationMode | Promise<ConfirmationMode | undefined>;
  /** Takes a packet of the hub; false when it is not about confirmation. Never rejects. */
  receive(packet: IPublishPacket): Promise<boolean>;
}

const quietMs = 60_000;

export function openConfirmation(deps: ConfirmationDeps, env: Env): Confirmation {
  const { topics, onConfirm } = deps;
  const setting = onConfirm ? deps.setting : 'broker';
  const subscriptions = { broker: [], hub: [topics.confirm], auto: [topics.confirm, hubStateTopic] }[setting];
  let announced: ConfirmationMode | undefined;
  let audible = true;
  let undecided: PromiseWithResolvers<void> | undefined;
  let wasDecided = setting !== 'auto';
  let complainedAt = Number.NEGATIVE_INFINITY;

  const modeNow = (): ConfirmationMode => (setting === 'auto' ? (audible && announced) || 'broker' : setting);
  const decided = (): void => {
    wasDecided = true;
    undecided?.resolve();
    undecided = undefined;
  };
  const complain = (topic: string, error: string): void => {
    if (env.clock.monotonicMs() - complainedAt < quietMs) return;
    complainedAt = env.clock.monotonicMs();
    env.log.warn({ topic, error }, 'a confirmation of the hub is passed over');
  };
  const hearState = (mode: ConfirmationMode | undefined): void => {
    if (mode !== announced) env.log.info({ confirmation: mode ?? 'none' }, 'the hub announces who confirms');
    announced = mode;
    decided();
  };
  const commit = async ({ class: entryClass, ranges }: ConfirmedRanges): Promise<void> => {
    try {
      await onConfirm?.(entryClass, ranges);
    } catch (error) {
      complain(topics.confirm, messageOf(error));
    }
  };
  return {
    get mode() {
      return modeNow();
    },
    get known() {
      return wasDecided && !undecided ? modeNow() : undefined;
    },
    subscriptions,
    begin() {
      audible = true;
      if (setting === 'auto' && announced === undefined) undecided ??= Promise.withResolvers();
    },
    settle(granted) {
      audible = granted;
      decided();
    },
    decide(signal) {
      return undecided ? waitFor(undecided.promise, signal).then((known) => (known ? modeNow() : undefined)) : modeNow();
    },
    async receive({ topic, payload, retain }) {
      if (topic !== topics.confirm && topic !== hubStateTopic) return false;
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      if (topic === hubStateTopic) {
        const mode = parseHubState(bytes);
        if (mode === 'malformed') complain(topic, mode);
        else hearState(mode);
      } else {
        const confirmed = retain ? undefined : parseConfirm(bytes);
        if (!confirmed) complain(topic, retain ? 'retained' : 'malformed');
        for (const ranges of confirmed ?? []) await commit(ranges);
      }
      return true;
    },
  };
}

/** True when `known` comes before the abort. */
async function waitFor(known: Promise<void>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const gone = Promise.withResolvers<boolean>();
  const onAbort = (): void => gone.resolve(false);
  signal.addEventListener('abort', onAbort, { once: true });
  const result = await Promise.race([known.then(() => true), gone.promise]);
  signal.removeEventListener('abort', onAbort);
  return result;
}
