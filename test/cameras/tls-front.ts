// HTTPS in front of a camera of the tests that speaks HTTP.
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import type { KeyPair } from '../peers/certificates.ts';

/** HTTPS in front of a camera that speaks HTTP. */
export async function openTlsFront({ cert, key }: KeyPair, address: string, port = 0, at = '127.0.0.1') {
  const [host = '', to = ''] = address.split(':');
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => {
    const behind = connect({ host, port: Number(to) });
    socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('secureConnection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, at, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
