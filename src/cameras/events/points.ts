// The points of one camera that events name: those that its identity knows, so many others, and one for all that it may invent beyond them.
import type { Sighting } from './meaning.ts';

/** The channel of whatever is said beyond the bound. */
export const otherChannel = 'other';
/** Points beside the known video sources: inputs, relays, parts, and sources that a camera does not list. */
const maxPoints = 64;

/** The points of one camera. Pure memory, over all its connections. */
export interface Points {
  /** Alarms stand on these channels, from before a start perhaps: they keep them. */
  begin(channels: Iterable<string>): void;
  /** The sighting itself, or on the channel `other` where the camera has named too many. */
  place(sighting: Sighting, sources: ReadonlyMap<string, number>): Sighting;
}

/** No point is known yet. */
export function openPoints(): Points {
  return new Named();
}

/** There is one for each camera: its methods are shared, and its set is made with the first point. */
class Named implements Points {
  #named: Set<string> | undefined;

  begin(channels: Iterable<string>): void {
    for (const channel of channels) this.#name(channel);
  }

  place(sighting: Sighting, sources: ReadonlyMap<string, number>): Sighting {
    const { channel } = sighting;
    if (channel === '1' || this.#named?.has(channel) || isSource(channel, sources)) return sighting;
    return this.#name(channel) ? sighting : { ...sighting, channel: otherChannel };
  }

  #name(channel: string): boolean {
    this.#named ??= new Set();
    if (this.#named.size >= maxPoints) return this.#named.has(channel);
    this.#named.add(channel);
    return true;
  }
}

function isSource(channel: string, sources: ReadonlyMap<string, number>): boolean {
  for (const number of sources.values()) if (String(number) === channel) return true;
  return false;
}
