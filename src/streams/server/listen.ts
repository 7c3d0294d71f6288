// Listening, again and again while the port is taken: a relay without its port is told, not ended.
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { type Env, messageOf } from '#base';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Certificate files, PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ListenEvents {
  listening(address: ListenAddress): void;
  cannotListen(address: ListenAddress, reason: string): void;
}

const retryMs = 3_000;

/** Makes a server with `make` and listens until `signal` aborts; tries again every 3 s while it cannot. Resolves when the server is closed. */
export async function listen(
  make: () => Server,
  address: ListenAddress,
  events: ListenEvents,
  env: Env,
  signal: AbortSignal,
): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    const tried = await tryListen(make, address);
    if (tried.ok) {
      events.listening(tried.address);
      return await closed(tried.server, signal);
    }
    if (!told) events.cannotListen(address, tried.reason);
    told = true;
    await env.clock.sleep(retryMs, signal).catch(() => {});
  }
}

type Listening =
  | { readonly ok: true; readonly server: Server; readonly address: ListenAddress }
  | { readonly ok: false; readonly reason: string };

async function tryListen(make: () => Server, address: ListenAddress): Promise<Listening> {
  try {
    const server = make();
    return await new Promise<Listening>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve({ ok: false, reason: error.code ?? messageOf(error) }));
      server.listen(address.port, address.host, () => {
        const bound = server.address() as AddressInfo;
        server.on('error', () => {});
        resolve({ ok: true, server, address: { host: bound.address, port: bound.port } });
      });
    });
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

async function closed(server: Server, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const close = (): void => {
      server.close(() => resolve());
    };
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  });
}

/** The certificate's contents. Throws when a file cannot be read. */
export function readTls(files: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(files.cert), key: readFileSync(files.key) };
}
