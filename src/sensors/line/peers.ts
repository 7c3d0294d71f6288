// The panels that are connected to one line: bounded in all and by address, and who was never understood gives way first.

/** Who is connected. */
export interface Peers<Connection> {
  /** Takes one in and names it; where there are too many, another is ended. */
  enter(address: string, connection: Connection): string;
  /** A line of it was understood. */
  understood(peer: string): void;
  leave(peer: string): void;
  /** Ends all. */
  end(): void;
}

interface Peer<Connection> {
  readonly address: string;
  readonly connection: Connection;
  isUnderstood: boolean;
}

/** Connections in all, and of one address: a serial server may bring several panels. */
const maxPeers = 16;
const maxOfAddress = 8;

/** Opens the peers of one line. `end` is called once for each that gives way, and for all that are left at the end. */
export function openPeers<Connection>(end: (connection: Connection) => void): Peers<Connection> {
  const peers = new Map<string, Peer<Connection>>();
  let number = 0;
  const countOf = (address: string): number => [...peers.values()].filter((peer) => peer.address === address).length;
  /** Who was never understood, then who is of the address that has most, then the one that has been there longest. */
  const weakest = (of: readonly [string, Peer<Connection>][]): readonly [string, Peer<Connection>] | undefined => {
    const [first] = of
      .map((each) => ({ each, rank: (each[1].isUnderstood ? 0 : maxPeers) + countOf(each[1].address) }))
      .toSorted((left, right) => right.rank - left.rank);
    return first?.each;
  };
  const evict = (of: readonly [string, Peer<Connection>][]): void => {
    const found = weakest(of);
    if (!found) return;
    peers.delete(found[0]);
    end(found[1].connection);
  };
  return {
    enter(address, connection) {
      const neighbours = [...peers].filter(([, peer]) => peer.address === address);
      if (neighbours.length >= maxOfAddress) evict(neighbours);
      else if (peers.size >= maxPeers) evict([...peers]);
      number += 1;
      const name = `peer ${number}`;
      peers.set(name, { address, connection, isUnderstood: false });
      return name;
    },
    understood(name) {
      const peer = peers.get(name);
      if (peer) peer.isUnderstood = true;
    },
    leave: (name) => void peers.delete(name),
    end() {
      for (const { connection } of peers.values()) end(connection);
      peers.clear();
    },
  };
}
