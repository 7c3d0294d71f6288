// The technician's story of pictures on their way: who gets which, at what rate and loss, and the end of one session.
import type { Access, OpenGrant } from '#access';
import { type Env, messageOf } from '#base';
import type { Cameras } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Registry } from '#registry';
import type { Streams, StreamsStatus } from '#streams';
import type { Grants } from './grants.ts';
import { viewersOf } from './viewers.ts';
import { explainSilence } from './why.ts';

/** The operations about pictures on their way. */
export type StreamHandlers = Pick<ControlHandlers, 'stream.list' | 'stream.watch' | 'stream.kick' | 'stream.why'>;

export interface TechnicianStreamsDeps {
  readonly access: Pick<Access, 'account' | 'lastRefusal' | 'lineUse' | 'list' | 'openGrants'>;
  readonly cameras: Pick<Cameras, 'source' | 'status'>;
  readonly grants: Pick<Grants, 'end'>;
  readonly registry: Pick<Registry, 'find'>;
  readonly streams: Pick<Streams, 'cut' | 'status'>;
}

type Snapshot = Result<'stream.list'>;

/** The rate of a list is of so long. */
const listMs = 1_000;

/** One handler for each operation. */
export function openTechnicianStreams(deps: TechnicianStreamsDeps, env: Env): StreamHandlers {
  return {
    'stream.list': async (_, { signal }) => {
      const sample = openSampler(deps, env);
      await sample();
      await env.clock.sleep(listMs, signal);
      return await sample();
    },
    'stream.watch': (input, { signal }) => watch(input, deps, env, signal),
    'stream.kick': (input, context) => kick(input, context, deps),
    'stream.why': async ({ id }) => ({ findings: await explainSilence(id, deps) }),
  };
}

async function* watch(
  { everyMs, forMs = Number.POSITIVE_INFINITY }: Input<'stream.watch'>,
  deps: TechnicianStreamsDeps,
  env: Env,
  signal: AbortSignal,
): AsyncGenerator<Snapshot> {
  const sample = openSampler(deps, env);
  const endsAt = env.clock.monotonicMs() + forMs;
  await sample();
  while (env.clock.monotonicMs() < endsAt) {
    await env.clock.sleep(everyMs, signal).catch(() => {});
    if (signal.aborted) return;
    yield await sample();
  }
}

/** Takes samples whose rates are of the time since the one before. */
function openSampler({ access, streams }: TechnicianStreamsDeps, env: Env): () => Promise<Snapshot> {
  let before = new Map<string, number>();
  let beforeMs = 0;
  return async () => {
    const [status, grants] = await Promise.all([streams.status(), openGrantsOf(access, env)]);
    const nowMs = env.clock.monotonicMs();
    const tookMs = nowMs - beforeMs;
    const counts = new Map<string, number>();
    const rateOf = (name: string, bytes: number): number | undefined => {
      const known = before.get(name);
      counts.set(name, bytes);
      return known === undefined || bytes < known || tookMs <= 0 ? undefined : Math.round(((bytes - known) * 8000) / tookMs);
    };
    const paths = status.paths.map((path) => ({
      ...path,
      readers: viewersOf(path, status.sessions).length,
      bitsPerSecond: rateOf(nameOf(path), path.bytes),
    }));
    const sessions = status.sessions.map((session) => ({
      ...session,
      bitsPerSecond: rateOf(session.session, session.bytes),
      service: grants.get(session.grant)?.request.service,
      remainingMs: grants.get(session.grant)?.remainingMs,
    }));
    before = counts;
    beforeMs = nowMs;
    return { relay: status.media.state, time: env.clock.now(), paths, sessions };
  };
}

/** By id; empty while the store cannot be read: what flows is told all the same. */
async function openGrantsOf(access: Pick<Access, 'openGrants'>, env: Env): Promise<ReadonlyMap<string, OpenGrant>> {
  try {
    return new Map((await access.openGrants()).map((grant) => [grant.id, grant]));
  } catch (error) {
    env.log.debug({ error: messageOf(error) }, 'the grants of the streams are not known now');
    return new Map();
  }
}

function nameOf({ device, channel, quality }: StreamsStatus['paths'][number]): string {
  return `${device}/${channel}/${quality}`;
}

/** A session alone on its grant ends with it, for its token would open the next one; where others look too, only it is cut. */
async function kick(
  { session, reason }: Input<'stream.kick'>,
  { origin }: CallContext,
  { access, grants, streams }: TechnicianStreamsDeps,
): Promise<Result<'stream.kick'>> {
  const { sessions } = await streams.status();
  const found = sessions.find((one) => one.session === session);
  if (!found) return { found: false, grantEnded: false, grant: '' };
  const { grant } = found;
  const isAlone = sessions.filter((one) => one.grant === grant).length === 1;
  await access.account({ act: 'stream.kick', subject: `${found.device}/${found.channel}`, by: origin, detail: `${session}: ${reason}` });
  if (isAlone) return { found: true, grantEnded: await grants.end(grant, 'revoked', reason, origin), grant };
  return { found: await streams.cut(session), grantEnded: false, grant };
}
