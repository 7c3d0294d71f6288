// Who may stay connected to a listener: strangers without a token must not take the places that a sender needs.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of one server. */
export interface Guests {
  /** An authorised request came whole over `socket`: from now on it is not turned out for another. */
  served(socket: Socket): void;
}

/** Places in all, and those that one remote address can have. */
export interface Places {
  readonly all: number;
  readonly each: number;
}

interface Guest {
  readonly name: string;
  readonly socket: Socket;
  readonly address: string;
  served: boolean;
}

/**
 * Keeps at most `places.all` connections to `server`, `places.each` of them from one address. When there is no place left, in all or for that address,
 * the one that has waited longest without a whole request makes room for the newcomer; where all have sent theirs, the newcomer is refused.
 */
export function openGuests(server: Server, places: Places): Guests {
  /** In the order in which they came. */
  const guests = new Map<string, Guest>();
  const makeRoom = (limit: number, from: readonly Guest[]): boolean => {
    if (from.length < limit) return true;
    const idle = from.find(({ served }) => !served);
    if (!idle) return false;
    guests.delete(idle.name);
    idle.socket.destroy();
    return true;
  };
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const name = nameOf(socket);
    const neighbours = [...guests.values()].filter((guest) => guest.address === address);
    if (!makeRoom(places.each, neighbours) || !makeRoom(places.all, [...guests.values()])) {
      socket.destroy();
      return;
    }
    guests.set(name, { name, socket, address, served: false });
    socket.once('close', () => {
      if (guests.get(name)?.socket === socket) guests.delete(name);
    });
  });
  return {
    served(socket) {
      const guest = guests.get(nameOf(socket));
      if (guest) guest.served = true;
    },
  };
}

/** By address and port, for under TLS a request's socket is not the one that was connected. */
function nameOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
