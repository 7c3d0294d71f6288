// Hearing a camera that cannot be pulled: it is given an address to push to, asked for its states, kept subscribed, and looked after now and then.
import type { Env } from '#base';
import { type Failure, failure } from '../faults.ts';
import type { SoapSession } from '../soap/index.ts';
import type { EventCounters } from './counters.ts';
import type { Listener } from './listener.ts';
import { openPullPointCalls, type PullPoint } from './pull-point.ts';
import type { PushDoor } from './push-door.ts';

export interface HearPushedOptions {
  readonly subscription: number;
  /** How often the camera is asked whether it is there. */
  readonly checkEvery: number;
}

/** What hearing needs to know and to hand over; as for pulls. */
export interface HearPushedWorld {
  readonly session: SoapSession;
  readonly events: URL;
  readonly listener: Listener;
  readonly counters: EventCounters;
  readonly kept: PullPoint | undefined;
  keep(point: PullPoint | undefined): Promise<void>;
  healthy(): Promise<void>;
  renewed(): Promise<void>;
}

/** How long first values are awaited after the last of them. */
const settleMs = 3000;
const tickMs = 1000;
const unsubscribeMs = 3000;

/** Hears a camera until something breaks, and says what. Rejects with the reason of `signal` alone. */
export async function hearPushed(
  options: HearPushedOptions,
  { world, door }: { readonly world: HearPushedWorld; readonly door: PushDoor },
  env: Env,
  signal: AbortSignal,
): Promise<Failure> {
  const { session, listener, counters } = world;
  const calls = openPullPointCalls(session, env);
  const queue = openQueue();
  let newestMs = env.clock.monotonicMs();
  using seat = door.admit(session.base.hostname, (notifications) =>
    queue.run(async () => {
      newestMs = env.clock.monotonicMs();
      counters.pushes += 1;
      await listener.take(notifications, signal);
      await listener.due(signal);
    }),
  );
  // The token of before is gone with the daemon, and cameras allow few subscriptions.
  if (world.kept) await calls.unsubscribe(world.kept, unsubscribeMs, signal);
  await world.keep(undefined);
  await queue.run(() => listener.begin(true, signal));
  const subscribed = await calls.subscribe(world.events, { consumer: seat.url, lifetimeMs: options.subscription }, signal);
  if (subscribed.result === 'failed') return subscribed.failure;
  counters.created += 1;
  await world.keep({ ...subscribed.point, pushed: true });
  const synchronised = await calls.synchronise(subscribed.point, signal);
  if (synchronised.result === 'failed' && synchronised.failure.kind !== 'garbage') return synchronised.failure;
  await world.healthy();
  let { lifetimeMs } = subscribed;
  let renewAtMs = env.clock.monotonicMs() + lifetimeMs * 0.8;
  let checkAtMs = env.clock.monotonicMs() + options.checkEvery;
  let settled = false;
  for (;;) {
    await env.clock.sleep(tickMs, signal);
    const now = env.clock.monotonicMs();
    if (!settled && now - newestMs >= settleMs) {
      settled = true;
      await queue.run(() => listener.settle(true, signal));
    }
    if (settled) await queue.run(() => listener.settle(false, signal));
    await queue.run(() => listener.due(signal));
    if (now >= checkAtMs) {
      const clock = await session.readClock(signal);
      if (clock.result === 'failed') return clock.failure;
      checkAtMs = now + options.checkEvery;
    }
    if (now < renewAtMs) continue;
    const renewed = await calls.renew(subscribed.point, options.subscription, signal);
    // Nothing else would tell that the camera has forgotten it.
    if (renewed.result !== 'ok') return renewed.result === 'failed' ? renewed.failure : failure('fault', world.events.host);
    lifetimeMs = renewed.lifetimeMs;
    renewAtMs = now + lifetimeMs * 0.8;
    await world.renewed();
  }
}

/** One after another, in their order; a failure ends only its own. */
function openQueue(): { run(act: () => Promise<void>): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  return {
    run(act) {
      const done = last.then(act);
      last = done.catch(() => {});
      return done;
    },
  };
}
