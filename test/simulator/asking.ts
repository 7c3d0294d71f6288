// Asking virtual cameras as a client would: raw requests with the login that a camera wants, and the onvif package.
import { createHash, randomBytes } from 'node:crypto';
import onvif from 'onvif';
import { authorize, chooseChallenge } from '#base';
import type { SimulatedCamera } from '#simulator';

/** The onvif package's client, as far as it is used here. */
export interface Client {
  profiles: { $: { token: string }; videoEncoderConfiguration?: { encoding: string } }[];
  on(event: 'event', listener: (message: unknown) => void): void;
  removeAllListeners(event: 'event'): void;
  [method: string]: unknown;
}

/** Connects the onvif package. */
export function connectClient(one: SimulatedCamera, password = one.login.password): Promise<Client> {
  return new Promise((resolve, reject) => {
    const options = { hostname: one.host, port: one.port, username: one.login.user, password, timeout: 3000 };
    const client: Client = new (onvif as unknown as { Cam: new (...args: unknown[]) => Client }).Cam(options, (error: unknown) =>
      error ? reject(error) : resolve(client),
    );
  });
}

/** Calls a method of the package. */
export function call(client: Client, method: string, ...args: unknown[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, value: Record<string, unknown>): void => (error ? reject(error) : resolve(value));
    (client[method] as (...all: unknown[]) => void).call(client, ...args, done);
  });
}

const spaces = {
  tds: 'ver10/device/wsdl',
  tev: 'ver10/events/wsdl',
  tr2: 'ver20/media/wsdl',
  trt: 'ver10/media/wsdl',
  tptz: 'ver20/ptz/wsdl',
  timg: 'ver20/imaging/wsdl',
  tmd: 'ver10/deviceIO/wsdl',
  tt: 'ver10/schema',
};
const prefixes = [
  ...Object.entries(spaces).map(([prefix, path]) => `xmlns:${prefix}="http://www.onvif.org/${path}"`),
  'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"',
  'xmlns:wsa="http://www.w3.org/2005/08/addressing"',
].join(' ');

/** A SOAP envelope in which the usual prefixes are declared. */
export function envelope(body: string, header = ''): string {
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ${prefixes}><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface PostOptions {
  /** Path, or a whole address. */
  readonly path?: string;
  readonly authorization?: string;
  readonly timeoutMs?: number;
}

/** One request without further ado. */
export async function post(one: SimulatedCamera, body: string, options: PostOptions = {}): Promise<Answer> {
  const headers = options.authorization === undefined ? {} : { authorization: options.authorization };
  const url = options.path?.startsWith('http') ? options.path : `http://${one.address}${options.path ?? '/onvif/device_service'}`;
  const response = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(options.timeoutMs ?? 5000) });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** The Digest answer to a 401. */
export function authorization(
  answer: Answer,
  login: { user: string; password: string },
  request: { uri: string; count?: number; method?: string },
): string {
  const { uri, count = 1, method = 'POST' } = request;
  const challenge = chooseChallenge([answer.headers.get('www-authenticate') ?? '']);
  if (!challenge) throw new Error('no challenge');
  return authorize(challenge, login, { method, uri, count, cnonce: 'abcdef' });
}

/** A WS-Security header. */
export function token(nonce: string, created: string, { user, password }: { user: string; password: string }): string {
  const digest = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password).digest('base64');
  const type = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
  return `<w:Security xmlns:w="urn:w"><w:UsernameToken><w:Username>${user}</w:Username><w:Password Type="${type}">${digest}</w:Password><w:Nonce>${nonce}</w:Nonce><w:Created>${created}</w:Created></w:UsernameToken></w:Security>`;
}

/** Asks with the login that the camera wants, whatever that is. */
export async function ask(
  one: SimulatedCamera,
  body: string,
  options: { path?: string; header?: string; password?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  const login = { ...one.login, password: options.password ?? one.login.password };
  const { header = '', path = '/onvif/device_service', timeoutMs = 5000 } = options;
  if (one.loginBy === 'username-token' || one.loginBy === 'either') {
    const proof = token(randomBytes(16).toString('base64'), new Date(Date.now() + one.clockOffsetMs).toISOString(), login);
    return await post(one, envelope(body, header + proof), { path, timeoutMs });
  }
  const first = await post(one, envelope(body, header), { path, timeoutMs });
  if (first.status !== 401) return first;
  return await post(one, envelope(body, header), { path, timeoutMs, authorization: authorization(first, login, { uri: path }) });
}

/** A subscription as `ask` can use it. */
export interface Subscription {
  readonly path: string;
  /** Reference parameters. */
  readonly header: string;
  readonly text: string;
}

/** Creates a pull point. */
export async function subscribe(one: SimulatedCamera, life = 'PT60S'): Promise<Subscription> {
  const time = one.personality === 'dahua' ? new Date(Date.now() + 60_000).toISOString() : life;
  const body = `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>${time}</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`;
  const { text } = await ask(one, body, { path: '/onvif/event_service' });
  const address = /<wsa:Address>([^<]+)</.exec(text)?.[1];
  if (!address) throw new Error(text);
  return {
    path: new URL(address).pathname,
    header: /<wsa:ReferenceParameters>(.*)<\/wsa:ReferenceParameters>/.exec(text)?.[1] ?? '',
    text,
  };
}

/** Pulls up to 100 messages. */
export async function pull(one: SimulatedCamera, { path, header }: Subscription, seconds: number): Promise<Answer> {
  const body = `<tev:PullMessages><tev:Timeout>PT${seconds}S</tev:Timeout><tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>`;
  return await ask(one, body, { path, header, timeoutMs: seconds * 1000 + 5000 });
}
