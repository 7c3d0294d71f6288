// UDP for discovery: sockets that never crash the process, and the retransmission that SOAP-over-UDP prescribes.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Env, messageOf } from '#base';

/** What a socket is bound to. */
export interface UdpOptions {
  /** Address of the interface; all of them when absent. */
  readonly address?: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A bound socket. */
export interface UdpSocket extends AsyncDisposable {
  readonly socket: Socket;
  /** Sends, and lets go what cannot be sent: an address without a route is no fault of ours. */
  send(datagram: Buffer, port: number, host: string): void;
}

const receiveBytes = 4 * 2 ** 20;

/** Binds, or rejects with the system's error. `heard` may throw: the datagram is then passed over. */
export async function openUdp(options: UdpOptions, heard: (datagram: Buffer, from: RemoteInfo) => void, env: Env): Promise<UdpSocket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port: options.port, address: options.address ?? '0.0.0.0' }, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
  socket.on('error', (error) => env.log.debug({ error: messageOf(error) }, 'discovery socket'));
  socket.on('message', (datagram, from) => {
    try {
      heard(datagram, from);
    } catch (error) {
      env.log.debug({ error: messageOf(error), from: from.address }, 'a discovery message was passed over');
    }
  });
  try {
    socket.setRecvBufferSize(receiveBytes);
  } catch {
    // What the system allows is what there is.
  }
  let isOpen = true;
  return {
    socket,
    send(datagram, port, host) {
      if (!isOpen) return;
      try {
        socket.send(datagram, port, host, () => {});
      } catch (error) {
        env.log.debug({ error: messageOf(error), host }, 'a discovery message was not sent');
      }
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

const minDelayMs = 50;
const maxDelayMs = 250;
const upperDelayMs = 500;

/** When the repetitions of a datagram go out, milliseconds after the first (SOAP-over-UDP 1.1, Appendix A: 50 to 250 at random, then doubled up to 500). */
export function repeatTimes(repeats: number, env: Env): readonly number[] {
  const times: number[] = [];
  let delayMs = minDelayMs + env.random.uniform() * (maxDelayMs - minDelayMs);
  for (let at = delayMs; times.length < repeats; at += delayMs) {
    times.push(at);
    delayMs = Math.min(delayMs * 2, upperDelayMs);
  }
  return times;
}
