// Connecting to a device or a serial server, bounded in time.
import { connect, type Socket } from 'node:net';
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';

const connectTimeoutMs = 5000;

/** Connects within 5 s. Rejects with `sensors.` and `reason`, or with the signal's reason. */
export function dial(
  {
    host,
    port,
    reason,
  }: { readonly host: string; readonly port: number; readonly reason: 'host-unreachable' | 'serial-server-unreachable' },
  signal: AbortSignal,
  env: Env,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 10_000, noDelay: true });
    const fail = (cause: unknown): void => {
      end();
      socket.on('error', () => {});
      socket.destroy();
      const aborted = signal.aborted ? signal.reason : undefined;
      reject(aborted ?? sensorsFaults.fault(reason, { cause, detail: `${host}:${port}` }));
    };
    const onAbort = (): void => fail(signal.reason);
    const timer = env.clock.after(connectTimeoutMs, () => fail(new Error('no answer')));
    const end = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      end();
      resolve(socket);
    });
  });
}
