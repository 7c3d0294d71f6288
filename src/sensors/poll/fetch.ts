// One question to a platform and what came of it: the address with its cursor, the login, conditional answers, and what is wrong with an answer.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import { loginHeaders, loginQuery, openWebClient } from '../http/index.ts';
import { parseJson } from '../messages/index.ts';
import type { PollOptions } from '../poll-options.ts';

/** What came. */
export type Fetched =
  | { readonly result: 'unchanged' }
  | {
      readonly result: 'answer';
      readonly content: unknown;
      /** All of it is taken: the platform need not send it again unchanged. */
      done(): void;
    };

/** Asks one platform. */
export interface Fetch {
  /** Rejects with a fault of the platform; `retryAfterMs` is what the platform asked for with the last one. */
  ask(at: string | undefined, signal: AbortSignal): Promise<Fetched>;
  readonly retryAfterMs: number;
}

const maxRetryAfterMs = 3_600_000;

/** Opens it. */
export function openFetch(options: PollOptions, env: Env): Fetch {
  const client = openWebClient({ timeoutMs: options.timeout, maxBytes: options.maxBody, ca: options.tls.ca }, env);
  let known: { readonly url: string; readonly etag: string } | undefined;
  let retryAfterMs = 0;
  return {
    get retryAfterMs() {
      return retryAfterMs;
    },
    async ask(at, signal) {
      retryAfterMs = 0;
      const { url, headers } = questionOf(options, at);
      const conditional = known?.url === url.href ? { 'if-none-match': known.etag } : {};
      const answer = await client.ask({ url, headers: { accept: 'application/json', ...headers, ...conditional } }, signal);
      const { status } = answer;
      if (status === 304 || status === 204) return { result: 'unchanged' };
      const detail = `${url.host}: HTTP ${status}`;
      if (status === 401 || status === 403) throw sensorsFaults.fault('cloud-refused', { detail });
      retryAfterMs = waitOf(answer.headers['retry-after']);
      if (status !== 200) throw sensorsFaults.fault('cloud-answer', { detail });
      const content = parseJson(answer.body);
      if (!content.ok) throw sensorsFaults.fault('cloud-answer', { detail: `${url.host}: ${content.problem}` });
      const { etag } = answer.headers;
      const done = (): void => {
        known = etag !== undefined && etag.length <= 500 ? { url: url.href, etag } : undefined;
      };
      return { result: 'answer', content: content.value, done };
    },
  };
}

/** The address with cursor and login, and the headers. */
export function questionOf(
  { url: base, headers, login, cursor }: Pick<PollOptions, 'url' | 'headers' | 'login' | 'cursor'>,
  at: string | undefined,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  const url = new URL(base);
  if (cursor?.parameter !== undefined && at !== undefined) url.searchParams.set(cursor.parameter, at);
  loginQuery(url, login);
  return { url, headers: { ...headers, ...loginHeaders(login) } };
}

/** Retry-After in seconds (RFC 9110 §10.2.3), an hour at most (who waits makes it shorter); a date is not looked at. */
function waitOf(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Math.min(maxRetryAfterMs, Number(header) * 1000) : 0;
}
