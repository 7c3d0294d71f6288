// Whether a camera's TLS port answers, and until when its certificate holds: asked by a handshake, for what it says of itself is often not so.
import { connect } from 'node:tls';
import type { Env } from '#base';

/** What answered at a TLS port. */
export interface TlsAnswer {
  readonly port: number;
  /** Wall milliseconds of the end of its certificate; undefined when it cannot be read. */
  readonly certificateUntil: number | undefined;
}

const timeoutMs = 3000;

/** Shakes hands and hangs up, within three seconds. The certificate is looked at and not judged. Rejects with the reason of `signal` alone. */
export function knockTls(host: string, port: number, env: Env, signal: AbortSignal): Promise<TlsAnswer | undefined> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<TlsAnswer | undefined>();
  // Cameras speak old TLS, with certificates of their own making; nothing is said over this connection.
  const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, rejectUnauthorized: false, minVersion: 'TLSv1' });
  const timer = env.clock.after(timeoutMs, () => resolve(undefined));
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('error', () => resolve(undefined));
  socket.once('close', () => resolve(undefined));
  socket.once('secureConnect', () => {
    const until = Date.parse(socket.getPeerCertificate().valid_to);
    resolve({ port, certificateUntil: Number.isFinite(until) ? until : undefined });
  });
  return promise.finally(() => {
    timer[Symbol.dispose]();
    signal.removeEventListener('abort', onAbort);
    socket.on('error', () => {});
    socket.destroy();
  });
}
