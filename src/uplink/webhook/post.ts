// One POST: bounded in time, its answer bounded in size and dropped, redirects not followed.
import type { Agent } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Clock, nodeHttp } from '#base';

/** What is posted where. */
export interface Posting {
  readonly url: URL;
  /** Of the protocol of `url`. */
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte sent to the last of the answer. */
  readonly timeoutMs: number;
}

/** What a receiver's answer means for an entry. */
export type Verdict = 'confirmed' | 'later' | 'set-aside';

/** A receiver that explains itself at length is cut off: its status has said enough. */
const maxAnswerBytes = 16_384;

/**
 * Success confirms. What passes by itself is tried later: RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4, all of 5xx; and redirects, which are never
 * followed, since whoever can redirect could collect alarms. What else is refused will be refused again.
 */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'confirmed';
  if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429) return 'set-aside';
  return 'later';
}

/** The status of the answer. Rejects when there is none in time, or `signal` aborts. */
export async function post(posting: Posting, signal: AbortSignal, clock: Clock): Promise<number> {
  const first = await postOnce(posting, signal, clock);
  // A receiver may close a kept connection at any moment (RFC 9112 §9.6): that says nothing of the receiver.
  const answer = first.isStale ? await postOnce(posting, signal, clock) : first;
  if (answer.status === undefined) throw answer.error;
  return answer.status;
}

interface Answer {
  readonly status: number | undefined;
  readonly error: Error;
  /** The connection was a kept one, and closed. */
  readonly isStale: boolean;
}

function postOnce({ url, agent, headers, body, timeoutMs }: Posting, signal: AbortSignal, clock: Clock): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const open = url.protocol === 'https:' ? httpsRequest : nodeHttp().request;
  const request = open(url, { method: 'POST', agent, signal, headers: { ...headers, 'content-length': Buffer.byteLength(body) } });
  const timer = clock.after(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  let status: number | undefined;
  let error = new Error('the connection was closed without an answer');
  request.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause;
  });
  request.on('response', (response) => {
    status = response.statusCode;
    let leftBytes = maxAnswerBytes;
    response.on('error', () => {});
    response.on('data', (chunk: Buffer) => {
      leftBytes -= chunk.length;
      if (leftBytes < 0) request.destroy();
    });
  });
  request.on('close', () => {
    timer[Symbol.dispose]();
    const isStale = status === undefined && request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
    resolve({ status, error, isStale });
  });
  request.end(body);
  return promise;
}
