// One HTTP exchange with a camera over a kept connection, bounded in time, in bytes and in headers.
import { type Agent, type IncomingMessage, request as openRequest } from 'node:http';
import { type Env, messageOf } from '#base';
import { type Failure, failure } from '../faults.ts';
import { openXmlReader, type XmlResult } from '../xml/index.ts';

/** A request as it goes on the wire. */
export interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Total time from connecting to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What came back. */
export type Answer =
  | {
      readonly result: 'answer';
      readonly status: number;
      /** WWW-Authenticate headers, one by one. */
      readonly challenges: readonly string[];
      readonly document: XmlResult;
      /** Whole round trip, monotonic. */
      readonly tookMs: number;
    }
  | { readonly result: 'failed'; readonly failure: Failure; readonly tookMs: number };

const maxHeaderBytes = 16 * 1024;

/**
 * Posts and reads the answer's XML as it arrives, so that a large one never holds the loop. A kept connection that the camera closed in the
 * meantime is replaced once. Rejects with the reason of `signal` alone.
 */
export async function exchange(agent: Agent, ask: Exchange, env: Env, signal: AbortSignal): Promise<Answer> {
  const first = await exchangeOnce(agent, ask, env, signal);
  if (!first.stale) return first.answer;
  return (await exchangeOnce(agent, ask, env, signal)).answer;
}

interface Attempt {
  readonly answer: Answer;
  /** The kept connection was gone before anything was said on it. */
  readonly stale: boolean;
}

function exchangeOnce(agent: Agent, ask: Exchange, env: Env, signal: AbortSignal): Promise<Attempt> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Attempt>();
  const startedMs = env.clock.monotonicMs();
  const tookMs = (): number => env.clock.monotonicMs() - startedMs;
  const request = openRequest(ask.url, {
    method: 'POST',
    agent,
    maxHeaderSize: maxHeaderBytes,
    headers: { ...ask.headers, 'Content-Length': Buffer.byteLength(ask.body) },
  });
  const fail = (failed: Failure, stale = false): void => {
    resolve({ answer: { result: 'failed', failure: failed, tookMs: tookMs() }, stale });
    request.destroy();
  };
  const where = ask.url.host;
  const timer = env.clock.after(ask.timeoutMs, () => fail(failure('silent', `${where}, ${Math.round(ask.timeoutMs)} ms`)));
  const onAbort = (): void => {
    reject(signal.reason);
    request.destroy();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  request.on('error', (error) => {
    const failed = classify(error, where);
    fail(failed, failed.kind === 'closed' && request.reusedSocket && tookMs() < 1000);
  });
  request.on('response', (response) => {
    const answer = async (): Promise<void> => {
      const document = await readBody(response, ask.maxBytes, where);
      if ('kind' in document) return fail(document);
      const challenges = response.headersDistinct['www-authenticate'] ?? [];
      resolve({ answer: { result: 'answer', status: response.statusCode ?? 0, challenges, document, tookMs: tookMs() }, stale: false });
      // A reader that had enough before the end leaves bytes on the connection: it cannot be used again.
      if (!response.complete) request.destroy();
    };
    answer().catch((error: unknown) => fail(classify(error, where)));
  });
  request.end(ask.body);
  return promise.finally(() => {
    timer[Symbol.dispose]();
    signal.removeEventListener('abort', onAbort);
  });
}

async function readBody(response: IncomingMessage, maxBytes: number, where: string): Promise<XmlResult | Failure> {
  const reader = openXmlReader();
  let size = 0;
  let wanted = true;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      return failure('too-large', { ko: `${where}, ${maxBytes}바이트 초과`, en: `${where}, more than ${maxBytes} bytes` });
    if (wanted) wanted = reader.write(chunk);
    // Broken early: what follows is not worth its bytes. After the root element the few stray bytes are read to keep the connection.
    if (!wanted && size > maxBytes / 4) break;
  }
  return reader.end();
}

const unreachableCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTDOWN']);

function classify(error: unknown, where: string): Failure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (unreachableCodes.has(code)) return failure('unreachable', `${where} ${code}`);
  if (code === 'HPE_HEADER_OVERFLOW')
    return failure('garbage', {
      ko: `${where}, 헤더 ${maxHeaderBytes}바이트 초과`,
      en: `${where}, headers beyond ${maxHeaderBytes} bytes`,
    });
  if (code.startsWith('HPE_')) return failure('garbage', { ko: `${where}, HTTP 아님(${code})`, en: `${where}, no HTTP (${code})` });
  if (code === 'ECONNRESET' || code === 'EPIPE') return failure('closed', where);
  return failure('unreachable', `${where} ${code || messageOf(error)}`);
}
