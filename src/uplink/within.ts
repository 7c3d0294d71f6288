// A wait with an end, for work that goes on without us.
import type { Clock } from '#base';

/** What comes of `work`, or `late` after `ms`. Rejects as `work` does in time; what it does later is its owner's affair. */
export async function within<T>(work: Promise<T>, ms: number, clock: Pick<Clock, 'after'>): Promise<T | 'late'> {
  const limit = Promise.withResolvers<'late'>();
  using _timer = clock.after(ms, () => limit.resolve('late'));
  return await Promise.race([work, limit.promise]);
}
