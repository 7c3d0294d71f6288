// The crowd at a door: who has no place on a lease yet stands there for a short time, in bounded number, and gives way to others.
import type { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '#base';
import { cutConnection } from '../cut.ts';
import { networkOf } from './guard.ts';

export interface Crowd {
  /** The connection has taken a place on a lease, whose number is bounded: from now on it goes with that. A token alone is not enough, for one opens many connections. */
  welcome(socket: Socket): void;
  /** Ends the connection at once, what the kernel has not sent yet with it: pictures of before the end of a lease are not for after it. */
  cut(socket: Socket): void;
}

/** A connection without a place has so long to take one. */
const patienceMs = 10_000;
/** Connections without a place that one network may have: an eighth of all, but at least so many. */
const minPerNetwork = 16;

/**
 * Watches over all connections of `server`, from before TLS: at most `maxConnections`. When they are too many, the one that has longest been without a
 * place is closed for the newest; where all have one, the newest is. The same among those of one network (IPv4 address, IPv6 /64).
 */
export function openCrowd(server: Server, maxConnections: number, clock: Clock): Crowd {
  const maxPerNetwork = Math.max(minPerNetwork, Math.floor(maxConnections / 8));
  /** By `peerOf`: a TLS socket is another object than the connection that it lies on. */
  const inside = new Map<string, Socket>();
  /** Oldest first. */
  const strangers = new Map<string, { readonly socket: Socket; readonly network: string; readonly patience: Disposable }>();
  const byNetwork = new Map<string, Set<string>>();

  const know = (peer: string): void => {
    const stranger = strangers.get(peer);
    if (!stranger) return;
    stranger.patience[Symbol.dispose]();
    strangers.delete(peer);
    const others = byNetwork.get(stranger.network);
    others?.delete(peer);
    if (others?.size === 0) byNetwork.delete(stranger.network);
  };
  const sendAway = (peer: string | undefined): boolean => {
    const stranger = peer === undefined ? undefined : strangers.get(peer);
    if (peer === undefined || !stranger) return false;
    know(peer);
    if (inside.get(peer) === stranger.socket) inside.delete(peer);
    stranger.socket.destroy();
    return true;
  };
  const makeRoom = (network: string): boolean => {
    const others = byNetwork.get(network);
    if (others && others.size >= maxPerNetwork) return sendAway(first(others));
    return inside.size < maxConnections || sendAway(first(strangers.keys()));
  };

  server.on('connection', (socket) => {
    const peer = peerOf(socket);
    const network = networkOf(socket.remoteAddress ?? '');
    if (!makeRoom(network)) return void socket.destroy();
    inside.set(peer, socket);
    strangers.set(peer, { socket, network, patience: clock.after(patienceMs, () => sendAway(peer)) });
    byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(peer));
    socket.once('close', () => {
      if (inside.get(peer) === socket) inside.delete(peer);
      if (strangers.get(peer)?.socket === socket) know(peer);
    });
  });
  return {
    welcome: (socket) => know(peerOf(socket)),
    cut(socket) {
      const below = inside.get(peerOf(socket)) ?? socket;
      // A TLS socket cannot be reset; what it lies on can.
      if (below instanceof TLSSocket) below.destroy();
      else cutConnection(below, socket);
    },
  };
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}

function first(peers: Iterable<string>): string | undefined {
  for (const peer of peers) return peer;
  return undefined;
}
