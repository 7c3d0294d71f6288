// The hub session's supervisor: connect, live the connection, and come back with jitter when the line is gone.
import { BongsuError, type Env, openBackoff, type Sealer, type Service, uuidv7 } from '#base';
import type { Command, Identity, Outcome } from '#model';
import type { Store } from '#store';
import { openAnswers } from './answers.ts';
import { openCommands } from './commands.ts';
import { type ConnectResult, connect } from './connect.ts';
import { liveConnection } from './connection.ts';
import { uplinkFaults } from './faults.ts';
import type { Link } from './link.ts';
import type { UplinkOptions } from './options.ts';
import type { UplinkSession } from './session.ts';
import { openStanding, type UplinkStatus } from './status.ts';
import type { UplinkProcedures } from './tables.ts';
import { openVersionMemory } from './version.ts';
import { encodeWill, openTopics } from './wire/index.ts';

/** What the uplink needs of the house. */
export interface UplinkDeps {
  readonly identity: Identity;
  /** Version of this software, told in the state. */
  readonly version: string;
  readonly store: Store;
  readonly sealer: Sealer;
  /** Runs a command once; its signal aborts when the command expires or the gateway stops. */
  onCommand(command: Command, signal: AbortSignal): Promise<Outcome>;
  /** Runs while a session lives and must end soon after its signal aborts: the next connection waits for it. A rejection is a crash. */
  onSession(session: UplinkSession): Promise<void>;
  /** Counts for the retained state. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

/** The hub session. */
export interface Uplink {
  readonly service: Service;
  status(): UplinkStatus;
}

/** A connection that held this long was a good one: the waits begin anew. */
const steadyMs = 30_000;

/**
 * Opens the uplink; nothing happens until its service runs.
 * @throws uplink.identity-invalid
 */
export function openUplink(options: UplinkOptions, deps: UplinkDeps, outer: Env): Uplink {
  const env: Env = { ...outer, log: outer.log.child({ room: 'uplink' }) };
  const topics = openTopics(deps.identity);
  const answers = openAnswers(env);
  const stop = new AbortController();
  const { sealer, onCommand } = deps;
  const procedures = deps.store.procedures<UplinkProcedures>('uplink');
  const commands = openCommands(
    { procedures, sealer, topics, responsePrefix: options.responsePrefix, answers, onCommand },
    env,
    stop.signal,
  );
  const standing = openStanding(options.url, env);
  const versions = openVersionMemory(env.clock);
  const clientId = options.clientId ?? `bongsu-${deps.identity.site}-${deps.identity.gateway}`;
  let connection = 0;
  /** The broker keeps a packet for us that is too large: once it shall forget all it keeps, and we hear no commands. */
  let purge = false;

  async function attempt(signal: AbortSignal): Promise<ConnectResult> {
    connection += 1;
    standing.attempted();
    const level = versions.choose();
    const will = encodeWill(topics, { ...deps, connection }, uuidv7(env.clock.now(), env.random));
    const plan = { level, clientId, will, clean: purge, onPublish: commands.receive };
    const result = await connect(options, plan, env, signal);
    if ('link' in result) versions.succeeded(level);
    else if (versions.failed(level, result.hint) && !signal.aborted) return await attempt(signal);
    return result;
  }

  /** One attempt and, when it succeeds, the connection's life. Resolves with what ended it, and whether it held. */
  async function connectOnce(signal: AbortSignal): Promise<{ fault: BongsuError; steady: boolean }> {
    const result = await attempt(signal);
    if ('fault' in result) {
      if (!signal.aborted) standing.failed(result.fault);
      return { fault: result.fault, steady: false };
    }
    const startedMs = env.clock.monotonicMs();
    standing.connected(result.link.level);
    result.link.closed.addEventListener(
      'abort',
      () => {
        standing.disconnected();
        if (!signal.aborted) standing.failed(faultOf(result.link));
      },
      { once: true },
    );
    const { onSession, counts, identity, version } = deps;
    const life = { options, identity, version, connection, topics, answers, hearsCommands: !purge, onSession, counts };
    await liveConnection(result.link, { ...life, failed: standing.failed }, signal, env);
    return { fault: faultOf(result.link), steady: env.clock.monotonicMs() - startedMs >= steadyMs };
  }

  async function run(signal: AbortSignal): Promise<void> {
    const backoff = openBackoff({ minMs: options.retryMin, maxMs: Math.max(options.retryMin, options.retryMax) }, env.random);
    signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
    try {
      while (!signal.aborted) {
        const { fault, steady } = await connectOnce(signal);
        if (signal.aborted) break;
        purge = fault.code === 'uplink.packet-too-large';
        if (steady) backoff.reset();
        await env.clock.sleep(backoff.next(), signal).catch(() => {});
      }
    } finally {
      stop.abort();
      await commands.settled();
    }
  }

  return {
    service: { name: 'uplink', run },
    status: () => ({ ...standing.read(), commands: { ...commands.counts(), outcomesDropped: answers.dropped } }),
  };
}

function faultOf(link: Link): BongsuError {
  const reason: unknown = link.closed.reason;
  return reason instanceof BongsuError ? reason : uplinkFaults.fault('connection-lost');
}
