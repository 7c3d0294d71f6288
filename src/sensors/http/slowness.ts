// Whoever guesses secrets is answered ever more slowly, by address; one that knows its secret is never made to wait, also from the same address.
import type { Env } from '#base';

/** Holds answers back. */
export interface Slowness {
  /**
   * Waits 250 ms for the first wrong secret of an address, twice as long for each further one up to 8 s, until the signal aborts. False at once: eight of
   * this address, or sixty-four of all, are waiting already.
   */
  hold(address: string, signal: AbortSignal): Promise<boolean>;
}

const firstMs = 250;
const longestMs = 8000;
/** After so long without a wrong secret an address starts anew. */
const forgetMs = 600_000;
const maxAddresses = 1000;
const maxHeld = { each: 8, all: 64 };

/** Opens it. Of more than 1,000 addresses the one that was quiet longest starts anew. */
export function openSlowness({ clock }: Env): Slowness {
  const addresses = new Map<string, { count: number; at: number; held: number }>();
  let heldInAll = 0;
  const recordOf = (address: string): { count: number; at: number; held: number } => {
    const known = addresses.get(address);
    const isRecent = known && (known.held > 0 || clock.monotonicMs() - known.at < forgetMs);
    const record = isRecent ? known : { count: 0, at: 0, held: 0 };
    addresses.delete(address);
    addresses.set(address, record);
    const oldest = addresses.size > maxAddresses ? addresses.keys().next().value : undefined;
    if (oldest !== undefined) addresses.delete(oldest);
    return record;
  };
  return {
    async hold(address, signal) {
      const record = recordOf(address);
      record.at = clock.monotonicMs();
      record.count += 1;
      if (record.held >= maxHeld.each || heldInAll >= maxHeld.all) return false;
      record.held += 1;
      heldInAll += 1;
      await clock.sleep(Math.min(longestMs, firstMs * 2 ** Math.min(record.count - 1, 10)), signal).catch(() => {});
      record.held -= 1;
      heldInAll -= 1;
      return true;
    },
  };
}
