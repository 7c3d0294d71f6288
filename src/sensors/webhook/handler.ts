// From a request to its answer: who sends, what it means, commit, and only then success.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Env } from '#base';
import type { Handler, Incoming, Reply, WrongSecrets } from '../http/index.ts';
import { type MessageSource, type MessageWorld, parseJson, type Taken, withinCommit } from '../messages/index.ts';
import type { SignatureOptions } from '../signature-option.ts';
import { parseForm } from './form.ts';
import { refuse } from './reply.ts';
import { judgeSignature, timeOf } from './signature.ts';
import { openSpent, type Signed, type Spent } from './spent.ts';

/** One sender: how it proves who it is, and what its messages mean. */
export interface Sender {
  readonly id: string;
  /** Whose conditions its secrets make. */
  readonly device: string;
  readonly token?: string | undefined;
  readonly hmac?: SignatureOptions | undefined;
  readonly body: 'json' | 'form';
  readonly source: MessageSource;
}

/** What a handler works in. */
export interface HandlerWorld {
  readonly env: Env;
  readonly marks: MessageWorld['deps']['marks'];
  readonly secrets: WrongSecrets;
  /** A message was understood and is committed: `source` spoke, and `device`. */
  heard(source: string, device: string): void;
}

interface Known extends Sender {
  readonly tokenDigest: Buffer | undefined;
  readonly spent: Spent | undefined;
}

const prefix = '/webhook/';

/** Opens the handler. */
export function openHandler(senders: readonly Sender[], world: HandlerWorld): Handler {
  const { env, marks, secrets } = world;
  const table = new Map(
    senders.map((sender): [string, Known] => {
      const { token, hmac } = sender;
      const tokenDigest = token === undefined ? undefined : digest(token);
      const { window } = hmac?.timestamp ?? {};
      const spent =
        window === undefined ? undefined : openSpent({ source: `webhook ${sender.id} signed`, window }, { clock: env.clock, marks });
      return [sender.id, { ...sender, tokenDigest, spent }];
    }),
  );
  return async (incoming) => {
    const sender = incoming.path.startsWith(prefix) ? table.get(incoming.path.slice(prefix.length)) : undefined;
    if (!sender) return refuse('no-such-source');
    if (incoming.method !== 'POST') return refuse('method-not-allowed');
    const stranger = (reason: 'unauthorised' | 'wrong-signature' | 'wrong-time'): Reply => {
      secrets.wrong(sender.device, incoming.from);
      return refuse(reason);
    };
    if (sender.tokenDigest && !hasToken(sender.tokenDigest, incoming.header('authorization'))) return stranger('unauthorised');
    if (sender.tokenDigest) incoming.proven();
    // Nobody signs this header: whoever has caught a signed body could give it a new name.
    const id = sender.hmac ? undefined : incoming.header('idempotency-key');
    if (id !== undefined && (id.length < 1 || id.length > 200)) return refuse('bad-key');
    const body = await incoming.body();
    if (!body) return refuse('too-large');
    const { verdict, signed } = signatureOf(sender, incoming, body, env);
    if (verdict !== 'right') return stranger(verdict === 'wrong' ? 'wrong-signature' : 'wrong-time');
    secrets.right(sender.device);
    if (!incoming.welcome()) return refuse('busy');
    const earlier = signed ? await sender.spent?.judge(signed) : undefined;
    if (earlier === 'spent') return { status: 200, body: { result: 'duplicate' } };
    if (earlier === 'late') return refuse('wrong-time');
    const message = sender.body === 'form' ? parseForm(body, incoming.header('content-type')) : parseJson(body);
    if (!message.ok) return refuse(sender.body === 'form' ? 'bad-form' : 'bad-json', message.problem);
    const taking = sender.source.take({ content: message.value, body, id, signature: signed?.name }, (device) =>
      world.heard(sender.id, device),
    );
    const taken = await withinCommit(taking, env.clock);
    if (taken && taken.result !== 'no-such-device' && signed) await sender.spent?.add(signed);
    return replyTo(taken);
  };
}

function replyTo(taken: Taken | undefined): Reply {
  if (!taken) return refuse('not-stored');
  if (taken.result === 'no-such-device') return refuse('no-such-device');
  if (!('alarmId' in taken)) return { status: 200, body: { result: taken.result } };
  return { status: 200, body: { result: taken.result, alarmId: taken.alarmId ?? null } };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares digests, so that neither length nor content of the token shows in the time it takes. */
function hasToken(tokenDigest: Buffer, header: string | undefined): boolean {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(token), tokenDigest);
}

/** What the signature says of its body, and a name for it; of a sender with a token nothing is asked. */
function signatureOf(
  { hmac }: Known,
  incoming: Incoming,
  body: Buffer,
  env: Env,
): { verdict: 'right' | 'wrong' | 'late'; signed?: Signed } {
  if (!hmac) return { verdict: 'right' };
  const signature = incoming.header(hmac.header.toLowerCase());
  const time = hmac.timestamp && incoming.header(hmac.timestamp.header.toLowerCase());
  const verdict = judgeSignature(hmac, { signature, time, body }, env.clock.now());
  if (!hmac.timestamp) return { verdict };
  const name = createHash('sha256').update(`${time}\n`).update(body).digest('base64');
  return { verdict, signed: { name, sentMs: timeOf(time) } };
}
