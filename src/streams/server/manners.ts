// What one connection of a reader may ask and say: little before it has shown a token, and no more in a second than players do after that.
import type { Clock } from '#base';

export interface Manners {
  /** It has shown a right token. */
  trust(): void;
  /** It asks; false when that is too often. */
  asks(): boolean;
  /** It says so many bytes, whatever they are; false when those are too many. */
  says(bytes: number): boolean;
}

/** Before a token: OPTIONS and what begins a session, in as many bytes as a few heads have. */
const strangerRequests = 8;
const strangerBytes = 64 * 1024;
/** After it: so many at once after a rest, and in each second. A player asks some ten times and then every half minute, and sends a report every few seconds. */
const burstRequests = 64;
const requestsPerSecond = 16;
const burstBytes = 256 * 1024;
const bytesPerSecond = 64 * 1024;

/** Opens the count of one connection. */
export function openManners(clock: Clock): Manners {
  let isTrusted = false;
  let requests = strangerRequests;
  let bytes = strangerBytes;
  let refilledAt = clock.monotonicMs();
  const refill = (): void => {
    const seconds = (clock.monotonicMs() - refilledAt) / 1000;
    if (!isTrusted || seconds < 0.1) return;
    refilledAt += seconds * 1000;
    requests = Math.min(burstRequests, requests + seconds * requestsPerSecond);
    bytes = Math.min(burstBytes, bytes + seconds * bytesPerSecond);
  };
  return {
    trust() {
      if (isTrusted) return;
      isTrusted = true;
      requests = burstRequests;
      bytes = burstBytes;
      refilledAt = clock.monotonicMs();
    },
    asks() {
      refill();
      requests -= 1;
      return requests >= 0;
    },
    says(count) {
      refill();
      bytes -= count;
      return bytes >= 0;
    },
  };
}
