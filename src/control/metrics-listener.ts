// The optional HTTP listener on loopback that serves the metrics to a Prometheus of the site.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type Env, messageOf } from '#base';
import { faults } from './faults.ts';
import type { Metrics } from './metrics.ts';

/** The running listener and its bound address. */
export interface MetricsListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
}

/**
 * Listens for `GET /metrics`; at most 8 connections, 5 s for a request. Rejects with `control.metrics-unusable`.
 */
export async function openMetricsListener(
  at: { readonly host: string; readonly port: number },
  metrics: Metrics,
  env: Env,
): Promise<MetricsListener> {
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 8192 });
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
  try {
    server.listen(at.port, at.host);
    await once(server, 'listening');
  } catch (cause) {
    throw faults.fault('metrics-unusable', { cause, detail: `${at.host}:${at.port}` });
  }
  server.on('error', (error) => env.log.warn({ error: messageOf(error) }, 'metrics listener failed'));
  return { address: { host: at.host, port: boundPort(server) }, [Symbol.asyncDispose]: () => close(server) };
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
