// What the webhook answers: status and JSON for every outcome, as a table.
import type { Reply } from '../http/index.ts';

const refusals = {
  'no-such-source': [404, 'no source has this name: send to POST /webhook/NAME'],
  'method-not-allowed': [405, 'send with POST'],
  unauthorised: [401, 'the header Authorization: Bearer TOKEN is missing or wrong'],
  'wrong-signature': [401, 'the header with the signature is missing, or the body was not signed with the key of this source'],
  'wrong-time': [401, 'the header with the time of sending is missing, or too far from the time of the gateway'],
  slower: [429, 'too many wrong secrets from this address'],
  'too-large': [413, 'the body is larger than 64 KiB'],
  'bad-json': [400, 'the body cannot be read'],
  'bad-form': [400, 'the body cannot be read'],
  'bad-key': [400, 'Idempotency-Key has 1 to 200 characters'],
  'no-such-device': [404, 'no device of this source has the key in the body'],
  busy: [503, 'too many requests at once: send again'],
  'not-stored': [503, 'the message could not be stored: send again'],
} as const satisfies Record<string, readonly [number, string]>;

type Refusal = keyof typeof refusals;

/** Strangers keep no connection. */
const extraHeaders: Partial<Record<Refusal, Record<string, string>>> = {
  'method-not-allowed': { allow: 'POST' },
  'no-such-source': { connection: 'close' },
  unauthorised: { 'www-authenticate': 'Bearer', connection: 'close' },
  'wrong-signature': { connection: 'close' },
  'wrong-time': { connection: 'close' },
  slower: { 'retry-after': '10', connection: 'close' },
  busy: { 'retry-after': '1' },
  'not-stored': { 'retry-after': '5' },
};

/** Whose answers wait. */
const strangers: readonly Refusal[] = ['no-such-source', 'unauthorised', 'wrong-signature', 'wrong-time'];

/** A refusal as `{ "error": …, "message": … }`; `detail` follows the message. */
export function refuse(reason: Refusal, detail?: string): Reply {
  const [status, message] = refusals[reason];
  const body = { error: reason, message: detail === undefined ? message : `${message}: ${detail}` };
  return { status, body, headers: extraHeaders[reason] ?? {}, isStranger: strangers.includes(reason) };
}
