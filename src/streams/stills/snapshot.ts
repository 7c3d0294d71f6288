// One still from a camera: its ONVIF snapshot address fetched over HTTP(S), bounded in size and time, and seen to be a JPEG (ONVIF Media §5.11, RFC 9110).
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { authorize, chooseChallenge, type Env, nodeHttp } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';

export type Snapshot = { readonly ok: true; readonly jpeg: Buffer } | { readonly ok: false; readonly failure: SourceFailure };

/** A still larger than this is refused. */
const maxStillBytes = 8 * 1024 * 1024;

interface Fetched {
  readonly status: number;
  readonly challenges: readonly string[];
  readonly body: Buffer;
}

/** Fetches a still; logs in when asked to (Digest, Basic where it is allowed), once. Never rejects. */
export async function fetchSnapshot(source: StreamSource, timeoutMs: number, env: Env, signal: AbortSignal): Promise<Snapshot> {
  const url = URL.parse(source.url);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return failed('refused', 'not an http:// address');
  const limit = new AbortController();
  using _timeout = env.clock.after(timeoutMs, () => limit.abort());
  const both = AbortSignal.any([signal, limit.signal]);
  url.username = url.password = '';
  try {
    const first = await fetchOnce(url, undefined, both);
    if (first.status !== 401) return judge(first);
    const login = answerTo(first, url, source, env);
    return 'failure' in login ? { ok: false, ...login } : judge(await fetchOnce(url, login.authorization, both));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_TOO_LARGE') return failed('malformed', 'larger than 8 MiB');
    return limit.signal.aborted ? failed('timeout', '') : failed('unreachable', code);
  }
}

/** The Authorization header for the second try, or why there is none. */
function answerTo(
  first: Fetched,
  url: URL,
  source: StreamSource,
  env: Env,
): { readonly authorization: string } | { readonly failure: SourceFailure } {
  const challenge = chooseChallenge(first.challenges);
  if (!challenge || source.user === '') return { failure: { reason: 'login-refused', detail: '' } };
  if (challenge.scheme === 'basic' && source.basicAllowed !== true)
    return { failure: { reason: 'login-refused', detail: '', hint: 'basic-only' } };
  const asked = { method: 'GET', uri: url.pathname + url.search, count: 1, cnonce: env.random.bytes(8).toString('hex') };
  return { authorization: authorize(challenge, { user: source.user, password: source.password }, asked) };
}

function judge(answered: Fetched): Snapshot {
  const { status, body } = answered;
  if (status === 401) return failed('login-refused', '');
  if (status !== 200) return failed(status >= 500 ? 'busy' : 'refused', `HTTP ${status}`);
  const isJpeg = body.length > 4 && body[0] === 0xff && body[1] === 0xd8 && body[2] === 0xff;
  return isJpeg ? { ok: true, jpeg: body } : failed('malformed', 'not a JPEG');
}

/** One GET. Cameras have certificates of their own making, so these are not checked; the site's network is what protects this leg. */
async function fetchOnce(url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Fetched> {
  const headers = { Accept: 'image/jpeg', ...(authorization === undefined ? {} : { Authorization: authorization }) };
  const options = { headers, signal, agent: false as const, rejectUnauthorized: false, maxHeaderSize: 16 * 1024 };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = url.protocol === 'https:' ? httpsRequest(url, options, resolve) : nodeHttp().request(url, options, resolve);
    call.on('error', reject);
    // Also where it ends without either: an answer in another protocol (101), a time that is over.
    call.once('close', () => reject(new Error('closed')));
    call.end();
  });
  const body = await readBody(response);
  const challenges = response.headersDistinct['www-authenticate'] ?? [];
  return { status: response.statusCode ?? 0, challenges, body };
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxStillBytes) {
      response.destroy();
      throw Object.assign(new Error('too large'), { code: 'ERR_TOO_LARGE' });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function failed(reason: SourceFailure['reason'], detail: string): Snapshot {
  return { ok: false, failure: { reason, detail } };
}
