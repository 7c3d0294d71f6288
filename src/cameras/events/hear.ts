// Hearing one camera: the life of a subscription from its creation or its resumption to its break, one pull after another.
import type { Env } from '#base';
import type { Failure } from '../faults.ts';
import { hearPushed } from './hear-pushed.ts';
import type { HearOptions, HearWorld } from './hear-world.ts';
import { openPullPointCalls, type PullPoint, type PullPointCalls } from './pull-point.ts';
import { Pulls, type Subscription } from './pulls.ts';

/** Pulls that bring something without a pause; a recorder says hundreds of first values. */
const maxSyncPulls = 12;
const unsubscribeMs = 3000;

interface Setting {
  readonly options: HearOptions;
  readonly world: HearWorld;
  readonly env: Env;
}

/** Hears a camera until something breaks, and says what. Rejects with the reason of `signal` alone. */
export async function hear(options: HearOptions, world: HearWorld, env: Env, signal: AbortSignal): Promise<Failure> {
  const calls = openPullPointCalls(world.session, env);
  const { listener, door } = world;
  if (door?.always) return hearPushed(options, { world, door: door.door }, env, signal);
  const subscribed = await subscribe(calls, { options, world, env }, signal);
  // A camera that knows no pull points says so by a fault (ONVIF Core §9.1: ter:ActionNotSupported).
  if ('kind' in subscribed && subscribed.kind === 'fault' && door) return hearPushed(options, { world, door: door.door }, env, signal);
  if ('kind' in subscribed) return subscribed;
  await listener.begin(!subscribed.resumed, signal);
  const unsynchronised = await synchronise(calls, subscribed.point, signal);
  if (unsynchronised) return unsynchronised;
  // Not awaited: while a camera is silent nothing of this is left.
  return new Pulls(options, world, subscribed, env).run(signal);
}

/** A camera may refuse to synchronise; then its states are known as they change (ONVIF Core §9.6). */
async function synchronise(calls: PullPointCalls, point: PullPoint, signal: AbortSignal): Promise<Failure | undefined> {
  const said = await calls.synchronise(point, signal);
  return said.result === 'failed' && said.failure.kind !== 'garbage' ? said.failure : undefined;
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
