// Knocking at TCP ports: whether somebody listens, thousands at a time, without a word said.
import { connect, type Socket } from 'node:net';
import type { Env } from '#base';

/** What became of a knock: `open`, `closed` (refused: somebody is there), `nobody` (no such host), `silent` (no answer in time). */
export type KnockResult = 'open' | 'closed' | 'nobody' | 'silent' | 'exhausted';

/** Knocks until it is disposed of. */
export interface Knocker extends Disposable {
  /** `exhausted`: this machine has no socket to spare, nothing was tried. After the disposal every knock is `silent`. */
  knock(host: string, port: number, waitMs: number): Promise<KnockResult>;
}

const meanings: Readonly<Record<string, KnockResult>> = {
  ECONNREFUSED: 'closed',
  ECONNRESET: 'closed',
  EHOSTUNREACH: 'nobody',
  ENETUNREACH: 'nobody',
  EHOSTDOWN: 'nobody',
  EMFILE: 'exhausted',
  ENFILE: 'exhausted',
  ENOBUFS: 'exhausted',
  EADDRNOTAVAIL: 'exhausted',
};

/** Opens a knocker. */
export function openKnocker(env: Env): Knocker {
  const live = new Map<Socket, (result: KnockResult) => void>();
  let isOpen = true;
  return {
    knock(host, port, waitMs) {
      if (!isOpen) return Promise.resolve('silent');
      return new Promise((resolve) => {
        const socket = connect({ host, port, autoSelectFamily: false });
        const end = (result: KnockResult): void => {
          if (!live.delete(socket)) return;
          timer[Symbol.dispose]();
          resolve(result);
          socket.destroy();
        };
        live.set(socket, end);
        const timer = env.clock.after(waitMs, () => end('silent'));
        socket.once('connect', () => end('open'));
        socket.on('error', (error) => end(meanings['code' in error ? String(error.code) : ''] ?? 'silent'));
      });
    },
    [Symbol.dispose]() {
      isOpen = false;
      for (const end of live.values()) end('silent');
    },
  };
}
