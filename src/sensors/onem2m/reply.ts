// What a notification is answered: the status of HTTP and the response status code of oneM2M (TS-0004 §6.6, TS-0009 §6.3.2), as a table.
import type { Incoming, Reply } from '../http/index.ts';

const answers = {
  ok: [200, 2000, ''],
  'bad-request': [400, 4000, 'the body is no notification of oneM2M in JSON'],
  'too-large': [413, 4000, 'the body is larger than 64 KiB'],
  'not-found': [404, 4004, 'nobody here has this address: POST /onem2m/NAME/TOKEN'],
  'no-such-device': [404, 4004, 'no device of this source has the container of this instance'],
  'not-allowed': [405, 4005, 'send with POST'],
  slower: [429, 5000, 'too many wrong addresses from this host'],
  busy: [503, 5000, 'too many requests at once: send again'],
  'not-stored': [500, 5000, 'the instance could not be stored: send again'],
} as const satisfies Record<string, readonly [number, number, string]>;

/** An answer; a success has no body. */
export function answer(name: keyof typeof answers, detail?: string): Reply {
  const [status, code, message] = answers[name];
  const isStranger = name === 'not-found';
  return {
    status,
    headers: { 'X-M2M-RSC': String(code), ...(isStranger ? { connection: 'close' } : {}) },
    ...(message === '' ? {} : { body: { 'm2m:dbg': detail === undefined ? message : `${message}: ${detail}` } }),
    isStranger,
  };
}

/** The request's identifier and release go back with its answer (TS-0009 §6.4). */
export function echo(reply: Reply, incoming: Incoming): Reply {
  const headers: Record<string, string> = {};
  for (const name of ['X-M2M-RI', 'X-M2M-RVI']) {
    const value = incoming.header(name.toLowerCase());
    if (value !== undefined && /^[\x20-\x7e]{1,200}$/.test(value)) headers[name] = value;
  }
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
