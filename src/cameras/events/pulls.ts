// One pull after another on a subscription, until something breaks. Thousands wait at once: while a camera says nothing no call waits for another here, and
// little is held but this.
import type { Env, Text } from '#base';
import { type Failure, failure } from '../faults.ts';
import type { CallListener, CallResult } from '../soap/index.ts';
import type { HearOptions, HearWorld } from './hear-world.ts';
import type { Notification } from './notification.ts';
import { openPullPointCalls, PullCall, type Pulled, type PullLimits, type PullPoint, readPull } from './pull-point.ts';

/** A subscription that is pulled. */
export interface Subscription {
  readonly point: PullPoint;
  /** Taken up again: what the camera kept meanwhile is not lost. */
  readonly resumed: boolean;
  lifetimeMs: number;
  renewAtMs: number;
  waitMs: number;
  messages: number;
  /** Pulls left in which first values are awaited. */
  syncPulls: number;
}

/** A pull that the camera ended after so long was a pull all the same. */
const earlyCloseMs = 2000;
/** Wait of a pull while first values are awaited. */
const syncWaitMs = 1000;
/** Least time between two pulls of which the first brought nothing. */
const minPaceMs = 500;
/** And of which it brought something: a camera that always has something to say does not take the whole processor. */
const minBusyPaceMs = 20;
const minWaitMs = 1000;
/** Messages that are taken in one turn of the event loop. */
const turnMessages = 100;
const maxLimitFaults = 5;

interface End {
  resolve(broken: Failure): void;
  reject(reason: unknown): void;
}

/** The pulls of one subscription; run once. */
export class Pulls implements CallListener {
  readonly #options: HearOptions;
  readonly #world: HearWorld;
  readonly #subscription: Subscription;
  readonly #env: Env;
  #call: PullCall | undefined;
  #signal: AbortSignal | undefined;
  #end: End | undefined;
  /** What is under way at the camera, to be given up. */
  #waiting: Disposable | undefined;
  #startedMs = 0;
  #limitFaults = 0;
  #isHealthy = false;

  constructor(options: HearOptions, world: HearWorld, subscription: Subscription, env: Env) {
    this.#options = options;
    this.#world = world;
    this.#subscription = subscription;
    this.#env = env;
  }

  /** Resolves with what broke it. Rejects with the reason of `signal` alone. */
  run(signal: AbortSignal): Promise<Failure> {
    signal.throwIfAborted();
    const { promise, ...end } = Promise.withResolvers<Failure>();
    this.#end = end;
    this.#signal = signal;
    signal.addEventListener('abort', this, { once: true });
    void this.#renewAndPull(signal);
    return promise;
  }

  /** The signal aborts. */
  handleEvent(): void {
    this.#waiting?.[Symbol.dispose]();
    this.#fail(this.#signal?.reason);
  }

  called(result: Promise<CallResult>): void {
    this.#waiting = undefined;
    if (this.#signal) void this.#goOn(result, this.#signal);
  }

  /** An answer, and the next pull. When that is sent, nothing of this is left. */
  async #goOn(result: Promise<CallResult>, signal: AbortSignal): Promise<void> {
    try {
      const broken = await this.#digest(readPull(await result), signal);
      if (broken) this.#break(broken);
      else await this.#renewAndPull(signal);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #renewAndPull(signal: AbortSignal): Promise<void> {
    try {
      await this.#renewInTime(signal);
      signal.throwIfAborted();
      this.#pull(signal);
    } catch (error) {
      this.#fail(error);
    }
  }

  #pull(signal: AbortSignal): void {
    const limits = this.#limits();
    this.#call ??= new PullCall(this.#subscription.point, limits, this.#env);
    this.#call.limits = limits;
    this.#startedMs = this.#env.clock.monotonicMs();
    this.#waiting = this.#world.session.post(this.#call, this, signal);
  }

  #break(broken: Failure): void {
    this.#signal?.removeEventListener('abort', this);
    this.#end?.resolve(broken);
  }

  #fail(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this);
    this.#end?.reject(reason);
  }

  #limits(): PullLimits {
    const { pullWait, maxReply, graceMs } = this.#options;
    const { renewAtMs, syncPulls, waitMs: longestMs, messages } = this.#subscription;
    const untilRenewMs = renewAtMs - this.#env.clock.monotonicMs();
    const wishMs = syncPulls > 0 ? Math.min(syncWaitMs, longestMs) : longestMs;
    const waitMs = Math.max(minWaitMs, Math.min(wishMs, untilRenewMs, this.#world.listener.dueInMs ?? wishMs));
    // Some cameras wait as long as they like: only beyond the longest wait are they silent.
    return { waitMs, messages, maxBytes: maxReply, timeoutMs: Math.max(pullWait, waitMs) + graceMs };
  }

  /** What a pull brought; what broke the subscription, if anything. */
  async #digest(pulled: Pulled, signal: AbortSignal): Promise<Failure | undefined> {
    const { clock } = this.#env;
    if (pulled.result === 'limits') return this.#shorten(pulled);
    if (pulled.result === 'failed') {
      if (pulled.failure.kind === 'closed' && pulled.tookMs >= earlyCloseMs) return undefined;
      if (pulled.failure.kind === 'fault') await this.#world.keep(undefined);
      return pulled.failure;
    }
    if (!this.#isHealthy) await this.#world.healthy();
    this.#isHealthy = true;
    this.#world.counters.pulls += 1;
    await this.#take(pulled.notifications, signal);
    const spentMs = clock.monotonicMs() - this.#startedMs;
    const paceMs = pulled.notifications.length === 0 ? minPaceMs : minBusyPaceMs;
    if (spentMs < paceMs) await clock.sleep(paceMs - spentMs, signal);
    return undefined;
  }

  #shorten({ waitMs, messages }: Pulled & { readonly result: 'limits' }): Failure | undefined {
    this.#limitFaults += 1;
    if (this.#limitFaults > maxLimitFaults) return failure('fault', tooPicky(this.#world.events.host));
    const subscription = this.#subscription;
    subscription.waitMs = Math.max(minWaitMs, Math.min(waitMs ?? subscription.waitMs, subscription.waitMs));
    subscription.messages = Math.min(messages ?? subscription.messages, subscription.messages);
    return undefined;
  }

  /** Takes the messages; first values are compared with what is open when no more of them come. */
  async #take(notifications: readonly Notification[], signal: AbortSignal): Promise<void> {
    const { listener } = this.#world;
    const subscription = this.#subscription;
    for (let from = 0; from === 0 || from < notifications.length; from += turnMessages) {
      // A large answer gives the loop back now and then.
      if (from > 0) await this.#env.clock.sleep(0, signal);
      await listener.take(notifications.slice(from, from + turnMessages), signal);
    }
    const awaited = subscription.syncPulls > 0;
    const ended = notifications.length === 0;
    subscription.syncPulls = ended ? 0 : Math.max(0, subscription.syncPulls - 1);
    if (subscription.syncPulls === 0) await listener.settle(awaited && ended, signal);
    await listener.due(signal);
  }

  /** At 80 % of the lifetime. A camera that does not renew is asked again later: its subscription may live on all the same. */
  async #renewInTime(signal: AbortSignal): Promise<void> {
    const { clock } = this.#env;
    const subscription = this.#subscription;
    if (clock.monotonicMs() < subscription.renewAtMs) return;
    const renewed = await openPullPointCalls(this.#world.session, this.#env).renew(subscription.point, this.#options.subscription, signal);
    if (renewed.result === 'ok') subscription.lifetimeMs = renewed.lifetimeMs;
    subscription.renewAtMs = clock.monotonicMs() + subscription.lifetimeMs * 0.8;
    await this.#world.renewed();
  }
}

function tooPicky(host: string): Text {
  return { ko: `${host}: 이벤트 조회 제한이 맞지 않음`, en: `${host}: no pull is short enough` };
}
