// The ways to the hub in their order, and which of them is tried next.
import type { RouteOptions, UplinkOptions } from './options.ts';

/** One way to a broker of the hub. */
export type Route = RouteOptions;

/** All routes, best first: `uplink.url` under the name `direct`, then `uplink.routes`. */
export function routesOf(options: UplinkOptions): readonly Route[] {
  const { url, tls, username, password, routes } = options;
  if (url === undefined) return routes;
  return [
    { name: 'direct', url, tls, ...(username !== undefined && { username }), ...(password !== undefined && { password }) },
    ...routes,
  ];
}

/** Where the supervisor stands among its routes. */
export interface RouteCursor<T> {
  readonly current: T;
  /** Not all have failed since one held. */
  readonly isFirstRound: boolean;
  /**
   * The current one failed: stays, or goes on to the next, always when it was `silent`. True when a wait is due: between two tries of one route, and when
   * all have failed.
   */
  failed(silent?: boolean): boolean;
  /** The current one held: it has all its tries again. */
  held(): void;
  moveTo(item: T): void;
}

/** Opens a cursor at the first item; each is tried `tries` times (1 …) before the next. After the last comes the first. */
export function openRouteCursor<T>(items: readonly T[], tries: number): RouteCursor<T> {
  let index = 0;
  let tried = 0;
  let failedRoutes = 0;
  let isFirstRound = true;
  const settle = (): void => {
    tried = 0;
    failedRoutes = 0;
    isFirstRound = true;
  };
  return {
    get current() {
      const item = items[index];
      if (item === undefined) throw new Error('a cursor needs an item');
      return item;
    },
    get isFirstRound() {
      return isFirstRound;
    },
    failed(silent = false) {
      tried += 1;
      if (tried < tries && !silent) return true;
      tried = 0;
      index = (index + 1) % items.length;
      failedRoutes += 1;
      if (failedRoutes < items.length) return false;
      failedRoutes = 0;
      isFirstRound = false;
      return true;
    },
    held: settle,
    moveTo(item) {
      index = Math.max(0, items.indexOf(item));
      settle();
    },
  };
}
