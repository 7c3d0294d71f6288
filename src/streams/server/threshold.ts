// The threshold before TLS: a handshake costs the media process more than anything else that a stranger can ask, so only so many are begun in a second.
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '#base';
import { networkOf } from './guard.ts';

/** Handshakes that are begun at once after a rest, and in each second: an eighth of a core. */
const burst = 100;
const perSecond = 250;
const tickMs = 20;

/**
 * A server whose connections go on to `inner`, which speaks TLS and listens on nothing itself: at most 250 a second (100 at once), those that wait network by network
 * (IPv4 address, IPv6 /64) in turn. Who waits is bounded by the crowd of the server that is returned.
 */
export function openThreshold(inner: Server, clock: Clock): Server {
  const queues = new Map<string, Set<Socket>>();
  let budget = burst;
  let countedAt = clock.monotonicMs();
  let waiting = false;

  const refill = (): void => {
    const now = clock.monotonicMs();
    budget = Math.min(burst, budget + ((now - countedAt) * perSecond) / 1000);
    countedAt = now;
  };
  const forget = (network: string, socket: Socket): void => {
    const queue = queues.get(network);
    queue?.delete(socket);
    if (queue?.size === 0) queues.delete(network);
  };
  const letIn = (): void => {
    refill();
    while (budget >= 1) {
      const [turn] = queues;
      if (!turn) return;
      const [network, queue] = turn;
      const [socket] = queue;
      // The network goes to the end of the line.
      queues.delete(network);
      queues.set(network, queue);
      if (!socket) return;
      forget(network, socket);
      budget -= 1;
      inner.emit('connection', socket);
    }
    if (queues.size === 0 || waiting) return;
    waiting = true;
    clock.after(tickMs, () => {
      waiting = false;
      letIn();
    });
  };
  // Nothing is read of whoever waits: TLS wants the first byte.
  return createServer({ pauseOnConnect: true }, (socket) => {
    const network = networkOf(socket.remoteAddress ?? '');
    queues.set(network, (queues.get(network) ?? new Set()).add(socket));
    socket.on('error', () => {});
    socket.once('close', () => forget(network, socket));
    // The crowd looks at the connection first.
    queueMicrotask(() => {
      if (socket.destroyed) forget(network, socket);
      letIn();
    });
  });
}
