// How long a sender waits for the store before he is told to come again.
import type { Env } from '#base';

const maxCommitMs = 10_000;

/** What `work` resolves with; undefined after 10 s. It then goes on unseen: the message meets the same occurrence key when it comes again. Rejects as `work` does before. */
export async function withinCommit<T>(work: Promise<T>, clock: Env['clock']): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  using _timer = clock.after(maxCommitMs, () => late.resolve(undefined));
  work.catch(() => {});
  return await Promise.race([work, late.promise]);
}
