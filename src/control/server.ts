// The server of the local socket: listens, keeps the bound on connections, and takes the place of a gateway that died.
import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { BongsuError, type Env, messageOf, type Service, untilAborted } from '#base';
import { serveConnection, turnAway } from './connection.ts';
import type { ControlHandlers } from './contract.ts';
import { type Dispatch, openDispatch } from './dispatch.ts';
import { faults } from './faults.ts';
import { type MetricSample, openMetrics } from './metrics.ts';
import { openMetricsListener } from './metrics-listener.ts';
import type { ControlOptions } from './options.ts';
import { limits } from './wire.ts';

/** What the gateway hands to the technician's door. */
export interface ControlDeps {
  readonly handlers: ControlHandlers;
  /** The values of now, asked for at each scrape. */
  collect(): Promise<readonly MetricSample[]>;
}

/** Where the door can be knocked at. */
export interface ControlAddresses {
  readonly socket: string;
  /** The metrics listener's bound address; undefined when there is none, or when it cannot be had yet. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
}

/** The door as a service. `listening` resolves when it answers; it stays pending when `run` fails before. */
export interface ControlService extends Service {
  readonly listening: Promise<ControlAddresses>;
}

/**
 * Serves the local socket (mode 0660) and, where configured, the metrics listener until aborted; connections are cut then. A socket file
 * that nobody answers on is removed first; a port of the metrics that is taken is waited for. Rejects with `control.another-runs`,
 * `control.socket-unusable`.
 */
export function serveControl(options: ControlOptions, deps: ControlDeps, env: Env): ControlService {
  const { promise: listening, resolve: announce } = Promise.withResolvers<ControlAddresses>();
  return {
    name: 'control',
    listening,
    async run(signal) {
      const stop = new AbortController();
      const all = AbortSignal.any([signal, stop.signal]);
      const metrics = openMetrics(() => deps.collect());
      const server = acceptTechnicians(
        openDispatch(deps.handlers, () => metrics.text(), env),
        all,
        env,
      );
      await listenInPlace(server, options.socket);
      try {
        const http = options.metrics ? await openMetricsListener(options.metrics, metrics, env) : undefined;
        try {
          announce({ socket: options.socket, metrics: http?.address });
          await untilOver(server, signal);
        } finally {
          await http?.[Symbol.asyncDispose]();
        }
      } finally {
        stop.abort();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

function acceptTechnicians(dispatch: Dispatch, signal: AbortSignal, env: Env): Server {
  let served = 0;
  return createServer((socket) => {
    if (served >= limits.connections) return turnAway(socket, 'busy');
    served += 1;
    void serveConnection(socket, dispatch, signal, env).finally(() => {
      served -= 1;
    });
  });
}

async function untilOver(server: Server, signal: AbortSignal): Promise<void> {
  const failed = new Promise<never>((_, reject) => server.once('error', reject));
  await Promise.race([untilAborted(signal), failed]);
}

async function listenInPlace(server: Server, path: string): Promise<void> {
  try {
    const taken = await listen(server, path);
    if (taken) {
      if (taken.code !== 'EADDRINUSE') throw taken;
      await removeStale(path);
      const again = await listen(server, path);
      if (again) throw again;
    }
    // Until here the umask decides, and no usual one lets a stranger write.
    await chmod(path, 0o660);
  } catch (cause) {
    if (cause instanceof BongsuError) throw cause;
    throw faults.fault('socket-unusable', { cause, detail: messageOf(cause) });
  }
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.removeListener('listening', onListening);
      resolve(error);
    };
    const onListening = (): void => {
      server.removeListener('error', onError);
      resolve(undefined);
    };
    server.once('error', onError).once('listening', onListening).listen(path);
  });
}

async function removeStale(path: string): Promise<void> {
  const file = await lstat(path);
  if (!file.isSocket()) throw faults.fault('socket-unusable', { detail: path });
  if (await isAnswered(path)) throw faults.fault('another-runs', { detail: path });
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only a refusal says that nobody listens; whatever else goes wrong must not cost a living gateway its socket.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
