// The optional HTTP listener on loopback that serves the metrics to a Prometheus of the site.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type Env, messageOf, nodeHttp } from '#base';
import { faults } from './faults.ts';
import type { Metrics } from './metrics.ts';

/** An address that a listener is bound to, or shall be. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** The listener; its address as it is bound, undefined while it cannot be had. */
export interface MetricsListener extends AsyncDisposable {
  readonly address: Address | undefined;
}

const retryMs = 5000;

/**
 * Listens for `GET /metrics`; at most 8 connections, 5 s for a request. Resolves after the first try and never rejects: an address that
 * cannot be had is logged as `control.metrics-unusable` and tried again every 5 s, for nobody's alarm may hang on a scrape.
 */
export async function openMetricsListener(at: Address, metrics: Metrics, env: Env): Promise<MetricsListener> {
  const stop = new AbortController();
  let server: Server | undefined;
  const bind = async (level: 'warn' | 'debug'): Promise<boolean> => {
    try {
      server = await listen(at, metrics, env);
      return true;
    } catch (cause) {
      const { code, hint, message } = faults.fault('metrics-unusable', { cause, detail: `${at.host}:${at.port} (${messageOf(cause)})` });
      env.log[level]({ code, hint: hint.en }, message);
      return false;
    }
  };
  const bindLater = async (): Promise<void> => {
    for (;;) {
      await env.clock.sleep(retryMs, stop.signal).catch(() => {});
      if (stop.signal.aborted) return;
      if (await bind('debug')) return env.log.info({ ...addressOf(at, server) }, 'metrics listener opened');
    }
  };
  const later = (await bind('warn')) ? undefined : bindLater();
  return {
    get address() {
      return addressOf(at, server);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await later;
      if (server) await close(server);
    },
  };
}

async function listen(at: Address, metrics: Metrics, env: Env): Promise<Server> {
  const server = nodeHttp().createServer({ requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 8192 });
  server.maxConnections = 8;
  server.on('request', (request, response) => {
    request.resume();
    const wanted = request.method === 'GET' && request.url === '/metrics';
    if (!wanted) return response.writeHead(404, { connection: 'close' }).end();
    return void metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (error: unknown) => {
        env.log.error({ error: messageOf(error) }, 'metrics could not be collected');
        response.writeHead(503).end();
      },
    );
  });
  server.listen(at.port, at.host);
  await once(server, 'listening');
  server.on('error', (error) => env.log.warn({ error: messageOf(error) }, 'metrics listener failed'));
  return server;
}

function addressOf({ host }: Address, server: Server | undefined): Address | undefined {
  const bound = server?.address();
  return typeof bound === 'object' && bound ? { host, port: bound.port } : undefined;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
