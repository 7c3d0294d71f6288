// What is asked of a platform (CSE) over HTTP (TS-0009): our subscription in a container, and the newest instance there.
import type { Env } from '#base';
import { sensorsFaults } from '../faults.ts';
import { loginHeaders, loginQuery, openWebClient, type WebAnswer } from '../http/index.ts';
import { parseJson, valueAt } from '../messages/index.ts';
import type { CseOptions } from '../onem2m-options.ts';
import { type Instance, member, readInstance } from './notification.ts';

/** What stands, or was made. */
export interface Subscription {
  /** Identifiers of the subscription and of its container, as far as they are told. */
  readonly ids: readonly string[];
}

/** One platform. */
export interface Platform {
  /** Makes the subscription that notifies `target`, or corrects it; resolves when it stands. Rejects with a fault. */
  subscribe(container: string, target: string, signal: AbortSignal): Promise<Subscription>;
  /** Undefined: the container is empty. Rejects with a fault. */
  latest(container: string, signal: AbortSignal): Promise<Instance | undefined>;
}

const maxBytes = 262_144;
/** Response status codes (TS-0004 §6.6.3). */
const notVerified = ['5204', '5205', '5206'];
const createOfChild = 3;
const allAttributes = 1;

/** Opens it. `name` is that of our subscription in each container; `token` is what its own words must not show. */
export function openPlatform(options: CseOptions, { name, token }: { readonly name: string; readonly token: string }, env: Env): Platform {
  const client = openWebClient({ timeoutMs: options.timeout, maxBytes, ca: options.tls.ca }, env);
  let asked = 0;
  const ask = async (
    path: string,
    { signal, method = 'GET', body, type }: { signal: AbortSignal; method?: 'GET' | 'POST' | 'PUT'; body?: object; type?: number },
  ): Promise<Answer> => {
    asked += 1;
    const url = addressOf(options, path);
    const headers = {
      accept: 'application/json',
      'X-M2M-Origin': options.origin,
      'X-M2M-RI': `${name}-${asked}`,
      'X-M2M-RVI': options.release,
      ...(body && { 'content-type': `application/json${type === undefined ? '' : `;ty=${type}`}` }),
      ...loginHeaders(options.login),
    };
    const given = await client.ask({ url, method, headers, ...(body && { body: JSON.stringify(body) }) }, signal);
    return readAnswer(given, `${url.host} ${path}`, [token, ...(options.login ? [options.login.secret] : [])]);
  };
  return {
    async subscribe(container, target, signal) {
      const path = `${container}/${name}`;
      const found = await ask(path, { signal });
      const wanted = { nu: [target], nct: allAttributes, enc: { net: [createOfChild] } };
      if (found.status === 200) {
        const subscription = member(found.content, 'sub');
        if (!isAsWanted(subscription, target))
          good(await ask(path, { signal, method: 'PUT', body: { 'm2m:sub': { nu: wanted.nu, enc: wanted.enc } } }));
        return idsOf(subscription);
      }
      if (found.status !== 404) good(found);
      const body = { 'm2m:sub': { rn: name, ...wanted } };
      const made = good(await ask(container, { signal, method: 'POST', body, type: 23 }));
      return idsOf(member(made.content, 'sub'));
    },
    async latest(container, signal) {
      const answer = await ask(`${container}/la`, { signal });
      return answer.status === 404 ? undefined : readInstance(good(answer).content);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly content: unknown;
  /** For a technician. */
  readonly detail: string;
}

function readAnswer({ status, headers, body }: WebAnswer, where: string, secrets: readonly string[]): Answer {
  const code = String(headers['x-m2m-rsc'] ?? '');
  const parsed = parseJson(body);
  const content = parsed.ok ? parsed.value : undefined;
  const said = member(content, 'dbg');
  // A platform repeats the address that it could not reach, and with it the token.
  const words = typeof said === 'string' ? secrets.reduce((text, secret) => text.replaceAll(secret, '***'), said) : '';
  const detail = `${where}: HTTP ${status}${code && `, RSC ${code}`}${words && `, ${words.slice(0, 200)}`}`;
  return { status, code, content, detail };
}

/** Throws what a technician can do about an answer that is no success. */
function good(answer: Answer): Answer {
  const { status, code, detail } = answer;
  if (status >= 200 && status < 300) return answer;
  if (notVerified.includes(code)) throw sensorsFaults.fault('subscription-unverified', { detail });
  if (status === 401 || status === 403) throw sensorsFaults.fault('cloud-refused', { detail });
  throw sensorsFaults.fault(status === 404 ? 'container-missing' : 'cloud-answer', { detail });
}

function isAsWanted(subscription: unknown, target: string): boolean {
  const [nu, net] = [valueAt(subscription, 'nu'), valueAt(subscription, 'enc.net')];
  return Array.isArray(nu) && nu.includes(target) && Array.isArray(net) && net.some((kind) => Number(kind) === createOfChild);
}

function idsOf(subscription: unknown): Subscription {
  const ids = [valueAt(subscription, 'ri'), valueAt(subscription, 'pi')];
  return { ids: ids.flatMap((id) => (typeof id === 'string' && id.length <= 300 ? [id] : [])) };
}

function addressOf({ url: base, login }: CseOptions, path: string): URL {
  const url = new URL(base);
  url.pathname = [url.pathname.replace(/\/$/, ''), ...path.split('/').map(encodeURI)].join('/');
  loginQuery(url, login);
  return url;
}
