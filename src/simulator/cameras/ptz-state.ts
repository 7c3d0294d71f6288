// Where the head of a virtual camera points: moved by velocities over time, stopped at its ends, sent to presets.
import type { Clock } from '#base';

/** Pan and tilt −1 … 1, zoom 0 … 1. */
export interface PtzPosition {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

/** The head. Full travel takes two seconds at speed 1. */
export interface Ptz {
  readonly presets: ReadonlyMap<string, { readonly name: string; readonly position: PtzPosition }>;
  position(): PtzPosition;
  readonly moving: boolean;
  /** Moves until `timeoutMs` is over or `stop`. */
  move(velocity: PtzPosition, timeoutMs: number): void;
  stop(): void;
  /** Goes there at once; an axis left out stays. */
  goTo(position: Partial<PtzPosition>): void;
  /** Goes there at once. False: no such preset. */
  go(preset: string): boolean;
  goHome(): void;
  /** The present position becomes a preset, a new one where no token is given; its token. Undefined: no such preset, or already 16. */
  setPreset(name: string | undefined, token: string | undefined): string | undefined;
  /** False: no such preset. */
  removePreset(token: string): boolean;
  setHome(): void;
}

const maxPresets = 16;

const still: PtzPosition = { pan: 0, tilt: 0, zoom: 0 };
const limit = (value: number, low: number): number => Math.min(1, Math.max(low, value));

/** Opens a head with the presets `1` (home), `2` (gate) and `3` (street). */
export function openPtz(clock: Clock): Ptz {
  const presets = new Map<string, { name: string; position: PtzPosition }>([
    ['1', { name: 'home', position: still }],
    ['2', { name: 'gate', position: { pan: -0.5, tilt: 0.1, zoom: 0.3 } }],
    ['3', { name: 'street', position: { pan: 0.7, tilt: -0.2, zoom: 0.5 } }],
  ]);
  let home = still;
  let from = still;
  let velocity = still;
  let sinceMs = 0;
  let untilMs = 0;
  const isMoving = (): boolean => velocity !== still && clock.monotonicMs() < untilMs;
  const position = (): PtzPosition => {
    const seconds = Math.max(0, Math.min(clock.monotonicMs(), untilMs) - sinceMs) / 1000;
    return {
      pan: limit(from.pan + velocity.pan * seconds, -1),
      tilt: limit(from.tilt + velocity.tilt * seconds, -1),
      zoom: limit(from.zoom + (velocity.zoom * seconds) / 2, 0),
    };
  };
  const settle = (at: PtzPosition, next: PtzPosition, lengthMs: number): void => {
    from = at;
    velocity = next;
    sinceMs = clock.monotonicMs();
    untilMs = sinceMs + lengthMs;
  };
  return {
    presets,
    position,
    get moving() {
      return isMoving();
    },
    move: (next, timeoutMs) => settle(position(), next, timeoutMs),
    stop: () => settle(position(), still, 0),
    go(preset) {
      const target = presets.get(preset);
      if (target) settle(target.position, still, 0);
      return target !== undefined;
    },
    goTo(target) {
      const at = { ...position(), ...target };
      settle({ pan: limit(at.pan, -1), tilt: limit(at.tilt, -1), zoom: limit(at.zoom, 0) }, still, 0);
    },
    goHome: () => settle(home, still, 0),
    setHome() {
      home = position();
    },
    setPreset(name, token) {
      if (token === undefined && presets.size >= maxPresets) return undefined;
      if (token !== undefined && !presets.has(token)) return undefined;
      const own = token ?? String(Math.max(0, ...[...presets.keys()].map(Number)) + 1);
      presets.set(own, { name: name ?? presets.get(own)?.name ?? `preset ${own}`, position: position() });
      return own;
    },
    removePreset: (token) => presets.delete(token),
  };
}
