// Knocking at a camera's door: whether somebody listens there, without a word said.
import { connect } from 'node:net';
import type { Env } from '#base';
import { type Failure, failure } from './faults.ts';

const ports: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'https:': 443, 'http:': 80 };

/** Connects over TCP and leaves; undefined when somebody listened. `timeoutMs` is the longest wait. Rejects with the reason of `signal` alone. */
export function knock(url: URL, timeoutMs: number, env: Env, signal: AbortSignal): Promise<Failure | undefined> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Failure | undefined>();
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || ports[url.protocol] || 80) });
  const timer = env.clock.after(timeoutMs, () => resolve(failure('silent', url.host)));
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', () => resolve(undefined));
  socket.once('error', (error) => resolve(failure('unreachable', `${url.host} ${'code' in error ? String(error.code) : ''}`)));
  return promise.finally(() => {
    timer[Symbol.dispose]();
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  });
}
