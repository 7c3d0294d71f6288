// What is remembered of each route while the process lives, and one attempt on it in the version that its broker speaks.
import type { Env } from '#base';
import { type ConnectPlan, type ConnectResult, connect } from './connect.ts';
import type { UplinkOptions } from './options.ts';
import { type Route, routesOf } from './routes.ts';
import { openRouteStanding, type RouteStanding } from './status.ts';
import { openVersionMemory, type VersionMemory } from './version.ts';

/** A route with its memory. */
export interface Way {
  readonly route: Route;
  readonly standing: RouteStanding;
  readonly versions: VersionMemory;
}

/** The ways of all routes, best first. */
export function openWays(options: UplinkOptions, env: Env): readonly Way[] {
  return routesOf(options).map((route) => ({
    route,
    standing: openRouteStanding(route, env),
    versions: openVersionMemory(env.clock),
  }));
}

/** One attempt; a second one at once where the broker seems to speak the other version. Never rejects. */
export type Attempt = (way: Way, plan: Omit<ConnectPlan, 'level' | 'route'>, signal: AbortSignal) => Promise<ConnectResult>;

export function openAttempt(options: UplinkOptions, env: Env): Attempt {
  const attempt: Attempt = async (way, plan, signal) => {
    const level = way.versions.choose();
    const result = await connect(options, { ...plan, level, route: way.route }, env, signal);
    way.standing.saw(result.ends);
    if ('link' in result) way.versions.succeeded(level);
    else if (way.versions.failed(level, result.hint) && !signal.aborted) return await attempt(way, plan, signal);
    return result;
  };
  return attempt;
}

/** The plan of a short second connection: under its own name, with nothing kept, heard or left behind. */
export function briefPlan(clientId: string): Omit<ConnectPlan, 'level' | 'route'> {
  return { clientId, clean: 'briefly', onPublish: async () => {} };
}
