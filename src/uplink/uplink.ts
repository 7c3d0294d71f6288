// The hub session's supervisor: connect on the first route that works, live the connection, and come back with jitter when the line is gone.
import type { IPublishPacket } from 'mqtt';
import { BongsuError, type Env, openBackoff, type Sealer, type Service, uuidv7 } from '#base';
import type { Command, EntryClass, Identity, Outcome } from '#model';
import type { Calls, Store } from '#store';
import { openAnswers } from './answers.ts';
import { awaitRenewal } from './certificates.ts';
import { openCommands } from './commands.ts';
import { type HubMemory, openConfirmation } from './confirmation.ts';
import { liveConnection } from './connection.ts';
import { uplinkFaults } from './faults.ts';
import { openHearing } from './hearing.ts';
import type { Link } from './link.ts';
import type { UplinkOptions } from './options.ts';
import { openRescue } from './rescue.ts';
import { openRouteCursor, routesOf } from './routes.ts';
import type { UplinkSession } from './session.ts';
import { openSignatures } from './signature.ts';
import { openStanding, type UplinkStatus } from './status.ts';
import { openSuspects } from './suspects.ts';
import type { UplinkProcedures } from './tables.ts';
import { watchRoutes } from './watch-routes.ts';
import { openAttempt, openWays, type Way } from './ways.ts';
import { encodeWill, openTopics, type SequenceRange } from './wire/index.ts';

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
  /**
   * Commits that the hub has entries of a class: those of the ranges of `sequence` that were sent. Without it the broker's word counts, whatever the hub
   * announces.
   */
  onConfirm?(entryClass: EntryClass, ranges: readonly SequenceRange[]): Promise<void>;
  /** Counts for the retained state. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

/** The hub session. */
export interface Uplink {
  readonly service: Service;
  status(): UplinkStatus;
}

/** What ended a connection, whether it had held, whether nothing came of it for too long; or it made room for a better one. */
type Ending = { readonly fault: BongsuError; readonly steady: boolean; readonly silent: boolean } | 'change';

/** A connection that held this long was a good one: the waits begin anew. */
const steadyMs = 30_000;
/** Where there is another route, a silent one gets no longer than this, until all have failed. */
const hurriedMs = 5000;
const maxReservedBytes = 2048;
/** What the broker keeps for us and may not send. */
const cutsOff: ReadonlySet<string> = new Set(['uplink.packet-too-large', 'uplink.qos-refused']);
/** A timer may fire a moment early. */
const timerSlackMs = 50;

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
  const signatures = openSignatures(options.commands.signedBy, env);
  const procedures = openBooks(deps.store);
  const commands = openCommands(
    { procedures, sealer, topics, responsePrefix: options.responsePrefix, answers, signatures, onCommand },
    env,
    stop.signal,
  );
  const memory = openHubMemory(procedures, options);
  const confirmation = openConfirmation({ setting: options.confirmation, topics, onConfirm: deps.onConfirm, memory }, env);
  const receive = async (packet: IPublishPacket): Promise<void> => {
    if (!confirmation.receive(packet)) await commands.receive(packet);
  };
  const hearing = openHearing(env);
  const suspects = openSuspects();
  const ways = openWays(options, env);
  const cursor = openRouteCursor(ways, options.routeTries);
  const attempt = openAttempt(options, env);
  const standing = openStanding(cursor.current.standing, env);
  const clientId = options.clientId ?? `bongsu-${deps.identity.site}-${deps.identity.gateway}`;
  let connection = 0;
  /** The broker keeps a packet for us that may not pass: once it shall forget all it keeps, and we hear no commands. */
  let purge: BongsuError | undefined;

  /** One attempt and, when it succeeds, the connection's life. Resolves with what ended it: a fault, or a better connection to come. */
  async function connectOnce(way: Way, signal: AbortSignal): Promise<Ending> {
    const startedMs = env.clock.monotonicMs();
    connection += 1;
    standing.attempted(way.standing);
    const will = encodeWill(topics, { ...deps, connection }, uuidv7(env.clock.now(), env.random));
    const isHurried = ways.length > 1 && cursor.isFirstRound;
    const plan = { clientId, will, clean: purge !== undefined, onPublish: receive, ...(isHurried && { patienceMs: hurriedMs }) };
    const result = await attempt(way, plan, signal);
    if ('fault' in result) {
      if (!signal.aborted) standing.failed(result.fault);
      return { fault: result.fault, steady: false, silent: isHurried && env.clock.monotonicMs() - startedMs > hurriedMs - timerSlackMs };
    }
    return await live(result.link, way, signal);
  }

  async function live(link: Link, way: Way, signal: AbortSignal): Promise<Ending> {
    const startedMs = env.clock.monotonicMs();
    standing.connected(way.standing, link.level);
    confirmation.begin();
    hearing.begin();
    const change = new AbortController();
    const over = AbortSignal.any([signal, change.signal]);
    const lost = (): void => {
      standing.disconnected();
      if (!over.aborted) standing.failed(faultOf(link));
    };
    link.closed.addEventListener('abort', lost, { once: true });
    await using rescue = openRescue({ ways: ways.filter((other) => other !== way), attempt, clientId, unheard: options.unheard }, env);
    const goBack = (better: Way): void => {
      cursor.moveTo(better);
      change.abort();
    };
    const watching = watchRoutes(
      { ways, current: way, attempt, clientId, failBackMs: options.failBack, goBack },
      AbortSignal.any([over, link.closed]),
      env,
    );
    const renew = async (): Promise<void> => {
      if (!(await awaitRenewal(way.route.tls, AbortSignal.any([over, link.closed]), env))) return;
      env.log.info({ route: way.route.name }, 'the certificates were renewed: the connection is made again');
      change.abort();
    };
    const renewing = renew();
    const { onSession, counts, identity, version } = deps;
    const facts = {
      options,
      identity,
      version,
      connection,
      topics,
      answers,
      confirmation,
      hearing,
      suspects,
      rescue,
      deafBy: purge,
      onSession,
      counts,
    };
    await liveConnection(link, { ...facts, noted: standing.noted, isFarewell: () => signal.aborted }, over, env);
    await Promise.all([watching, renewing]);
    if (change.signal.aborted) return 'change';
    return { fault: faultOf(link), steady: env.clock.monotonicMs() - startedMs >= steadyMs, silent: false };
  }

  async function run(signal: AbortSignal): Promise<void> {
    const backoff = openBackoff({ minMs: options.retryMin, maxMs: Math.max(options.retryMin, options.retryMax) }, env.random);
    signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
    try {
      while (!signal.aborted) {
        const ending = await connectOnce(cursor.current, signal);
        purge = undefined;
        if (signal.aborted) break;
        if (ending === 'change') continue;
        purge = cutsOff.has(ending.fault.code) ? ending.fault : undefined;
        if (ending.steady) {
          backoff.reset();
          cursor.held();
        }
        if (cursor.failed(ending.silent)) await env.clock.sleep(backoff.next(), signal).catch(() => {});
      }
    } finally {
      stop.abort();
      await commands.settled();
    }
  }

  return {
    service: { name: 'uplink', run },
    status: () => ({
      ...standing.read(),
      confirmation: confirmation.known,
      unheard: hearing.unheard,
      isHeard: hearing.isHeard,
      routes: ways.map((way) => way.standing.read()),
      commands: { ...commands.counts(), outcomesDropped: answers.dropped },
    }),
  };
}

/** Commands may use the reserved pages; outcomes of more than a picture's address may not, lest long lists take what the ledger needs. */
function openBooks(store: Store): Calls<UplinkProcedures> {
  const reserved = store.procedures<UplinkProcedures>('uplink', { reserved: true });
  const ordinary = store.procedures<UplinkProcedures>('uplink');
  return {
    accept: (ask) => reserved.accept(ask),
    keepWord: (word) => reserved.keepWord(word),
    word: (ask) => reserved.word(ask),
    withdraw: (ask) => reserved.withdraw(ask),
    finish: (done) => (done.outcome.byteLength <= maxReservedBytes ? reserved : ordinary).finish(done),
  };
}

/** The hub is known by the addresses of its brokers: at another address another one may be, which never confirms. */
function openHubMemory(procedures: Calls<UplinkProcedures>, options: UplinkOptions): HubMemory {
  const brokers = routesOf(options)
    .map(({ url }) => url)
    .toSorted()
    .join(' ');
  return {
    keep: (confirmation) => procedures.keepWord({ brokers, confirmation }),
    async recall() {
      const word = await procedures.word({ brokers });
      return word === 'hub' || word === 'broker' ? word : undefined;
    },
  };
}

function faultOf(link: Link): BongsuError {
  const reason: unknown = link.closed.reason;
  return reason instanceof BongsuError ? reason : uplinkFaults.fault('connection-lost');
}
