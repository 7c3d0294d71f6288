// Places for those who have proven nothing yet: whoever brings many makes room first, so that a crowd keeps out nobody but itself.
import { isIPv6 } from 'node:net';

/** The places of one door. */
export interface Crowd {
  /** Takes a place. `turnOut` is called, once at most, when another gets it. What this returns gives it back. */
  enter(network: string, turnOut: () => void): () => void;
}

/** Places in all, asked for at each coming, and of one network. */
export interface CrowdPlaces {
  readonly all: () => number;
  readonly each: number;
}

/** Opens a crowd. A network that has all of its own places loses its oldest; where there is none left in all, the network with the most loses its oldest. */
export function openCrowd({ all, each }: CrowdPlaces): Crowd {
  /** In the order in which they came. */
  const guests = new Set<{ readonly network: string; readonly turnOut: () => void }>();
  return {
    enter(network, turnOut) {
      const neighbours = [...guests].filter((guest) => guest.network === network);
      const victim = neighbours.length >= each ? neighbours[0] : guests.size >= all() ? oldestOfMost(guests) : undefined;
      if (victim) {
        guests.delete(victim);
        victim.turnOut();
      }
      const guest = { network, turnOut };
      guests.add(guest);
      return () => void guests.delete(guest);
    },
  };
}

/** The first of the network that has the most of `guests`, which are in the order of their coming. */
export function oldestOfMost<T extends { readonly network: string }>(guests: Iterable<T>): T | undefined {
  const networks = Map.groupBy(guests, ({ network }) => network);
  let most: readonly T[] = [];
  for (const of of networks.values()) if (of.length > most.length) most = of;
  return most[0];
}

/** Whom one address speaks for: an IPv4 address itself, also dressed as IPv6; of IPv6 the first 64 bits, which one machine may fill. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [front = '', back] = (plain.split('%', 1)[0] ?? '').split('::');
  const ahead = front === '' ? [] : front.split(':');
  const behind = back === undefined || back === '' ? [] : back.split(':');
  const groups = [...ahead, ...Array.from({ length: Math.max(0, 8 - ahead.length - behind.length) }, () => '0'), ...behind];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
