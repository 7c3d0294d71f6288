// The gateway's handle of the relay: admits, extends and revokes leases, and keeps a media process running that knows them.
import { accessSync, constants } from 'node:fs';
import type { Env, Service } from '#base';
import type { GrantForm, Look, LookAsk, StreamProtocol } from '#model';
import { streamsFaults } from '../faults.ts';
import type { StreamsOptions } from '../options.ts';
import type {
  BlockedNetwork,
  Lease,
  MediaEvent,
  MediaStatus,
  PathReport,
  PushTarget,
  SessionReport,
  ToGateway,
  Warm,
} from '../protocol.ts';
import { isBelow, parsePushAddress } from '../push-address.ts';
import { type Book, openBook } from './book.ts';
import { type Listener, type Listeners, openListeners } from './listeners.ts';
import { forkMedia, type MediaLink } from './media-link.ts';
import { supervise } from './supervisor.ts';

/** What the gateway hears of the relay. */
export type StreamEvent =
  | MediaEvent
  | { readonly event: 'media-up'; readonly pid: number }
  /** `reason`: a signal's name or an exit status. It is started again by itself. */
  | { readonly event: 'media-down'; readonly reason: string }
  /** It lets readers in, for the first time or again. */
  | { readonly event: 'listening'; readonly listener: 'rtsp' | 'http' }
  | { readonly event: 'cannot-listen'; readonly listener: 'rtsp' | 'http'; readonly address: string; readonly reason: string };

export interface StreamsDeps {
  /** The module that calls `runMedia`. */
  readonly mediaEntry: URL;
  /** The Node binary that runs it. */
  readonly nodePath: string;
  onEvent(event: StreamEvent): void;
}

export interface StreamsStatus {
  readonly media: { readonly state: 'up' | 'down'; readonly pid: number | undefined; readonly restarts: number; readonly rssBytes: number };
  readonly rtsp: Listener;
  readonly http: Listener;
  /** Addresses that are open. */
  readonly leases: number;
  readonly paths: readonly PathReport[];
  readonly sessions: readonly SessionReport[];
  /** Whom the doors do not answer now, because of wrong tokens. */
  readonly blocked: readonly BlockedNetwork[];
  /** Sessions that one grant may have at the same time. */
  readonly maxReaders: number;
}

/** The relay as the gateway sees it. */
export interface Streams {
  /** Whether the configuration allows pictures to be pushed to this address. */
  mayPush(url: string): boolean;
  /** Keeps the media process running; it is stopped with the signal. */
  readonly service: Service;
  /**
   * Opens an address: resolves when the media process has it; its end does not move however long that takes. Not in force when it rejects:
   * `streams.full`, `streams.media-down` (after 5 s), `streams.cannot-listen`, `streams.too-late` (nothing is left of it),
   * `streams.push-not-allowed`, `streams.no-decoder` (a still with the source of a stream, where no ffmpeg is).
   */
  admit(lease: Omit<Lease, 'push'>, pushTo?: string): Promise<void>;
  /** New time left, milliseconds. Rejects with `streams.unknown-grant`. While the media process is down it is told when it is back. */
  extend(grant: string, remainingMs: number): Promise<void>;
  /** Cuts the grant's sessions and forgets its address; also when nothing is known of it. */
  revoke(grant: string, why?: 'revoked' | 'preempted'): Promise<void>;
  /** Cuts one session at once; its grant stands. False when there is none, or the media process is down. Not for pushes: end their grant. */
  cut(session: string): Promise<boolean>;
  /** The address that opens with `token`, as the hub is told it. Its port is known after the first `admit`. */
  address(form: GrantForm, token: string, protocol?: StreamProtocol): string;
  /**
   * The gateway's own look at a camera, at most `timeoutMs`; its frames stay in the media process. It is for the caller to write it on the audit first.
   * Undefined when nothing can be said: the media process is down or has no room. At most one failed login.
   */
  look(ask: LookAsk, timeoutMs: number): Promise<Look | undefined>;
  /**
   * Keeps a camera open for `forMs` without a reader: whoever comes then has its pictures at once. They stay in the media process; it is for the caller
   * to write it on the audit first. False when it cannot be: the media process is down or keeps enough.
   */
  warm(warm: Warm, forMs: number): Promise<boolean>;
  /** Within 2 s; without paths and sessions while the media process is down. */
  status(): Promise<StreamsStatus>;
}

/** Addresses that may be open at the same time. */
const maxLeases = 1_024;
/** How long `admit` waits for the media process to listen. */
const startMs = 5_000;
/** Answer of the media process. */
const callMs = 2_000;

/** Opens the handle; nothing runs until its service does. */
export function openStreams(options: StreamsOptions, deps: StreamsDeps, env: Env): Streams {
  const book = openBook(env.clock);
  const listeners = openListeners(options);
  const keeper = openKeeper(book, listeners, deps, env);

  return {
    service: { name: 'streams', run: keeper.run },
    mayPush: (url) => findTarget(url, options) !== undefined,
    async admit(wanted, pushTo) {
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
      book.add(lease, options.openWithin);
      const answer = await link.call((id) => ({ type: 'admit', id, lease, openWithinMs: options.openWithin }), callMs);
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
      const media = { state: link ? ('up' as const) : ('down' as const), pid: link?.pid, restarts, rssBytes };
      return {
        media,
        rtsp: listeners.rtsp,
        http: listeners.http,
        leases: book.size,
        paths,
        sessions,
        blocked,
        maxReaders: options.maxReaders,
      };
    },
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The address with the login that the configuration has for it; undefined when it is not allowed. */
function findTarget(url: string, { pushTo }: StreamsOptions): PushTarget | undefined {
  const address = parsePushAddress(url);
  const entry = pushTo.find((one) => {
    const allowed = parsePushAddress(one.address);
    return address && allowed && isBelow(address, allowed);
  });
  return address && entry && { url: address.url, user: entry.user ?? '', password: entry.password ?? '', ca: entry.ca };
}

/** Who has the running media process in hand. */
interface Keeper {
  readonly link: MediaLink | undefined;
  readonly restarts: number;
  run(signal: AbortSignal): Promise<void>;
  /** Waits until the media process listens for `form`; rejects with `streams.cannot-listen` or `streams.media-down`. */
  listening(form: GrantForm, protocol?: StreamProtocol): Promise<MediaLink>;
}

function openKeeper(book: Book, listeners: Listeners, deps: StreamsDeps, env: Env): Keeper {
  let link: MediaLink | undefined;
  let starts = 0;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const emit = (event: MediaEvent): void => {
    book.note(event);
    deps.onEvent(event);
  };
  const onMessage = (message: ToGateway): void => {
    if (message.type === 'event') emit(message.event);
    if (message.type === 'claimed') book.claimed(message.grant);
    if (message.type === 'listening') {
      listeners.set(message.listener, { state: 'listening', ...message.address, reason: '' });
      deps.onEvent({ event: 'listening', listener: message.listener });
    }
    if (message.type === 'cannot-listen') {
      listeners.set(message.listener, { state: 'failed', ...message.address, reason: message.reason });
      tellCannotListen(message, deps, env);
    }
    if (message.type === 'listening' || message.type === 'cannot-listen') change();
  };
  /** Told only now, for what is left of a lease would grow by the time that the process takes to start. */
  const ready = (opened: MediaLink): void => {
    opened.send({ type: 'configure', options: listeners.mediaOptions() });
    handOver(book, opened, emit);
    link = opened;
    if (opened.pid !== undefined) deps.onEvent({ event: 'media-up', pid: opened.pid });
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
    env.log.error({ reason }, 'the media process died; it is started again');
    deps.onEvent({ event: 'media-down', reason });
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

function tellCannotListen(message: Extract<ToGateway, { type: 'cannot-listen' }>, deps: StreamsDeps, env: Env): void {
  const { listener, reason } = message;
  const address = `${message.address.host}:${message.address.port}`;
  const fault = streamsFaults.fault('cannot-listen', { detail: `${address} ${reason}` });
  env.log.error({ code: fault.code, hint: fault.hint.en }, fault.message);
  deps.onEvent({ event: 'cannot-listen', listener, address, reason });
}

/** Tells a new media process of all leases that stand; those that are over meanwhile are told to the gateway. */
function handOver(book: Book, link: MediaLink, emit: (event: MediaEvent) => void): void {
  for (const handed of book.handOver()) {
    if (handed.state === 'over') emit(handed.event);
    else void link.call((id) => ({ type: 'admit', id, lease: handed.lease, openWithinMs: handed.openWithinMs }), callMs);
  }
}
