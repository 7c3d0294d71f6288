// What the webhook answers: status and JSON for every outcome, as a table.

/** An answer to be sent. */
export interface Reply {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusals = {
  'no-such-source': [404, 'no source has this name: send to POST /webhook/NAME'],
  'method-not-allowed': [405, 'send with POST'],
  unauthorised: [401, 'the header Authorization: Bearer TOKEN is missing or wrong'],
  'too-large': [413, 'the body is larger than 64 KiB'],
  'bad-json': [400, 'the body cannot be read'],
  'bad-key': [400, 'Idempotency-Key has 1 to 200 characters'],
  'no-such-device': [404, 'no device of this source has the key in the body'],
  busy: [503, 'too many requests at once: send again'],
  'not-stored': [503, 'the message could not be stored: send again'],
} as const satisfies Record<string, readonly [number, string]>;

export type Refusal = keyof typeof refusals;

/** Strangers keep no connection. */
const extraHeaders: Partial<Record<Refusal, Record<string, string>>> = {
  'method-not-allowed': { allow: 'POST' },
  'no-such-source': { connection: 'close' },
  unauthorised: { 'www-authenticate': 'Bearer', connection: 'close' },
  busy: { 'retry-after': '1' },
  'not-stored': { 'retry-after': '5' },
};

/** A refusal as `{ "error": …, "message": … }`; `detail` follows the message. */
export function refuse(reason: Refusal, detail?: string): Reply {
  const [status, message] = refusals[reason];
  const body = { error: reason, message: detail === undefined ? message : `${message}: ${detail}` };
  return { status, body, headers: extraHeaders[reason] ?? {} };
}
