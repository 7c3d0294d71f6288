// From a notification to its answer: whose it is, what it tells, commit, and only then success.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Env } from '#base';
import type { Handler, Incoming, Reply, WrongSecrets } from '../http/index.ts';
import { parseJson, withinCommit } from '../messages/index.ts';
import { welcome } from '../wire/index.ts';
import { type Instance, readNotice } from './notification.ts';
import { answer, echo } from './reply.ts';

/** One source as the handler sees it. */
export interface Target {
  readonly id: string;
  readonly device: string;
  readonly token: string;
  readonly from: readonly string[];
  /** Resolves after the commit; false: its container is nobody's. */
  take(instance: Instance, body: Uint8Array): Promise<boolean>;
  /** The platform says that our subscription is gone. */
  gone(): void;
}

/** Opens the handler. */
export function openHandler(targets: readonly Target[], { env, secrets }: { readonly env: Env; readonly secrets: WrongSecrets }): Handler {
  const table = new Map(
    targets.map((target) => {
      const mayCome = target.from.length === 0 ? () => true : welcome(target.from);
      return [target.id, { ...target, tokenDigest: digest(target.token), mayCome }] as const;
    }),
  );
  const handle = async (incoming: Incoming): Promise<Reply> => {
    const [, id = '', token = ''] = /^\/onem2m\/([^/]{1,40})\/([^/]{1,200})\/?$/.exec(incoming.path) ?? [];
    const target = table.get(id);
    if (!target) return answer('not-found');
    if (!timingSafeEqual(digest(token), target.tokenDigest) || !target.mayCome(incoming.from)) {
      secrets.wrong(target.device, incoming.from);
      return answer('not-found');
    }
    if (incoming.method !== 'POST') return answer('not-allowed');
    incoming.proven();
    const body = await incoming.body();
    if (!body) return answer('too-large');
    secrets.right(target.device);
    if (!incoming.welcome()) return answer('busy');
    const parsed = parseJson(body);
    const notice = parsed.ok ? readNotice(parsed.value) : undefined;
    if (!notice) return answer('bad-request', parsed.ok ? undefined : parsed.problem);
    if (notice.what === 'deletion') target.gone();
    if (notice.what !== 'instances') return answer('ok');
    if (notice.instances.length === 0) return answer('bad-request', 'no content instance that can be read');
    // Mobius itself waits 2.5 s, and tells nothing twice: what was late is committed all the same.
    return (await withinCommit(takeAll(target, notice.instances, body), env.clock)) ?? answer('not-stored');
  };
  return async (incoming) => echo(await handle(incoming), incoming);
}

async function takeAll(target: Target, instances: readonly Instance[], body: Uint8Array): Promise<Reply> {
  let strangers = 0;
  for (const instance of instances) if (!(await target.take(instance, body))) strangers += 1;
  return strangers === instances.length ? answer('no-such-device') : answer('ok');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
