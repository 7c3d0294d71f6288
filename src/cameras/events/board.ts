// The board of states: what each origin on a camera last said, so that repeats are passed over, several rules on one channel make one
// alarm, and what changed while nobody listened is told once.
import type { Sighting } from './meaning.ts';

/** Which alarms are open: keys made by `boardKey`. */
export type OpenKeys = ReadonlySet<string>;

/** A camera's states. Pure memory; at most 512 origins, beyond which a sighting is passed on without being remembered. */
export interface Board {
  /** A live sighting of a state: what of it has to be told. */
  see(sighting: Sighting): readonly Sighting[];
  /** A first value after a subscription began: kept until `settle`. */
  collect(sighting: Sighting): void;
  /** Compares what was collected with the alarms that are open and says what has to be told. */
  settle(open: OpenKeys): readonly Sighting[];
  readonly collected: number;
}

const maxOrigins = 512;

/** Names one alarm of a camera: channel and kind. */
export function boardKey(channel: string, kind: string): string {
  return `${channel} ${kind}`;
}

function keyOf(sighting: Sighting): string {
  return boardKey(sighting.channel, 'alarm' in sighting.about ? sighting.about.alarm : sighting.about.condition);
}

/** Opens an empty board. */
export function openBoard(): Board {
  const states = new Map<string, { readonly key: string; readonly active: boolean }>();
  let fresh = new Map<string, Sighting>();

  const remember = (sighting: Sighting): void => {
    if (!states.has(sighting.origin) && states.size >= maxOrigins) return;
    states.set(sighting.origin, { key: keyOf(sighting), active: sighting.state === 'active' });
  };
  const anyActive = (key: string): boolean => {
    for (const state of states.values()) if (state.key === key && state.active) return true;
    return false;
  };

  return {
    get collected() {
      return fresh.size;
    },
    see(sighting) {
      fresh.delete(sighting.origin);
      const before = states.get(sighting.origin);
      remember(sighting);
      if (before?.active === (sighting.state === 'active')) return [];
      // The last of several rules to end ends the alarm.
      if (sighting.state === 'inactive' && anyActive(keyOf(sighting))) return [];
      return [sighting];
    },
    collect(sighting) {
      if (fresh.size < maxOrigins || fresh.has(sighting.origin)) fresh.set(sighting.origin, sighting);
    },
    settle(open) {
      const groups = Map.groupBy(fresh.values(), keyOf);
      fresh = new Map();
      return [...groups].flatMap(([key, sightings]) => {
        for (const sighting of sightings) remember(sighting);
        const active = sightings.find((sighting) => sighting.state === 'active');
        const alarm = sightings.some((sighting) => 'alarm' in sighting.about);
        if (active) return alarm && open.has(key) ? [] : [active];
        if (anyActive(key) || (alarm && !open.has(key))) return [];
        return sightings.slice(-1);
      });
    },
  };
}
