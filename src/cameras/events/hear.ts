// Hearing one camera: the life of a subscription from its creation or its resumption to its break, one pull after another.
import type { Env, Text } from '#base';
import { type Failure, failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import type { EventCounters } from './counters.ts';
import { hearPushed } from './hear-pushed.ts';
import type { Listener } from './listener.ts';
import type { Notification } from './notification.ts';
import { openPullPointCalls, type PullPoint, type PullPointCalls } from './pull-point.ts';
import type { PushDoor } from './push-door.ts';

export interface HearOptions {
  readonly pullWait: number;
  readonly pullMessages: number;
  readonly subscription: number;
  readonly maxReply: number;
  /** How often a camera that pushes is asked whether it is there. */
  readonly checkEvery: number;
  /** What a pull may take beyond its wait. */
  readonly graceMs: number;
}

/** What hearing a camera needs to know and to hand over. */
export interface HearWorld {
  readonly session: SoapSession;
  readonly events: URL;
  readonly listener: Listener;
  readonly counters: EventCounters;
  /** The pull point of before, to be resumed. */
  readonly kept: PullPoint | undefined;
  /** Where the site has a door for pushes; `always`: this camera is to push, else only one that cannot be pulled. */
  readonly door?: { readonly door: PushDoor; readonly always: boolean } | undefined;
  /** Remembers the pull point, durably, or that there is none. */
  keep(point: PullPoint | undefined): Promise<void>;
  /** The first pull was answered: all is well. */
  healthy(): Promise<void>;
  /** A renewal was due: the time for other things that are due now and then. */
  renewed(): Promise<void>;
}

/** A pull that the camera ended after so long was a pull all the same. */
const earlyCloseMs = 2000;
/** Wait of a pull while first values are awaited. */
const syncWaitMs = 1000;
/** Pulls that bring something without a pause; a recorder says hundreds of first values. */
const maxSyncPulls = 12;
/** Least time between two pulls of which the first brought nothing. */
const minPaceMs = 500;
/** And of which it brought something: a camera that always has something to say does not take the whole processor. */
const minBusyPaceMs = 20;
const minWaitMs = 1000;
/** Messages that are taken in one turn of the event loop. */
const turnMessages = 100;
const maxLimitFaults = 5;
const unsubscribeMs = 3000;

interface Subscription {
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

interface Setting {
  readonly options: HearOptions;
  readonly world: HearWorld;
  readonly env: Env;
}

/** Hears a camera until something breaks, and says what. Rejects with the reason of `signal` alone. */
export async function hear(options: HearOptions, world: HearWorld, env: Env, signal: AbortSignal): Promise<Failure> {
  const calls = openPullPointCalls(world.session, env);
  const { listener, door } = world;
  if (door?.always) return hearPushed(options, { ...world, door: door.door }, env, signal);
  const subscribed = await subscribe(calls, { options, world, env }, signal);
  // A camera that knows no pull points says so by a fault (ONVIF Core §9.1: ter:ActionNotSupported).
  if ('kind' in subscribed && subscribed.kind === 'fault' && door) return hearPushed(options, { ...world, door: door.door }, env, signal);
  if ('kind' in subscribed) return subscribed;
  await listener.begin(!subscribed.resumed, signal);
  const unsynchronised = await synchronise(calls, subscribed.point, signal);
  if (unsynchronised) return unsynchronised;
  const round: Round = { calls, subscription: subscribed, limitFaults: 0, healthy: false, options, world, env };
  for (;;) {
    await renewInTime(subscribed, calls, { options, world, env }, signal);
    const broken = await pullOnce(round, signal);
    if (broken) return broken;
  }
}

/** A camera may refuse to synchronise; then its states are known as they change (ONVIF Core §9.6). */
async function synchronise(calls: PullPointCalls, point: PullPoint, signal: AbortSignal): Promise<Failure | undefined> {
  const said = await calls.synchronise(point, signal);
  return said.result === 'failed' && said.failure.kind !== 'garbage' ? said.failure : undefined;
}

interface Round extends Setting {
  readonly calls: PullPointCalls;
  readonly subscription: Subscription;
  limitFaults: number;
  healthy: boolean;
}

/** One pull and what it brought; what broke the subscription, if anything. A function of its own, for a loop would keep what a camera said last for as long as it is silent. */
async function pullOnce(round: Round, signal: AbortSignal): Promise<Failure | undefined> {
  const { calls, subscription, options, world, env } = round;
  const startedMs = env.clock.monotonicMs();
  const ask = pullAsk(subscription, { ...options, dueInMs: world.listener.dueInMs }, env);
  const pulled = await calls.pull(subscription.point, ask, signal);
  if (pulled.result === 'limits') {
    round.limitFaults += 1;
    if (round.limitFaults > maxLimitFaults) return failure('fault', tooPicky(world.events.host));
    subscription.waitMs = Math.max(minWaitMs, Math.min(pulled.waitMs ?? subscription.waitMs, subscription.waitMs));
    subscription.messages = Math.min(pulled.messages ?? subscription.messages, subscription.messages);
    return undefined;
  }
  if (pulled.result === 'failed') {
    if (pulled.failure.kind === 'closed' && pulled.tookMs >= earlyCloseMs) return undefined;
    if (pulled.failure.kind === 'fault') await world.keep(undefined);
    return pulled.failure;
  }
  if (!round.healthy) await world.healthy();
  round.healthy = true;
  world.counters.pulls += 1;
  await take(pulled.notifications, subscription, { listener: world.listener, env }, signal);
  const spentMs = env.clock.monotonicMs() - startedMs;
  const paceMs = pulled.notifications.length === 0 ? minPaceMs : minBusyPaceMs;
  if (spentMs < paceMs) await env.clock.sleep(paceMs - spentMs, signal);
  return undefined;
}

function tooPicky(host: string): Text {
  return { ko: `${host}: 이벤트 조회 제한이 맞지 않음`, en: `${host}: no pull is short enough` };
}

/** Takes up the pull point of before when the camera still renews it, else makes a new one. */
async function subscribe(calls: PullPointCalls, { options, world, env }: Setting, signal: AbortSignal): Promise<Subscription | Failure> {
  const begin = (point: PullPoint, lifetimeMs: number, resumed: boolean): Subscription => ({
    point,
    resumed,
    lifetimeMs,
    renewAtMs: env.clock.monotonicMs() + lifetimeMs * 0.8,
    waitMs: options.pullWait,
    messages: options.pullMessages,
    syncPulls: maxSyncPulls,
  });
  if (world.kept?.pushed) {
    await calls.unsubscribe(world.kept, unsubscribeMs, signal);
    await world.keep(undefined);
  } else if (world.kept) {
    const renewed = await calls.renew(world.kept, options.subscription, signal);
    if (renewed.result === 'ok') {
      world.counters.resumed += 1;
      return begin(world.kept, renewed.lifetimeMs, true);
    }
    // Who does not answer now may still hold it, and what it kept meanwhile.
    if (renewed.result === 'failed' && ['unreachable', 'silent'].includes(renewed.failure.kind)) return renewed.failure;
    await world.keep(undefined);
  }
  const created = await calls.create(world.events, options.subscription, signal);
  if (created.result === 'failed') return created.failure;
  world.counters.created += 1;
  await world.keep(created.point);
  return begin(created.point, created.lifetimeMs, false);
}

/** At 80 % of the lifetime. A camera that does not renew is asked again later: its subscription may live on all the same. */
async function renewInTime(
  subscription: Subscription,
  calls: PullPointCalls,
  { options, world, env }: Setting,
  signal: AbortSignal,
): Promise<void> {
  if (env.clock.monotonicMs() < subscription.renewAtMs) return;
  const renewed = await calls.renew(subscription.point, options.subscription, signal);
  if (renewed.result === 'ok') subscription.lifetimeMs = renewed.lifetimeMs;
  subscription.renewAtMs = env.clock.monotonicMs() + subscription.lifetimeMs * 0.8;
  await world.renewed();
}

function pullAsk(subscription: Subscription, options: HearOptions & { readonly dueInMs: number | undefined }, env: Env) {
  const untilRenewMs = subscription.renewAtMs - env.clock.monotonicMs();
  const wishMs = subscription.syncPulls > 0 ? Math.min(syncWaitMs, subscription.waitMs) : subscription.waitMs;
  const waitMs = Math.max(minWaitMs, Math.min(wishMs, untilRenewMs, options.dueInMs ?? wishMs));
  // Some cameras wait as long as they like: only beyond the longest wait are they silent.
  const timeoutMs = Math.max(options.pullWait, waitMs) + options.graceMs;
  return { waitMs, messages: subscription.messages, maxBytes: options.maxReply, timeoutMs };
}

/** Takes the messages; first values are compared with what is open when no more of them come. */
async function take(
  notifications: readonly Notification[],
  subscription: Subscription,
  { listener, env }: { readonly listener: Listener; readonly env: Env },
  signal: AbortSignal,
): Promise<void> {
  for (let from = 0; from === 0 || from < notifications.length; from += turnMessages) {
    // A large answer gives the loop back now and then.
    if (from > 0) await env.clock.sleep(0, signal);
    await listener.take(notifications.slice(from, from + turnMessages), signal);
  }
  const awaited = subscription.syncPulls > 0;
  const ended = notifications.length === 0;
  subscription.syncPulls = ended ? 0 : Math.max(0, subscription.syncPulls - 1);
  if (subscription.syncPulls === 0) await listener.settle(awaited && ended, signal);
  await listener.due(signal);
}
