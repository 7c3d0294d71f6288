// The way of RTMP out of the site: the child speaks to a port of ours on loopback, and what it says goes on over TCP or TLS, never faster than it is taken.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Env } from '#base';
import type { PushFailure } from '../faults.ts';
import { type Backlog, openShare } from '../path/index.ts';
import { type OutwardOptions, openOutward } from './outward.ts';

export interface Forwarder extends Disposable {
  /** Of the port on loopback; it takes one connection. */
  readonly port: number;
  readonly bytes: number;
  readonly closed: Promise<PushFailure>;
}

export type Forwarding = { readonly ok: true; readonly forwarder: Forwarder } | { readonly ok: false; readonly failure: PushFailure };

export interface ForwarderOptions extends OutwardOptions {
  readonly bufferBytes: number;
  /** What waits for the line counts in it. */
  readonly backlog: Backlog;
}

/**
 * Connects outwards first. Bytes beyond `bufferBytes` that wait for the line, or for the child, end it: they would be kept all. Disposing of it drops what the
 * kernel has not sent yet. Never rejects.
 */
export async function openForwarder(options: ForwarderOptions, env: Env): Promise<Forwarding> {
  const outward = await openOutward(options, env);
  if (!outward.ok) return outward;
  const { bufferBytes, backlog } = options;
  const { socket: far, cut } = outward.line;
  const { promise: closed, resolve: close } = Promise.withResolvers<PushFailure>();
  const share = openShare(backlog, bufferBytes);
  let near: Socket | undefined;
  let bytes = 0;
  const end = (detail: string): void => {
    close({ reason: 'lost', detail });
    share.leave();
    server.close();
    near?.destroy();
    cut();
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
      share.weigh(far.writableLength);
      if (share.isBehind) end('too slow');
    });
    far.on('data', (part: Buffer) => {
      socket.write(part);
      if (socket.writableLength > bufferBytes) end('too much');
    });
  });
  far.on('drain', () => share.weigh(far.writableLength));
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
