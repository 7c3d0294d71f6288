// The media process: listens, relays, enforces ends, and goes when its parent goes.
import { type Env, messageOf } from '#base';
import { failureText } from '../faults.ts';
import { type Leases, openLeases } from '../leases.ts';
import { openPaths, type PathEvents, type PathKey, type Paths } from '../path/index.ts';
import { type MediaEvent, type MediaOptions, type MediaStatus, type ToGateway, type ToMedia, toMedia } from '../protocol.ts';
import { guardDefaults, listen, makeRtspServer, openGuard, openUdpPorts } from '../server/index.ts';
import { runSource } from '../source/index.ts';
import { makeStillServer } from '../stills/index.ts';
import { type Looks, openLooks } from './looks.ts';
import { openSessions, type Sessions } from './sessions.ts';

/** The channel to the gateway: what `process` has in a forked child. */
export interface MediaPort {
  send?(message: unknown, handle: undefined, options: undefined, done: (error: Error | null) => void): boolean;
  disconnect?(): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** One read of a camera's socket brings at most this; all cameras share the buffer. */
const readBufferBytes = 256 * 1024;
/** Longer than the timeout that readers are told. */
const idleMs = 65_000;

/**
 * Runs in the forked child: `await runMedia(process, systemEnv(log))`. Resolves when the gateway says `stop` or is gone, with all sessions cut; the
 * process then ends by itself. SIGINT and SIGTERM are left to the gateway.
 */
export async function runMedia(port: MediaPort, env: Env): Promise<void> {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let connected = true;
  const send = (message: ToGateway): void => {
    if (connected) port.send?.(message, undefined, undefined, () => {});
  };
  let relay: Relay | undefined;
  port.on('SIGINT', () => {});
  port.on('SIGTERM', () => {});
  port.on('disconnect', () => {
    connected = false;
    end();
  });
  port.on('message', (raw) => {
    const parsed = toMedia.safeParse(raw);
    if (!parsed.success) return env.log.error({ problem: messageOf(parsed.error) }, 'the gateway said what is no message');
    const message = parsed.data;
    if (message.type === 'stop') return end();
    if (message.type === 'configure') relay ??= openRelay(message.options, send, env);
    else if (relay) obey(message, relay, send);
  });
  send({ type: 'ready' });
  await over;
  await relay?.[Symbol.asyncDispose]();
  if (connected) port.disconnect?.();
}

interface Relay extends AsyncDisposable {
  readonly leases: Leases;
  readonly paths: Paths;
  readonly sessions: Sessions;
  readonly looks: Looks;
}

function openRelay(options: MediaOptions, send: (message: ToGateway) => void, env: Env): Relay {
  const emit = (event: MediaEvent): void => send({ type: 'event', event });
  const claimed = (grant: string): void => send({ type: 'claimed', grant });
  const leases = openLeases(options, { claimed, ended: (grant, reason, note) => emit({ event: 'grant-ended', grant, reason, note }) }, env);
  const readBuffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const paths = openPaths(options, { runSource, readBuffer, events: pathEvents(emit) }, env);
  const udp = options.tls ? undefined : openUdpPorts({ host: options.rtsp.host, port: options.udpPort }, env);
  const sessions = openSessions({ leases, paths, udp, readerBufferBytes: options.readerBufferBytes, emit }, env);
  const guard = openGuard(guardDefaults, env);
  const stop = new AbortController();
  const looks = openLooks({ readBuffer, paths: () => statusOfPaths(paths) }, env, stop.signal);
  const { tls, maxConnections, openTimeoutMs: timeoutMs } = options;
  const tell = (listener: 'rtsp' | 'http') => ({
    listening: (address: MediaOptions['rtsp']) => send({ type: 'listening', listener, address }),
    cannotListen: (address: MediaOptions['rtsp'], reason: string) =>
      send({ type: 'cannot-listen', listener, address, reason: reason.slice(0, 300) }),
  });
  const makeRtsp = () =>
    makeRtspServer({ maxConnections, tls, idleMs, readerBufferBytes: options.readerBufferBytes }, sessions, guard, env);
  const makeStill = () => makeStillServer({ tls, timeoutMs }, { leases, guard, emit }, env);
  const listeners = [
    listen(makeRtsp, options.rtsp, tell('rtsp'), env, stop.signal),
    listen(makeStill, options.http, tell('http'), env, stop.signal),
  ];
  return {
    leases,
    paths,
    sessions,
    looks,
    async [Symbol.asyncDispose]() {
      stop.abort();
      sessions.close('shutdown');
      udp?.[Symbol.dispose]();
      leases[Symbol.dispose]();
      paths[Symbol.dispose]();
      await Promise.race([Promise.all(listeners), env.clock.sleep(500)]);
    },
  };
}

function pathEvents(emit: (event: MediaEvent) => void): PathEvents {
  const none = { ko: '', en: '' };
  return {
    sourceOpened: (key, codec) => emit({ event: 'source-opened', ...keyOf(key), reason: codec, text: none }),
    sourceClosed: (key) => emit({ event: 'source-closed', ...keyOf(key), reason: '', text: none }),
    sourceFailed: (key, failure) => emit({ event: 'source-failed', ...keyOf(key), reason: failure.reason, text: failureText(failure) }),
    needsKeyFrame: (key) => emit({ event: 'needs-key-frame', ...keyOf(key) }),
  };
}

function keyOf({ device, channel, quality }: PathKey): PathKey {
  return { device, channel, quality };
}

function obey(message: Exclude<ToMedia, { type: 'configure' | 'stop' }>, relay: Relay, send: (message: ToGateway) => void): void {
  const { id } = message;
  if (message.type === 'status') send({ type: 'status', id, status: statusOf(relay) });
  else if (message.type === 'look')
    void relay.looks.take(message.ask, message.timeoutMs).then((look) => send({ type: 'looked', id, ...(look && { look }) }));
  else send({ type: 'reply', id, known: settle(message, relay.leases) });
}

function settle(message: Extract<ToMedia, { type: 'admit' | 'extend' | 'revoke' }>, leases: Leases): boolean {
  if (message.type === 'extend') return leases.extend(message.grant, message.remainingMs);
  if (message.type === 'revoke') return leases.revoke(message.grant);
  leases.admit(message.lease, message.openWithinMs);
  return true;
}

function statusOf(relay: Relay): MediaStatus {
  return {
    paths: statusOfPaths(relay.paths),
    sessions: [...relay.sessions.list()],
    leases: relay.leases.size,
    rssBytes: process.memoryUsage.rss(),
  };
}

function statusOfPaths(paths: Paths): MediaStatus['paths'] {
  return paths.list().map(({ failure, ...path }) => ({ ...path, failure: failure && failureText(failure) }));
}
