// The end of a connection that is to send nothing more, not even what the kernel still has of it.
import type { Socket } from 'node:net';

/**
 * Ends a connection at once; `above` is the TLS socket on it, where there is one. What the kernel has not sent is dropped by a reset, but for a connection that is
 * saying goodbye already: it cannot be reset any more (libuv: EINVAL while it is shutting down), and its handle would stay for ever.
 */
export function cutConnection(below: Socket, above: Socket = below): void {
  const isLeaving = below.writableEnded || above.writableEnded || above.destroyed;
  if (isLeaving) for (const socket of new Set([above, below])) socket.destroy();
  else below.resetAndDestroy();
}
