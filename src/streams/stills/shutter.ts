// The shutter: a channel is asked for at most one still in a second, whoever wants it; who comes within it gets the same.
import type { Clock } from '#base';
import type { Snapshot } from './snapshot.ts';

export interface Shutter {
  /** Takes a still by `take`, or gives the one of this second. */
  release(name: string, take: () => Promise<Snapshot>): Promise<Snapshot>;
}

const restMs = 1_000;
/** Channels that are remembered at the same time; each may hold one still for a second. */
const maxHeld = 64;

/** Opens the shutter. */
export function openShutter(clock: Clock): Shutter {
  const held = new Map<string, Promise<Snapshot>>();
  return {
    async release(name, take) {
      const known = held.get(name);
      if (known) return await known;
      if (held.size >= maxHeld) return { ok: false, failure: { reason: 'busy', detail: 'too many stills at once' } };
      const taking = take();
      held.set(name, taking);
      const still = await taking;
      // A failure is told to those who waited for it and to nobody else.
      if (still.ok) clock.after(restMs, () => held.delete(name));
      else held.delete(name);
      return still;
    },
  };
}
