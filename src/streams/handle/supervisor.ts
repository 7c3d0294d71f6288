// The supervisor of the media process: starts it, watches that it answers, and starts it again when it dies.
import { type Env, openBackoff } from '#base';
import type { MediaLink } from './media-link.ts';

export interface SupervisorEvents {
  /** Forks a process and tells it all it must know. */
  start(): MediaLink;
  died(reason: string): void;
}

const backoffRange = { minMs: 100, maxMs: 3_000 };
const healthMs = 5_000;
const steadyMs = 30_000;

/** Keeps one media process running until `signal` aborts; then stops it and resolves when it is gone. */
export async function supervise(events: SupervisorEvents, env: Env, signal: AbortSignal): Promise<void> {
  const backoff = openBackoff(backoffRange, env.random);
  while (!signal.aborted) {
    const startedAt = env.clock.monotonicMs();
    const link = events.start();
    const health = new AbortController();
    void watchHealth(link, env, health.signal);
    const reason = await Promise.race([link.exited, aborted(signal)]);
    health.abort();
    if (reason === undefined) return await link.stop();
    events.died(reason);
    if (env.clock.monotonicMs() - startedAt > steadyMs) backoff.reset();
    await env.clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

/** Kills a media process that twice did not answer in time: it hangs. (Once may be this process's own pause.) */
async function watchHealth(link: MediaLink, env: Env, signal: AbortSignal): Promise<void> {
  let missed = 0;
  while (!signal.aborted && missed < 2) {
    await env.clock.sleep(healthMs, signal).catch(() => {});
    if (signal.aborted) return;
    missed = (await link.call((id) => ({ type: 'status', id }), healthMs)) ? 0 : missed + 1;
  }
  if (!signal.aborted) link.kill();
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
