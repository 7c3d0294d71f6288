// Two ways to the store: what is grave passes what is not. All that concerns one point goes one way as long as any of it is under way, so that no step
// of an alarm overtakes an earlier one.

/** Calls of one point that are under way. */
interface Way {
  readonly isUrgent: boolean;
  calls: number;
  /** One of them failed: the thread may have it all the same, until a later one has come through behind it. */
  isDoubtful: boolean;
}

/** Points of which a doubt is remembered; with more of them the disk is so sick that the memory path has the word. */
const maxDoubtful = 20_000;

/** Sends a call of `point` the way that the point's calls go now, else the urgent one if it `isGrave`. */
export type Ways = <T>(point: string, isGrave: boolean, call: (isUrgent: boolean) => Promise<T>) => Promise<T>;

/** Opens the ways; at most as many points are remembered as calls are under way, and 20,000 in doubt. */
export function openWays(): Ways {
  const ways = new Map<string, Way>();
  return async (point, isGrave, call) => {
    const way = ways.get(point) ?? { isUrgent: isGrave, calls: 0, isDoubtful: false };
    ways.set(point, way);
    way.calls += 1;
    try {
      const value = await call(way.isUrgent);
      way.isDoubtful = false;
      return value;
    } catch (error) {
      way.isDoubtful = ways.size <= maxDoubtful;
      throw error;
    } finally {
      way.calls -= 1;
      if (way.calls === 0 && !way.isDoubtful) ways.delete(point);
    }
  };
}
