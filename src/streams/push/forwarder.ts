// The way of RTMP out of the site: the child speaks to a port of ours on loopback, and what it says goes on over TCP or TLS, never faster than it is taken.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Env } from '#base';
import type { PushFailure } from '../faults.ts';
import { type OutwardOptions, openOutward } from './outward.ts';

export interface Forwarder extends Disposable {
  /** Of the port on loopback; it takes one connection. */
  readonly port: number;
  readonly bytes: number;
  readonly closed: Promise<PushFailure>;
}

export type Forwarding = { readonly ok: true; readonly forwarder: Forwarder } | { readonly ok: false; readonly failure: PushFailure };

/** Connects outwards first. Bytes beyond `bufferBytes` that wait for the line, or for the child, end it: they would be kept all. Never rejects. */
export async function openForwarder(options: OutwardOptions & { readonly bufferBytes: number }, env: Env): Promise<Forwarding> {
  const outward = await openOutward(options, env);
  if (!outward.ok) return outward;
  const { socket: far } = outward;
  const { promise: closed, resolve: close } = Promise.withResolvers<PushFailure>();
  let near: Socket | undefined;
  let bytes = 0;
  const end = (detail: string): void => {
    close({ reason: 'lost', detail });
    server.close();
    near?.destroy();
    far.destroy();
  };
  const server = createServer((socket) => {
    if (near) return void socket.destroy();
    near = socket;
    server.close();
    socket.on('error', () => end(''));
    socket.once('close', () => end(''));
    socket.on('data', (part: Buffer) => {
      bytes += part.length;
      far.write(part);
      if (far.writableLength > options.bufferBytes) end('too slow');
    });
    far.on('data', (part: Buffer) => {
      socket.write(part);
      if (socket.writableLength > options.bufferBytes) end('too much');
    });
  });
  far.on('error', () => end(''));
  far.once('close', () => end(''));
  const listening = Promise.withResolvers<number | undefined>();
  server.once('error', () => listening.resolve(undefined));
  server.listen(0, '127.0.0.1', () => listening.resolve((server.address() as AddressInfo).port));
  const port = await listening.promise;
  if (port === undefined) {
    end('');
    return { ok: false, failure: { reason: 'lost', detail: '' } };
  }
  return {
    ok: true,
    forwarder: {
      port,
      closed,
      get bytes() {
        return bytes;
      },
      [Symbol.dispose]: () => end(''),
    },
  };
}
