// The pair of UDP ports of the server, bound when the first reader asks for UDP and shared by all (RFC 3550 §11: an even one and the next).
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { type Env, messageOf } from '#base';
import type { PortPair } from './transport.ts';
import { openUdpLine, type UdpLine } from './udp-line.ts';

export interface UdpPortsOptions {
  readonly host: string;
  /** Port for RTP, the next one is for RTCP; 0 takes a free pair. */
  readonly port: number;
}

export interface UdpPorts extends Disposable {
  /** Binds, if that is not done yet; undefined when the ports are taken. */
  bind(): Promise<PortPair | undefined>;
  /** A line to `client`'s ports at `address`. Only once bound; disposing of it forgets it. */
  open(address: string, client: PortPair): UdpLine | undefined;
}

interface Bound {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly ports: PortPair;
}

const tries = 20;
/** After the ports were found taken, they are not tried again before this is over. */
const pauseMs = 3_000;
const sendBufferBytes = 2 * 1024 * 1024;

/** Opens the ports' keeper; nothing is bound yet. */
export function openUdpPorts(options: UdpPortsOptions, env: Env): UdpPorts {
  const lines = new Map<string, UdpLine>();
  let bound: Bound | undefined;
  let binding: Promise<Bound | undefined> | undefined;
  let pausedUntil = 0;
  let closed = false;

  const hear = (bytes: Buffer, { address, port }: RemoteInfo): void => lines.get(`${address} ${port}`)?.hear(bytes);
  const bindNow = async (): Promise<Bound | undefined> => {
    const found = await bindPair(options, hear, env);
    if (!found) pausedUntil = env.clock.monotonicMs() + pauseMs;
    else if (closed) closePair(found);
    else bound = found;
    return bound;
  };
  return {
    async bind() {
      if (bound || closed || env.clock.monotonicMs() < pausedUntil) return bound?.ports;
      binding ??= bindNow().finally(() => {
        binding = undefined;
      });
      return (await binding)?.ports;
    },
    open(address, client) {
      if (!bound) return undefined;
      const { rtp, rtcp } = bound;
      const key = `${address} ${client.rtcp}`;
      const line = openUdpLine(
        {
          rtp: (bytes) => rtp.send(bytes, client.rtp, address, () => {}),
          rtcp: (bytes) => rtcp.send(bytes, client.rtcp, address, () => {}),
          get waitingBytes() {
            return rtp.getSendQueueSize();
          },
          close() {
            if (lines.get(key) === line) lines.delete(key);
          },
        },
        env,
      );
      lines.set(key, line);
      return line;
    },
    [Symbol.dispose]() {
      closed = true;
      if (bound) closePair(bound);
      bound = undefined;
    },
  };
}

async function bindPair(options: UdpPortsOptions, hear: (bytes: Buffer, from: RemoteInfo) => void, env: Env): Promise<Bound | undefined> {
  for (let left = options.port === 0 ? tries : 1; left > 0; left -= 1) {
    const rtp = openSocket(options.host);
    const rtcp = openSocket(options.host);
    try {
      const even = await bindOne(rtp, options.host, options.port);
      if (even % 2 !== 0) throw new Error('an odd port');
      await bindOne(rtcp, options.host, even + 1);
      rtp.setSendBufferSize(sendBufferBytes);
      rtcp.on('message', hear);
      return { rtp, rtcp, ports: { rtp: even, rtcp: even + 1 } };
    } catch (error) {
      rtp.close();
      rtcp.close();
      if (left === 1) env.log.warn({ port: options.port, error: messageOf(error) }, 'the UDP ports cannot be had: readers get TCP alone');
    }
  }
  return undefined;
}

function openSocket(host: string): Socket {
  const family = isIPv6(host) ? 6 : 4;
  // Readers are known by their addresses: nothing is to be looked up for each datagram.
  const socket = createSocket({ type: `udp${family}`, lookup: (address, _options, done) => done(null, address, family) });
  socket.on('error', () => {});
  return socket;
}

async function bindOne(socket: Socket, address: string, port: number): Promise<number> {
  const listening = once(socket, 'listening');
  socket.bind({ address, port });
  await listening;
  return socket.address().port;
}

function closePair({ rtp, rtcp }: Bound): void {
  rtp.close();
  rtcp.close();
}
