// The look at the routes that are not in use: a better one is gone back to when it has been well for a while, a worse one is known to work before it is needed.
import type { Env } from '#base';
import { type Attempt, briefPlan, type Way } from './ways.ts';

/** What the look is taken with. */
export interface WatchDeps {
  readonly ways: readonly Way[];
  /** The way in use. */
  readonly current: Way;
  readonly attempt: Attempt;
  readonly clientId: string;
  /** How long a better way must have been well, milliseconds. */
  readonly failBackMs: number;
  /** Called once, when a better way has been well for long enough. */
  goBack(way: Way): void;
}

const looksPerFailBack = 6;
const spareLookMs = 300_000;
const firstSpareLookMs = 5000;

/** Looks at all other routes until `signal` aborts. */
export async function watchRoutes(deps: WatchDeps, signal: AbortSignal, env: Env): Promise<void> {
  const at = deps.ways.indexOf(deps.current);
  await Promise.all(
    deps.ways.map(async (way, index) => {
      if (index < at) await watchBetter(way, deps, signal, env);
      else if (index > at) await watchSpare(way, deps, signal, env);
    }),
  );
}

async function watchBetter(way: Way, deps: WatchDeps, signal: AbortSignal, env: Env): Promise<void> {
  let wellSinceMs: number | undefined;
  while (!signal.aborted) {
    await env.clock.sleep(jittered(deps.failBackMs / looksPerFailBack, env), signal).catch(() => {});
    const well = await look(way, deps, signal);
    if (signal.aborted) return;
    wellSinceMs = well ? (wellSinceMs ?? env.clock.monotonicMs()) : undefined;
    if (wellSinceMs !== undefined && env.clock.monotonicMs() - wellSinceMs >= deps.failBackMs) return deps.goBack(way);
  }
}

async function watchSpare(way: Way, deps: WatchDeps, signal: AbortSignal, env: Env): Promise<void> {
  let waitMs = firstSpareLookMs;
  while (!signal.aborted) {
    await env.clock.sleep(jittered(waitMs, env), signal).catch(() => {});
    if (!signal.aborted) await look(way, deps, signal);
    waitMs = spareLookMs;
  }
}

/** A thousand gateways shall not look in the same second. */
function jittered(ms: number, env: Env): number {
  return ms * (0.75 + env.random.uniform() / 2);
}

/** Says hello to the broker and goodbye. */
async function look(way: Way, deps: WatchDeps, signal: AbortSignal): Promise<boolean> {
  const result = await deps.attempt(way, briefPlan(`${deps.clientId}-p`), signal);
  if ('link' in result) await result.link.end();
  if (signal.aborted) return false;
  if ('link' in result) way.standing.changed('ready');
  else way.standing.changed('failing', result.fault);
  return 'link' in result;
}
