// Listening and closing, the same for every server of the site: one fault, bounded sockets, no connection left behind.
import type { Server, Socket } from 'node:net';
import { messageOf } from '#base';
import { fault } from './faults.ts';

/** A TCP server that listens. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Ends every open connection at once; the server goes on listening. */
  dropAll(): void;
}

/** Listens on `host:port` (0: a free port) and keeps account of the connections. Throws `simulator.port-taken`. */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: unknown): void => reject(fault('port-taken', { cause, detail: `${host}:${port} (${messageOf(cause)})` }));
    server.once('error', refuse);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off('error', refuse);
      server.on('error', () => {});
      resolve();
    });
  });
  const address = server.address();
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    dropAll,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropAll();
      await closed;
    },
  };
}
