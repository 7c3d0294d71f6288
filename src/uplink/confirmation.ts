// Who confirms, the hub or its broker, and the hub's own confirmations as they come.
import type { IPublishPacket } from 'mqtt';
import { type Env, messageOf } from '#base';
import type { EntryClass } from '#model';
import { openConfirmed } from './confirmed.ts';
import { onAbort } from './on-abort.ts';
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
import { within } from './within.ts';

/** What is needed of the house. */
export interface ConfirmationDeps {
  readonly setting: UplinkOptions['confirmation'];
  readonly topics: Topics;
  /** Commits what the hub has. Undefined: only the broker can confirm. */
  readonly onConfirm: ((entryClass: EntryClass, ranges: readonly SequenceRange[]) => Promise<void>) | undefined;
  readonly memory: HubMemory;
}

/** Where the hub's announcement outlives this process. */
export interface HubMemory {
  keep(announced: ConfirmationMode | undefined): Promise<void>;
  recall(): Promise<ConfirmationMode | undefined>;
}

/** Confirmation over all connections of this process. */
export interface Confirmation {
  /**
   * What counts now. What the hub once announced stands over later connections and restarts: a broker that forgot it, in a power cut that took it along,
   * shall not be trusted for that.
   */
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
  /**
   * Takes a packet of the hub; false when it is not about confirmation. What it confirms is committed beside: behind this packet others wait, PUBACKs among
   * them, and the hub tells again what is lost.
   */
  receive(packet: IPublishPacket): boolean;
}

const quietMs = 60_000;
/** A disk that does not answer holds up nobody for longer. */
const recallMs = 2000;

export function openConfirmation(deps: ConfirmationDeps, env: Env): Confirmation {
  const { topics, onConfirm } = deps;
  const setting = onConfirm ? deps.setting : 'broker';
  const subscriptions = { broker: [], hub: [topics.confirm], auto: [topics.confirm, hubStateTopic] }[setting];
  let announced: ConfirmationMode | undefined;
  let audible = true;
  let undecided: PromiseWithResolvers<void> | undefined;
  let wasDecided = setting !== 'auto';
  let complainedAt = Number.NEGATIVE_INFINITY;
  let isHeard = false;
  let kept: { readonly mode: ConfirmationMode | undefined } | undefined;
  let recalling: Promise<void> | undefined;

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
  const recall = async (): Promise<void> => {
    try {
      const mode = await deps.memory.recall();
      kept ??= { mode };
      if (isHeard || mode === undefined) return;
      env.log.info({ confirmation: mode }, 'the hub has announced before who confirms');
      announced = mode;
    } catch (error) {
      env.log.warn({ error: messageOf(error) }, 'it cannot be read whether the hub has announced who confirms');
    }
  };
  const keep = async (): Promise<void> => {
    const mode = announced;
    if (kept?.mode === mode && kept) return;
    try {
      await deps.memory.keep(mode);
      kept = { mode };
    } catch (error) {
      env.log.warn({ error: messageOf(error) }, 'it cannot be kept who confirms; it is tried again with the next connection');
    }
  };
  const hearState = (mode: ConfirmationMode | undefined): void => {
    if (mode !== announced) env.log.info({ confirmation: mode ?? 'none' }, 'the hub announces who confirms');
    announced = mode;
    isHeard = true;
    decided();
    void keep();
  };
  const commit = async ({ class: entryClass, ranges }: ConfirmedRanges): Promise<void> => {
    try {
      await onConfirm?.(entryClass, ranges);
    } catch (error) {
      complain(topics.confirm, messageOf(error));
    }
  };
  const confirmed = openConfirmed();
  let isCommitting = false;
  const commitAll = async (): Promise<void> => {
    if (isCommitting) return;
    isCommitting = true;
    for (let all = confirmed.take(); all.length > 0; all = confirmed.take()) for (const ranges of all) await commit(ranges);
    isCommitting = false;
  };
  const hearConfirm = (bytes: Uint8Array, isRetained: boolean): void => {
    const parsed = isRetained ? undefined : parseConfirm(bytes);
    if (!parsed) complain(topics.confirm, isRetained ? 'retained' : 'malformed');
    for (const ranges of parsed ?? []) if (!confirmed.add(ranges)) complain(topics.confirm, 'more ranges than can wait for the store');
    void commitAll();
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
      if (setting !== 'auto') return;
      if (announced === undefined) undecided ??= Promise.withResolvers();
      recalling ??= recall();
      if (isHeard) void keep();
    },
    settle(granted) {
      audible = granted;
      void within(recalling ?? Promise.resolve(), recallMs, env.clock).finally(decided);
    },
    decide(signal) {
      return undecided ? waitFor(undecided.promise, signal).then((known) => (known ? modeNow() : undefined)) : modeNow();
    },
    receive({ topic, payload, retain }) {
      if (topic !== topics.confirm && topic !== hubStateTopic) return false;
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      if (topic === hubStateTopic) {
        const mode = parseHubState(bytes);
        if (mode === 'malformed') complain(topic, mode);
        else hearState(mode);
      } else hearConfirm(bytes, retain);
      return true;
    },
  };
}

/** True when `known` comes before the abort. */
function waitFor(known: Promise<void>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stay = onAbort(signal, () => resolve(false));
    void known.then(() => resolve(true)).finally(stay);
  });
}
