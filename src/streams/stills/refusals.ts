// Logins that a camera has refused: they are held back for a minute, for cameras lock accounts after few failures, and each grant would try again.
import type { Clock } from '#base';
import type { StreamSource } from '#model';

export interface Refusals {
  /** The camera has refused it. */
  note(source: StreamSource): void;
  /** Whether that was less than a minute ago. */
  has(source: StreamSource): boolean;
}

const pauseMs = 60_000;
/** The oldest is forgotten beyond. */
const maxKnown = 1_000;

/** Opens the record; a login is one for all addresses of its camera. */
export function openRefusals(clock: Clock): Refusals {
  const until = new Map<string, number>();
  return {
    note(source) {
      const name = nameOf(source);
      until.delete(name);
      until.set(name, clock.monotonicMs() + pauseMs);
      const [oldest] = until.size > maxKnown ? until.keys() : [];
      if (oldest !== undefined) until.delete(oldest);
    },
    has: (source) => clock.monotonicMs() < (until.get(nameOf(source)) ?? 0),
  };
}

function nameOf({ url, user, password }: StreamSource): string {
  return JSON.stringify([URL.parse(url)?.host, user, password]);
}
