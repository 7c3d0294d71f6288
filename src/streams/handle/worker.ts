// One media process as the gateway sees it: its leases, where it listens, and a keeper that starts it again.
import { accessSync, constants } from 'node:fs';
import { type Env, messageOf, type Service } from '#base';
import type { GrantForm, StreamProtocol } from '#model';
import { streamsFaults } from '../faults.ts';
import type { StreamsOptions } from '../options.ts';
import { type MediaEvent, type MediaOptions, type MediaStatus, type ToGateway, toMedia } from '../protocol.ts';
import { type Book, openBook } from './book.ts';
import type { Earlier, Streams, StreamsDeps } from './contract.ts';
import { type Failures, openFailures } from './failures.ts';
import { type Listeners, openListeners } from './listeners.ts';
import { forkMedia, type MediaLink } from './media-link.ts';
import { findTarget } from './push-target.ts';
import { supervise } from './supervisor.ts';

/** One process of the relay. */
export interface Worker extends Omit<Streams, 'mayPush' | 'service'> {
  readonly run: Service['run'];
  /** Whether it has the lease of this grant. */
  has(grant: string): boolean;
  /** Whether a lease of it opens with a token of this hash. */
  opensWith(tokenHash: string): boolean;
}

/** What it works with: `number` counts the processes, from 0. */
export interface WorkerDeps extends StreamsDeps {
  readonly number: number;
}

/** Addresses that may be open at the same time. */
const maxLeases = 1_024;
/** How long `admit` waits for the media process to listen. */
const startMs = 5_000;
/** Answer of the media process. */
const callMs = 2_000;

/** Opens its handle; nothing runs until `run` does. `number` is told with what it tells of itself, from 0. */
export function openWorker(options: StreamsOptions, deps: WorkerDeps, env: Env): Worker {
  const book = openBook(env.clock);
  const listeners = openListeners(options);
  const failures = openFailures(env.clock);
  const keeper = openKeeper({ book, listeners, failures }, deps, env);

  return {
    run: keeper.run,
    has: book.has,
    opensWith: book.opensWith,
    async admit(wanted, pushTo, earlier) {
      const push = pushTo === undefined ? undefined : findTarget(pushTo, options);
      if (pushTo !== undefined && !push) throw streamsFaults.fault('push-not-allowed');
      if (wanted.form === 'still' && wanted.source.url.startsWith('rtsp') && !isProgram(options.ffmpeg))
        throw streamsFaults.fault('no-decoder');
      const endsAt = env.clock.monotonicMs() + wanted.remainingMs;
      if (book.size >= maxLeases && !book.has(wanted.grant)) throw streamsFaults.fault('full');
      const link = await keeper.listening(wanted.form, wanted.protocol);
      const remainingMs = endsAt - env.clock.monotonicMs();
      if (remainingMs <= 0) throw streamsFaults.fault('too-late');
      const lease = { ...wanted, push, remainingMs, source: { basicAllowed: options.allowBasic, ...wanted.source } };
      const openWithinMs = leftToOpen(options, earlier);
      book.add(lease, openWithinMs);
      const answer = await link.call((id) => ({ type: 'admit', id, lease, openWithinMs }), callMs);
      if (answer) return;
      book.remove(lease.grant);
      void link.call((id) => ({ type: 'revoke', id, grant: lease.grant }), callMs);
      throw streamsFaults.fault('media-down');
    },
    async extend(grant, remainingMs) {
      if (!book.has(grant)) throw streamsFaults.fault('unknown-grant', { detail: grant });
      book.extend(grant, remainingMs);
      await keeper.link?.call((id) => ({ type: 'extend', id, grant, remainingMs }), callMs);
    },
    async revoke(grant, why = 'revoked') {
      book.remove(grant);
      await keeper.link?.call((id) => ({ type: 'revoke', id, grant, why }), callMs);
    },
    async cut(session) {
      const answer = await keeper.link?.call((id) => ({ type: 'cut', id, session }), callMs);
      return answer?.type === 'reply' && answer.known;
    },
    address: listeners.address,
    localAddress: listeners.localAddress,
    async look({ source, ...rest }, timeoutMs) {
      const ask = { ...rest, source: { basicAllowed: options.allowBasic, ...source } };
      const answer = await keeper.link?.call((id) => ({ type: 'look', id, ask, timeoutMs }), timeoutMs + callMs);
      return answer?.type === 'looked' ? answer.look : undefined;
    },
    async warm({ source, ...rest }, forMs) {
      const warm = { ...rest, source: { basicAllowed: options.allowBasic, ...source } };
      const answer = await keeper.link?.call((id) => ({ type: 'warm', id, warm, forMs }), callMs);
      return answer?.type === 'reply' && answer.known;
    },
    async status() {
      const { link, restarts } = keeper;
      const answer = await link?.call((id) => ({ type: 'status', id }), callMs);
      const status: Partial<MediaStatus> = answer?.type === 'status' ? answer.status : {};
      const { paths = [], sessions = [], blocked = [], rssBytes = 0 } = status;
      const state = answer ? 'up' : link && link === keeper.link ? 'silent' : 'down';
      const media = { state, pid: link?.pid, restarts, rssBytes } as const;
      return {
        media,
        rtsp: listeners.rtsp,
        http: listeners.http,
        leases: book.size,
        paths: paths.map(failures.date),
        sessions,
        blocked,
        maxReaders: options.maxReaders,
      };
    },
  };
}

/** What is left of the time in which an address must be used first; undefined: it was. */
function leftToOpen({ openWithin }: StreamsOptions, earlier: Earlier | undefined): number | undefined {
  if (earlier?.used) return undefined;
  // A wall clock that was set back lengthens nothing.
  return Math.min(openWithin, Math.max(0, openWithin - (earlier?.agoMs ?? 0)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Who has the running media process in hand. */
interface Keeper {
  readonly link: MediaLink | undefined;
  readonly restarts: number;
  run(signal: AbortSignal): Promise<void>;
  /** Waits until the media process listens for `form`; rejects with `streams.cannot-listen` or `streams.media-down`. */
  listening(form: GrantForm, protocol?: StreamProtocol): Promise<MediaLink>;
}

/** What the keeper writes into. */
interface Records {
  readonly book: Book;
  readonly listeners: Listeners;
  readonly failures: Failures;
}

function openKeeper({ book, listeners, failures }: Records, deps: WorkerDeps, env: Env): Keeper {
  let link: MediaLink | undefined;
  let starts = 0;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const emit = (event: MediaEvent): void => {
    book.note(event);
    failures.note(event);
    deps.onEvent(event);
  };
  const onMessage = (message: ToGateway): void => {
    if (message.type === 'event') emit(message.event);
    if (message.type === 'claimed') {
      book.claimed(message.grant);
      deps.onEvent({ event: 'grant-used', grant: message.grant });
    }
    if (message.type === 'listening') {
      listeners.set(message.listener, { state: 'listening', ...message.address, reason: '' });
      deps.onEvent({ event: 'listening', listener: message.listener, process: deps.number });
    }
    if (message.type === 'cannot-listen') {
      listeners.set(message.listener, { state: 'failed', ...message.address, reason: message.reason });
      tellCannotListen(message, deps, env);
    }
    if (message.type === 'listening' || message.type === 'cannot-listen') change();
  };
  /** Told only now, for what is left of a lease would grow by the time that the process takes to start. */
  const ready = (opened: MediaLink): void => {
    const order = { type: 'configure', options: listeners.mediaOptions() } as const;
    const { error } = toMedia.safeParse(order);
    if (error) refuseToListen(order.options, messageOf(error), onMessage);
    else opened.send(order);
    handOver(book, opened, emit);
    link = opened;
    if (opened.pid !== undefined) deps.onEvent({ event: 'media-up', pid: opened.pid, process: deps.number });
    change();
  };
  const start = (): MediaLink => {
    const hear = (message: ToGateway): void => (message.type === 'ready' ? ready(opened) : onMessage(message));
    const opened = forkMedia({ entry: deps.mediaEntry, nodePath: deps.nodePath }, hear, env);
    starts += 1;
    return opened;
  };
  const died = (reason: string): void => {
    link = undefined;
    listeners.restart();
    for (const event of book.buryCrashed()) emit(event);
    env.log.error({ reason, process: deps.number }, 'the media process died; it is started again');
    deps.onEvent({ event: 'media-down', reason, process: deps.number });
  };

  return {
    get link() {
      return link;
    },
    get restarts() {
      return Math.max(0, starts - 1);
    },
    async run(signal) {
      await supervise({ start, died }, env, signal);
      link = undefined;
    },
    async listening(form, protocol) {
      const until = env.clock.monotonicMs() + startMs;
      for (let left = startMs; left > 0; left = until - env.clock.monotonicMs()) {
        const { state, host, port, reason } = listeners.of(form, protocol);
        if (link && state === 'listening') return link;
        if (state === 'failed') throw streamsFaults.fault('cannot-listen', { detail: `${host}:${port} ${reason}` });
        const stop = new AbortController();
        await Promise.race([changed.promise, env.clock.sleep(left, stop.signal).catch(() => {})]);
        stop.abort();
      }
      throw streamsFaults.fault('media-down');
    },
  };
}

/** The media process would drop what it does not understand, and nobody would hear of it. */
function refuseToListen(options: MediaOptions, problem: string, tell: (message: ToGateway) => void): void {
  const reason = `the media process cannot be configured: ${problem}`.slice(0, 300);
  for (const listener of ['rtsp', 'http'] as const) tell({ type: 'cannot-listen', listener, address: options[listener], reason });
}

function tellCannotListen(message: Extract<ToGateway, { type: 'cannot-listen' }>, deps: WorkerDeps, env: Env): void {
  const { listener, reason } = message;
  const address = `${message.address.host}:${message.address.port}`;
  const fault = streamsFaults.fault('cannot-listen', { detail: `${address} ${reason}` });
  env.log.error({ code: fault.code, hint: fault.hint.en }, fault.message);
  deps.onEvent({ event: 'cannot-listen', listener, address, reason, process: deps.number });
}

/** Tells a new media process of all leases that stand; those that are over meanwhile are told to the gateway. */
function handOver(book: Book, link: MediaLink, emit: (event: MediaEvent) => void): void {
  for (const handed of book.handOver()) {
    if (handed.state === 'over') emit(handed.event);
    else void link.call((id) => ({ type: 'admit', id, lease: handed.lease, openWithinMs: handed.openWithinMs }), callMs);
  }
}
