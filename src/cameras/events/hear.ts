// Hearing one camera: the life of a subscription from its creation or its resumption to its break, one pull after another.
import type { Env, Text } from '#base';
import type { AlarmKind } from '#model';
import { type Failure, failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import type { Board } from './board.ts';
import { countUnclear, countUnknown, type EventCounters } from './counters.ts';
import { interpret, type Sighting } from './meaning.ts';
import type { Notification } from './notification.ts';
import { openPullPointCalls, type PullPoint, type PullPointCalls } from './pull-point.ts';
import type { Pulses } from './pulses.ts';
import type { Teller } from './tell.ts';

export interface HearOptions {
  readonly pullWait: number;
  readonly pullMessages: number;
  readonly subscription: number;
  readonly maxReply: number;
  readonly ignoredKinds: readonly AlarmKind[];
  /** What a pull may take beyond its wait. */
  readonly graceMs: number;
}

/** What hearing a camera needs to know and to hand over. */
export interface HearWorld {
  readonly session: SoapSession;
  readonly events: URL;
  /** Video sources by the tokens that events name them with. */
  readonly channels: ReadonlyMap<string, number>;
  readonly board: Board;
  readonly pulses: Pulses;
  readonly teller: Teller;
  readonly counters: EventCounters;
  /** The pull point of before, to be resumed. */
  readonly kept: PullPoint | undefined;
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
const maxSyncPulls = 5;
/** Least time between two pulls of which the first brought nothing. */
const minPaceMs = 500;
const minWaitMs = 1000;
const maxLimitFaults = 5;

interface Subscription {
  readonly point: PullPoint;
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
  const subscribed = await subscribe(calls, { options, world, env }, signal);
  if ('kind' in subscribed) return subscribed;
  world.pulses.begin();
  // A camera may refuse to synchronise; then its states are known as they change (ONVIF Core §9.6).
  const synchronised = await calls.synchronise(subscribed.point, signal);
  if (synchronised.result === 'failed' && synchronised.failure.kind !== 'garbage') return synchronised.failure;
  let limitFaults = 0;
  let healthy = false;
  for (;;) {
    await renewInTime(subscribed, calls, { options, world, env }, signal);
    const startedMs = env.clock.monotonicMs();
    const pulled = await calls.pull(subscribed.point, pullAsk(subscribed, options, env), signal);
    if (pulled.result === 'limits') {
      limitFaults += 1;
      if (limitFaults > maxLimitFaults) return failure('fault', tooPicky(world.events.host));
      subscribed.waitMs = Math.max(minWaitMs, Math.min(pulled.waitMs ?? subscribed.waitMs, subscribed.waitMs));
      subscribed.messages = Math.min(pulled.messages ?? subscribed.messages, subscribed.messages);
      continue;
    }
    if (pulled.result === 'failed') {
      if (pulled.failure.kind === 'closed' && pulled.tookMs >= earlyCloseMs) continue;
      if (pulled.failure.kind === 'fault') await world.keep(undefined);
      return pulled.failure;
    }
    if (!healthy) await world.healthy();
    healthy = true;
    world.counters.pulls += 1;
    await take(pulled.notifications, subscribed, { options, world, env }, signal);
    const spentMs = env.clock.monotonicMs() - startedMs;
    if (pulled.notifications.length === 0 && spentMs < minPaceMs) await env.clock.sleep(minPaceMs - spentMs, signal);
  }
}

function tooPicky(host: string): Text {
  return { ko: `${host}: 이벤트 조회 제한이 맞지 않음`, en: `${host}: no pull is short enough` };
}

/** Takes up the pull point of before when the camera still renews it, else makes a new one. */
async function subscribe(calls: PullPointCalls, { options, world, env }: Setting, signal: AbortSignal): Promise<Subscription | Failure> {
  const begin = (point: PullPoint, lifetimeMs: number): Subscription => ({
    point,
    lifetimeMs,
    renewAtMs: env.clock.monotonicMs() + lifetimeMs * 0.8,
    waitMs: options.pullWait,
    messages: options.pullMessages,
    syncPulls: maxSyncPulls,
  });
  if (world.kept) {
    const lifetimeMs = await calls.renew(world.kept, options.subscription, signal);
    if (lifetimeMs !== undefined) {
      world.counters.resumed += 1;
      return begin(world.kept, lifetimeMs);
    }
    await world.keep(undefined);
  }
  const created = await calls.create(world.events, options.subscription, signal);
  if (created.result === 'failed') return created.failure;
  world.counters.created += 1;
  await world.keep(created.point);
  return begin(created.point, created.lifetimeMs);
}

/** At 80 % of the lifetime. A camera that does not renew is asked again later: its subscription may live on all the same. */
async function renewInTime(
  subscription: Subscription,
  calls: PullPointCalls,
  { options, world, env }: Setting,
  signal: AbortSignal,
): Promise<void> {
  if (env.clock.monotonicMs() < subscription.renewAtMs) return;
  const lifetimeMs = await calls.renew(subscription.point, options.subscription, signal);
  subscription.lifetimeMs = lifetimeMs ?? subscription.lifetimeMs;
  subscription.renewAtMs = env.clock.monotonicMs() + subscription.lifetimeMs * 0.8;
  await world.renewed();
}

function pullAsk(subscription: Subscription, options: HearOptions, env: Env) {
  const untilRenewMs = subscription.renewAtMs - env.clock.monotonicMs();
  const wishMs = subscription.syncPulls > 0 ? Math.min(syncWaitMs, subscription.waitMs) : subscription.waitMs;
  const waitMs = Math.max(minWaitMs, Math.min(wishMs, untilRenewMs));
  // Some cameras wait as long as they like: only beyond the longest wait are they silent.
  const timeoutMs = Math.max(options.pullWait, waitMs) + options.graceMs;
  return { waitMs, messages: subscription.messages, maxBytes: options.maxReply, timeoutMs };
}

/** Tells what the messages say, in their order; first values are compared with what is open when no more of them come. */
async function take(
  notifications: readonly Notification[],
  subscription: Subscription,
  { options, world, env }: Setting,
  signal: AbortSignal,
): Promise<void> {
  const { board, counters, session, channels, teller, pulses } = world;
  const ignored = new Set<string>(options.ignoredKinds);
  let initial = false;
  for (const sighting of pulses.due()) await teller.tell(sighting, signal);
  for (const notification of notifications) {
    counters.messages += 1;
    const read = interpret(notification, { receivedAt: env.clock.now(), clockOffsetMs: session.clockOffsetMs, channels });
    if (read.result === 'unknown') countUnknown(counters, notification.topic);
    if (read.result === 'unclear') countUnclear(counters, notification.topic, read.value);
    if (read.result !== 'sighting' || isIgnored(read.sighting, ignored)) continue;
    if (read.sighting.initial) {
      initial = true;
      board.collect(read.sighting);
    } else {
      const told = read.sighting.state === 'pulse' ? pulses.take(read.sighting) : board.see(read.sighting);
      for (const sighting of told) await teller.tell(sighting, signal);
    }
  }
  subscription.syncPulls = initial || notifications.length > 0 ? Math.max(0, subscription.syncPulls - 1) : 0;
  if (subscription.syncPulls > 0 || board.collected === 0) return;
  for (const sighting of board.settle(await teller.openKeys(signal))) await teller.tell(sighting, signal);
}

function isIgnored(sighting: Sighting, ignored: ReadonlySet<string>): boolean {
  return 'alarm' in sighting.about && ignored.has(sighting.about.alarm);
}
