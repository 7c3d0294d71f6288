// Cameras that are kept open for a while although nobody looks, so that the first picture is there when somebody does.
import type { Env } from '#base';
import type { Paths } from '../path/index.ts';
import type { Warm } from '../protocol.ts';

/** Keeps cameras open. */
export interface Warmth extends Disposable {
  /** False when too many are kept already. One that is kept already is kept for longer, never for less. */
  keep(warm: Warm, forMs: number): boolean;
}

/** Cameras that are kept open at the same time. */
const maxKept = 64;

interface Kept {
  endsAt: number;
  leave(): void;
}

/** Opens it. A camera that cannot be opened is given up; whoever asks for it later learns why. */
export function openWarmth(paths: Paths, env: Env): Warmth {
  const kept = new Map<string, Kept>();
  const arm = (name: string, one: Kept): void => {
    env.clock.after(Math.max(0, one.endsAt - env.clock.monotonicMs()), () => {
      if (kept.get(name) !== one) return;
      if (env.clock.monotonicMs() < one.endsAt) return arm(name, one);
      kept.delete(name);
      one.leave();
    });
  };
  return {
    keep({ device, channel, quality, source }, forMs) {
      const name = JSON.stringify([device, channel, quality, source]);
      const endsAt = env.clock.monotonicMs() + forMs;
      const known = kept.get(name);
      if (known) known.endsAt = Math.max(known.endsAt, endsAt);
      if (known) return true;
      if (kept.size >= maxKept) return false;
      const member = paths.join({ device, channel, quality }, source, () => kept.delete(name));
      const one = { endsAt, leave: () => member.leave() };
      kept.set(name, one);
      arm(name, one);
      return true;
    },
    [Symbol.dispose]() {
      for (const one of kept.values()) one.leave();
      kept.clear();
    },
  };
}
