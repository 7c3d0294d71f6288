// Where the devices of the site connect to: TCP or TLS, so many connections in all and from one address.
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { sensorsFaults } from '../faults.ts';
import type { MqttBrokerOptions } from '../options.ts';

/** A listening server. */
export interface BrokerListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Rejects when the server breaks; never resolves. */
  readonly broken: Promise<never>;
}

const handshakeMs = 10_000;
/** A device that has vanished without a word, and has no keepalive of MQTT, is noticed by that of TCP. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Listens; who is one too many is closed at once. Rejects with `sensors.broker-listen` or `sensors.broker-tls`. Disposal closes all connections. */
export async function openBrokerListener(options: MqttBrokerOptions, accept: (socket: Socket) => void): Promise<BrokerListener> {
  const { host, port } = options.listen;
  const sockets = new Set<Socket>();
  const from = new Map<string, number>();
  const server = await makeServer(options, accept);
  server.maxConnections = options.connections;
  // Below TLS, so that a handshake counts too.
  server.on('connection', (socket: Socket) => {
    const peer = socket.remoteAddress ?? '';
    const count = (from.get(peer) ?? 0) + 1;
    socket.on('error', () => {});
    if (count > options.connectionsPerAddress) {
      socket.destroy();
      return;
    }
    from.set(peer, count);
    sockets.add(socket);
    if (!options.tls) accept(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (from.get(peer) ?? 1) - 1;
      if (left > 0) from.set(peer, left);
      else from.delete(peer);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(sensorsFaults.fault('broker-listen', { cause, detail: `${host}:${port}` })));
    server.listen({ host, port }, () => resolve());
  });
  const bound = server.address() as AddressInfo;
  const broken = new Promise<never>((_, reject) => {
    server.on('error', (cause) => reject(sensorsFaults.fault('broker-listen', { cause, detail: `${host}:${port}` })));
  });
  broken.catch(() => {});
  return {
    address: { host: bound.address, port: bound.port },
    broken,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function makeServer({ tls }: MqttBrokerOptions, accept: (socket: Socket) => void): Promise<Server> {
  if (!tls) return createServer(socketOptions);
  try {
    const cert = await readFile(tls.cert);
    return createTlsServer({ ...socketOptions, cert, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs }, accept);
  } catch (cause) {
    throw sensorsFaults.fault('broker-tls', { cause, detail: tls.cert });
  }
}
