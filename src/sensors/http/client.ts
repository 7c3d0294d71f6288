// Fetching over HTTP and HTTPS: one request, one answer, bounded in time and size; what is secret goes to the host that was named, and to no other.
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BongsuError, type Env, nodeHttp } from '#base';
import { sensorsFaults } from '../faults.ts';

/** What is asked. */
export interface WebRequest {
  readonly url: URL;
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came, whatever its status. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks one server. */
export interface WebClient {
  /**
   * Resolves with the whole answer. Rejects with `sensors.cloud-unreachable` (also when it takes too long), `sensors.cloud-tls`, `sensors.cloud-too-large`,
   * `sensors.cloud-redirect`, or the signal's reason. A GET follows three redirects on the same origin; any other is refused.
   */
  ask(request: WebRequest, signal: AbortSignal): Promise<WebAnswer>;
}

/** How a server is reached. */
export interface WebOptions {
  /** For the whole answer, milliseconds. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** PEM file; the machine's own authorities when left out. It is read for each request, so that it can be renewed. */
  readonly ca: string | undefined;
}

const maxRedirects = 3;
const redirects = [301, 302, 303, 307, 308];

/** Opens a client; each request has a connection of its own. */
export function openWebClient(options: WebOptions, env: Env): WebClient {
  return {
    async ask(request, signal) {
      const late = new AbortController();
      using _limit = env.clock.after(options.timeoutMs, () => late.abort(new Error(`no answer within ${options.timeoutMs} ms`)));
      const ca = await readAuthority(options.ca);
      const end = AbortSignal.any([signal, late.signal]);
      for (let left = maxRedirects, next = request; ; left -= 1) {
        const answer = await askOnce(next, { maxBytes: options.maxBytes, ca, end }).catch((error: unknown) => {
          throw signal.aborted ? signal.reason : faultOf(error, next.url, late.signal);
        });
        const elsewhere = placeOf(answer, next);
        if (!elsewhere) return answer;
        if (left === 0 || elsewhere.origin !== request.url.origin || (next.method ?? 'GET') !== 'GET')
          throw sensorsFaults.fault('cloud-redirect', { detail: `${request.url.host} → ${elsewhere.protocol}//${elsewhere.host}` });
        next = { ...next, url: elsewhere };
      }
    },
  };
}

async function readAuthority(path: string | undefined): Promise<Buffer | undefined> {
  try {
    return path === undefined ? undefined : await readFile(path);
  } catch (cause) {
    throw sensorsFaults.fault('cloud-tls', { cause, detail: path ?? '' });
  }
}

/** Where an answer leads to. */
function placeOf({ status, headers }: WebAnswer, { url }: WebRequest): URL | undefined {
  if (!redirects.includes(status) || headers.location === undefined) return undefined;
  return URL.parse(headers.location, url.href) ?? undefined;
}

interface Bounds {
  readonly maxBytes: number;
  readonly ca: Buffer | undefined;
  readonly end: AbortSignal;
}

async function askOnce({ url, method = 'GET', headers, body }: WebRequest, { maxBytes, ca, end }: Bounds): Promise<WebAnswer> {
  const open = url.protocol === 'https:' ? requestHttps : nodeHttp().request;
  const request = open(url, {
    method,
    signal: end,
    agent: false,
    maxHeaderSize: 16_384,
    ...(url.protocol === 'https:' && { minVersion: 'TLSv1.2' as const, ...(ca && { ca }) }),
    headers: {
      ...headers,
      'accept-encoding': 'identity',
      connection: 'close',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  request.on('response', answered.resolve);
  request.on('error', answered.reject);
  request.end(body);
  const response = await answered.promise;
  try {
    return { status: response.statusCode ?? 0, headers: response.headers, body: await readAll(response, maxBytes, url) };
  } finally {
    request.destroy();
  }
}

async function readAll(response: IncomingMessage, maxBytes: number, url: URL): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw sensorsFaults.fault('cloud-too-large', { detail: `${url.host}: more than ${maxBytes} bytes` });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const networkCodes = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|EADDR|HPE_)/;

/** Node has words for what the network does; TLS has others. */
function faultOf(error: unknown, url: URL, late: AbortSignal): BongsuError {
  if (error instanceof BongsuError) return error;
  if (late.aborted) return sensorsFaults.fault('cloud-unreachable', { cause: late.reason, detail: url.host });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isNetwork = url.protocol === 'http:' || code === '' || networkCodes.test(code);
  return sensorsFaults.fault(isNetwork ? 'cloud-unreachable' : 'cloud-tls', { cause: error, detail: `${url.host}${code && ` ${code}`}` });
}
