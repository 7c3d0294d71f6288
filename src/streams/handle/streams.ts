// The gateway's handle of the relay: admits, extends and revokes leases, and keeps a media process running that knows them.
import { type Env, openBackoff, type Service } from '#base';
import type { GrantForm } from '#model';
import { streamsFaults } from '../faults.ts';
import type { StreamsOptions } from '../options.ts';
import type { Lease, MediaEvent, MediaOptions, MediaStatus, PathReport, SessionReport, ToGateway } from '../protocol.ts';
import { type Book, openBook } from './book.ts';
import { forkMedia, type MediaLink } from './media-link.ts';

/** What the gateway hears of the relay. */
export type StreamEvent =
  | MediaEvent
  | { readonly event: 'media-up'; readonly pid: number }
  /** `reason`: a signal's name or an exit status. It is started again by itself. */
  | { readonly event: 'media-down'; readonly reason: string }
  | { readonly event: 'cannot-listen'; readonly listener: 'rtsp' | 'http'; readonly address: string; readonly reason: string };

export interface StreamsDeps {
  /** The module that calls `runMedia`. */
  readonly mediaEntry: URL;
  /** The Node binary that runs it. */
  readonly nodePath: string;
  onEvent(event: StreamEvent): void;
}

export interface Listener {
  readonly state: 'starting' | 'listening' | 'failed';
  readonly host: string;
  readonly port: number;
  /** Why it cannot listen; empty otherwise. */
  readonly reason: string;
}

export interface StreamsStatus {
  readonly media: { readonly state: 'up' | 'down'; readonly pid: number | undefined; readonly restarts: number; readonly rssBytes: number };
  readonly rtsp: Listener;
  readonly http: Listener;
  /** Addresses that are open. */
  readonly leases: number;
  readonly paths: readonly PathReport[];
  readonly sessions: readonly SessionReport[];
}

/** The relay as the gateway sees it. */
export interface Streams {
  /** Keeps the media process running; it is stopped with the signal. */
  readonly service: Service;
  /**
   * Opens an address: resolves when the media process has it. Not in force when it rejects: `streams.full`, `streams.media-down` (after 5 s),
   * `streams.cannot-listen`.
   */
  admit(lease: Lease): Promise<void>;
  /** New time left, milliseconds. Rejects with `streams.unknown-grant`. While the media process is down it is told when it is back. */
  extend(grant: string, remainingMs: number): Promise<void>;
  /** Cuts the grant's sessions and forgets its address; also when nothing is known of it. */
  revoke(grant: string): Promise<void>;
  /** The address that opens with `token`, as the hub is told it. Its port is known after the first `admit`. */
  address(form: GrantForm, token: string): string;
  /** Within 2 s; without paths and sessions while the media process is down. */
  status(): Promise<StreamsStatus>;
}

/** Addresses that may be open at the same time. */
const maxLeases = 1_024;
const startMs = 5_000;
const callMs = 2_000;
const healthMs = 5_000;
const steadyMs = 30_000;

/** Opens the handle; nothing runs until its service does. */
export function openStreams(options: StreamsOptions, deps: StreamsDeps, env: Env): Streams {
  const book = openBook(env.clock);
  const listeners = { rtsp: starting(options.rtsp), http: starting(options.http) };
  let link: MediaLink | undefined;
  let restarts = -1;
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
    else if (message.type === 'claimed') book.claimed(message.grant);
    else if (message.type === 'listening') {
      listeners[message.listener] = { state: 'listening', ...message.address, reason: '' };
      change();
    } else if (message.type === 'cannot-listen') {
      const { listener, address, reason } = message;
      listeners[listener] = { state: 'failed', ...address, reason };
      const fault = streamsFaults.fault('cannot-listen', { detail: `${address.host}:${address.port} ${reason}` });
      env.log.error({ code: fault.code, hint: fault.hint.en }, fault.message);
      deps.onEvent({ event: 'cannot-listen', listener, address: `${address.host}:${address.port}`, reason });
      change();
    }
  };
  const start = (): MediaLink => {
    const opened = forkMedia({ entry: deps.mediaEntry, nodePath: deps.nodePath }, onMessage, env);
    opened.send({ type: 'configure', options: mediaOptions(options, listeners) });
    handOver(book, opened, emit);
    restarts += 1;
    link = opened;
    if (opened.pid !== undefined) deps.onEvent({ event: 'media-up', pid: opened.pid });
    change();
    return opened;
  };
  const bury = (reason: string): void => {
    link = undefined;
    for (const name of ['rtsp', 'http'] as const) listeners[name] = { ...listeners[name], state: 'starting' };
    for (const event of book.buryCrashed()) emit(event);
    env.log.error({ reason }, 'the media process died; it is started again');
    deps.onEvent({ event: 'media-down', reason });
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    const backoff = openBackoff({ minMs: 100, maxMs: 3_000 }, env.random);
    while (!signal.aborted) {
      const startedAt = env.clock.monotonicMs();
      const opened = start();
      const health = new AbortController();
      void watchHealth(opened, env, health.signal);
      const reason = await Promise.race([opened.exited, aborted(signal)]);
      health.abort();
      if (reason === undefined) await opened.stop();
      if (reason === undefined) break;
      bury(reason);
      if (env.clock.monotonicMs() - startedAt > steadyMs) backoff.reset();
      await env.clock.sleep(backoff.next(), signal).catch(() => {});
    }
    link = undefined;
  };

  /** Waits until the media process listens for `form`. */
  const listening = async (form: GrantForm): Promise<MediaLink> => {
    const name = form === 'stream' ? 'rtsp' : 'http';
    const until = env.clock.monotonicMs() + startMs;
    for (let left = startMs; left > 0; left = until - env.clock.monotonicMs()) {
      const { state, host, port, reason } = listeners[name];
      if (link && state === 'listening') return link;
      if (state === 'failed') throw streamsFaults.fault('cannot-listen', { detail: `${host}:${port} ${reason}` });
      const stop = new AbortController();
      await Promise.race([changed.promise, env.clock.sleep(left, stop.signal).catch(() => {})]);
      stop.abort();
    }
    throw streamsFaults.fault('media-down');
  };

  return {
    service: { name: 'streams', run },
    async admit(lease) {
      if (book.size >= maxLeases && !book.has(lease.grant)) throw streamsFaults.fault('full');
      const ready = await listening(lease.form);
      book.add(lease, options.openWithin);
      const answer = await ready.call((id) => ({ type: 'admit', id, lease, openWithinMs: options.openWithin }), callMs);
      if (answer) return;
      book.remove(lease.grant);
      throw streamsFaults.fault('media-down');
    },
    async extend(grant, remainingMs) {
      if (!book.has(grant)) throw streamsFaults.fault('unknown-grant', { detail: grant });
      book.extend(grant, remainingMs);
      await link?.call((id) => ({ type: 'extend', id, grant, remainingMs }), callMs);
    },
    async revoke(grant) {
      book.remove(grant);
      await link?.call((id) => ({ type: 'revoke', id, grant }), callMs);
    },
    address: (form, token) => addressOf(form, token, options, listeners),
    async status() {
      const answer = await link?.call((id) => ({ type: 'status', id }), callMs);
      const status: Partial<MediaStatus> = answer?.type === 'status' ? answer.status : {};
      const { paths = [], sessions = [], rssBytes = 0 } = status;
      const media = { state: link ? ('up' as const) : ('down' as const), pid: link?.pid, restarts: Math.max(0, restarts), rssBytes };
      return { media, ...listeners, leases: book.size, paths, sessions };
    },
  };
}

function starting(address: { readonly host: string; readonly port: number }): Listener {
  return { state: 'starting', host: address.host, port: address.port, reason: '' };
}

/** A media process that comes after another listens where that one did, also when the port was a free one. */
function mediaOptions(options: StreamsOptions, at: { readonly rtsp: Listener; readonly http: Listener }): MediaOptions {
  return {
    rtsp: { host: options.rtsp.host, port: at.rtsp.port },
    http: { host: options.http.host, port: at.http.port },
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    closeAfterMs: options.closeAfter,
    openTimeoutMs: options.openTimeout,
    frameTimeoutMs: options.frameTimeout,
    maxReaders: options.maxReaders,
    maxConnections: options.maxConnections,
    readerBufferBytes: options.readerBuffer,
  };
}

function handOver(book: Book, link: MediaLink, emit: (event: MediaEvent) => void): void {
  for (const handed of book.handOver()) {
    if (handed.state === 'over') emit(handed.event);
    else void link.call((id) => ({ type: 'admit', id, lease: handed.lease, openWithinMs: handed.openWithinMs }), callMs);
  }
}

function addressOf(
  form: GrantForm,
  token: string,
  options: StreamsOptions,
  at: { readonly rtsp: Listener; readonly http: Listener },
): string {
  const { host, rtspPort, httpPort } = options.advertise;
  const named = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const secure = options.tls === undefined ? '' : 's';
  if (form === 'still') return `http${secure}://${named}:${httpPort ?? at.http.port}/still/${token}`;
  return `rtsp${secure}://${named}:${rtspPort ?? at.rtsp.port}/s/${token}`;
}

/** Kills a media process that twice did not answer in time: it hangs. (Once may be this process's own pause.) */
async function watchHealth(link: MediaLink, env: Env, signal: AbortSignal): Promise<void> {
  let missed = 0;
  while (!signal.aborted && missed < 2) {
    await env.clock.sleep(healthMs, signal).catch(() => {});
    if (signal.aborted) return;
    missed = (await link.call((id) => ({ type: 'status', id }), healthMs)) ? 0 : missed + 1;
  }
  if (!signal.aborted) link.kill();
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
