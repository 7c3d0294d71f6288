// Who may stay connected to a listener: strangers without a secret must not take the places that a sender needs.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, oldestOfMost } from '../wire/index.ts';

/** The connections of one server. */
export interface Guests {
  /** A request with the right secret came whole over `socket`: from now on it is not turned out for another, and its network is known. */
  served(socket: Socket): void;
  /** Whether a sender was heard from the network of this address. */
  isKnown(address: string): boolean;
}

/** Places in all, and those that one remote address can have; `reserved` of all are not for networks that no sender was heard from. */
export interface Places {
  readonly all: number;
  readonly each: number;
  readonly reserved: number;
}

interface Guest {
  readonly name: string;
  readonly socket: Socket;
  readonly network: string;
  served: boolean;
}

const maxKnown = 1000;

/**
 * Keeps at most `places.all` connections to `server`, `places.each` of them from one network. When there is no place left for that network, the one of its
 * own that has waited longest without a whole request makes room for the newcomer; when there is none in all, that of the network with the most, of unknown
 * networks first. Where all have sent theirs, the newcomer is refused. Of more than 1,000 known networks the one that was heard longest ago is forgotten.
 */
export function openGuests(server: Server, places: Places): Guests {
  /** In the order in which they came. */
  const guests = new Map<string, Guest>();
  const known = new Set<string>();
  const turnOut = (guest: Guest | undefined): boolean => {
    if (!guest) return false;
    guests.delete(guest.name);
    guest.socket.destroy();
    return true;
  };
  const makeRoom = (network: string): boolean => {
    const all = [...guests.values()];
    const idle = all.filter(({ served }) => !served);
    const strangers = idle.filter((guest) => !known.has(guest.network));
    const neighbours = all.filter((guest) => guest.network === network);
    if (neighbours.length >= places.each) return turnOut(neighbours.find(({ served }) => !served));
    const isFull = all.length >= places.all || (!known.has(network) && strangers.length >= places.all - places.reserved);
    return !isFull || turnOut(oldestOfMost(strangers) ?? (known.has(network) ? oldestOfMost(idle) : undefined));
  };
  server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? '');
    const name = nameOf(socket);
    if (!makeRoom(network)) {
      socket.destroy();
      return;
    }
    guests.set(name, { name, socket, network, served: false });
    socket.once('close', () => {
      if (guests.get(name)?.socket === socket) guests.delete(name);
    });
  });
  return {
    served(socket) {
      const guest = guests.get(nameOf(socket));
      if (!guest) return;
      guest.served = true;
      known.delete(guest.network);
      known.add(guest.network);
      const oldest = known.size > maxKnown ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
    },
    isKnown: (address) => known.has(networkOf(address)),
  };
}

/** By address and port, for under TLS a request's socket is not the one that was connected. */
function nameOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
