// From a request to its answer: who sends, what it means, commit, and only then success.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Env } from '#base';
import { type MessageSource, parseJson, type Taken } from '../messages/index.ts';
import type { Handler } from './listener.ts';
import { type Reply, refuse } from './reply.ts';

/** One sender: its token, and what its messages mean. */
export interface Sender {
  readonly id: string;
  readonly token: string;
  readonly source: MessageSource;
}

interface Known extends Sender {
  readonly tokenDigest: Buffer;
}

/** The store gets so long; then the sender is told to send again, and its retry meets the same occurrence key. */
const maxCommitMs = 10_000;
const prefix = '/webhook/';

/** Opens the handler. `heard` is called for a message that was understood and is committed: `source` spoke, and `device`. */
export function openHandler(senders: readonly Sender[], env: Env, heard: (source: string, device: string) => void): Handler {
  const table = new Map(senders.map((sender): [string, Known] => [sender.id, { ...sender, tokenDigest: digest(sender.token) }]));
  return async (incoming) => {
    const sender = incoming.path.startsWith(prefix) ? table.get(incoming.path.slice(prefix.length)) : undefined;
    if (!sender) return refuse('no-such-source');
    if (incoming.method !== 'POST') return refuse('method-not-allowed');
    if (!isAuthorised(sender, incoming.authorization)) return refuse('unauthorised');
    const id = incoming.idempotencyKey;
    if (id !== undefined && (id.length < 1 || id.length > 200)) return refuse('bad-key');
    const body = await incoming.body();
    if (!body) return refuse('too-large');
    const message = parseJson(body);
    if (!message.ok) return refuse('bad-json', message.problem);
    const taking = sender.source.take({ content: message.value, body, id }, (device) => heard(sender.id, device));
    return replyTo(await within(taking, env));
  };
}

function replyTo(taken: Taken | undefined): Reply {
  if (!taken) return refuse('not-stored');
  if (taken.result === 'no-such-device') return refuse('no-such-device');
  if (!('alarmId' in taken)) return { status: 200, body: { result: taken.result } };
  return { status: 200, body: { result: taken.result, alarmId: taken.alarmId ?? null } };
}

async function within<T>(work: Promise<T>, env: Env): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  using _timer = env.clock.after(maxCommitMs, () => late.resolve(undefined));
  work.catch(() => {});
  return await Promise.race([work, late.promise]);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares digests, so that neither length nor content of the token shows in the time it takes. */
function isAuthorised(sender: Known, header: string | undefined): boolean {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(token), sender.tokenDigest);
}
