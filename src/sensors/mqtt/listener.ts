// Where the devices of the site connect to: TCP or TLS, so many that are logged in, in all and from one address, and others as long as there is room.
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { sensorsFaults } from '../faults.ts';
import type { MqttBrokerOptions } from '../options.ts';
import { networkOf, openCrowd } from '../wire/index.ts';

/** A listening server. */
export interface BrokerListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Rejects when the server breaks; never resolves. */
  readonly broken: Promise<never>;
}

/** The place of one connection. */
export interface Place {
  /** It is logged in: from now on it makes room for nobody. False: so many are logged in already, in all or from its address, and it replaces none of them. */
  keep(isReplacing: boolean): boolean;
}

const handshakeMs = 5000;
/** Those who are not logged in have what room there is, and so much at least, as a part of all. */
const strangersShare = 0.25;
const minStrangers = 16;
/** A device that has vanished without a word, and has no keepalive of MQTT, is noticed by that of TCP. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Listens. Where one is too many that is not logged in, the oldest such of its own network is closed, or the oldest of the network with the most. Rejects with `sensors.broker-listen` or `sensors.broker-tls`. Disposal closes all connections. */
export async function openBrokerListener(
  options: MqttBrokerOptions,
  accept: (socket: Socket, place: Place) => void,
): Promise<BrokerListener> {
  const { host, port } = options.listen;
  const sockets = new Set<Socket>();
  const places = openPlaces(options);
  /** Under TLS the socket that is accepted is not the one that was connected. */
  const byPeer = new Map<string, Place>();
  const take = (socket: Socket): void => {
    const place = byPeer.get(peerOf(socket));
    if (place) accept(socket, place);
    else socket.destroy();
  };
  const server = await makeServer(options, take);
  // Below TLS, so that a handshake counts too.
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    const { place, leave } = places.enter(socket);
    byPeer.set(peer, place);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      if (byPeer.get(peer) === place) byPeer.delete(peer);
      leave();
    });
    if (!options.tls) accept(socket, place);
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

/** Who is connected, logged in or not. */
function openPlaces({ connections, connectionsPerAddress }: MqttBrokerOptions) {
  const members = new Map<string, number>();
  let count = 0;
  const room = (): number => Math.max(minStrangers, Math.ceil(connections * strangersShare), connections - count);
  const strangers = openCrowd({ all: room, each: connectionsPerAddress });
  return {
    enter(socket: Socket): { readonly place: Place; leave(): void } {
      const address = socket.remoteAddress ?? '';
      const leaveStrangers = strangers.enter(networkOf(address), () => socket.destroy());
      let isKept = false;
      return {
        place: {
          keep(isReplacing) {
            const here = members.get(address) ?? 0;
            if (isKept || socket.destroyed) return isKept;
            if (!isReplacing && (count >= connections || here >= connectionsPerAddress)) return false;
            leaveStrangers();
            members.set(address, here + 1);
            count += 1;
            isKept = true;
            return true;
          },
        },
        leave() {
          leaveStrangers();
          if (!isKept) return;
          isKept = false;
          count -= 1;
          const left = (members.get(address) ?? 1) - 1;
          if (left > 0) members.set(address, left);
          else members.delete(address);
        },
      };
    },
  };
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
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
