// The media process put together: leases, paths, the doors for readers, and what it tells of itself.
import type { Env } from '#base';
import { failureText } from '../faults.ts';
import { openRemuxer } from '../flv/index.ts';
import { type FlvDoor, openFlvDoor } from '../flv-door/index.ts';
import { type Leases, openLeases } from '../leases.ts';
import { openPaths, type PathEvents, type PathKey, type Paths } from '../path/index.ts';
import type { MediaEvent, MediaOptions, MediaStatus, ToGateway } from '../protocol.ts';
import { openPushes, type Pushes } from '../push/index.ts';
import { type Guard, guardDefaults, listen, makeRtspServer, openGuard, openUdpPorts } from '../server/index.ts';
import { runSource } from '../source/index.ts';
import { openStillDoor } from '../stills/index.ts';
import { makeWebServer } from '../web/index.ts';
import { type Looks, openLooks } from './looks.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openWarmth, type Warmth } from './warmth.ts';

/** One read of a camera's socket brings at most this; all cameras share the buffer. */
const readBufferBytes = 256 * 1024;
/** Longer than the timeout that readers are told. */
const idleMs = 65_000;

/** What the media process consists of. */
export interface Relay extends AsyncDisposable {
  readonly leases: Leases;
  readonly paths: Paths;
  readonly sessions: Sessions;
  readonly looks: Looks;
  readonly warmth: Warmth;
  readonly flv: FlvDoor;
  readonly pushes: Pushes;
  readonly guard: Guard;
}

/** Opens it: listening, with no lease yet. */
export function openRelay(options: MediaOptions, remuxerEntry: URL, send: (message: ToGateway) => void, env: Env): Relay {
  const emit = (event: MediaEvent): void => send({ type: 'event', event });
  const claimed = (grant: string): void => send({ type: 'claimed', grant });
  const leases = openLeases(options, { claimed, ended: (grant, reason, note) => emit({ event: 'grant-ended', grant, reason, note }) }, env);
  const readBuffer = Buffer.allocUnsafeSlow(readBufferBytes);
  const paths = openPaths(options, { runSource, readBuffer, events: pathEvents(emit) }, env);
  const udp = options.tls ? undefined : openUdpPorts({ host: options.rtsp.host, port: options.udpPort }, env);
  const sessions = openSessions({ leases, paths, udp, readerBufferBytes: options.readerBufferBytes, emit }, env);
  const guard = openGuard(guardDefaults, env);
  const stop = new AbortController();
  const warmth = openWarmth(paths, env);
  const looks = openLooks({ readBuffer, paths: () => statusOfPaths(paths) }, env, stop.signal);
  const { tls, maxConnections, openTimeoutMs: timeoutMs, readerBufferBytes } = options;
  const remuxer = openRemuxer({ entry: remuxerEntry, readerBufferBytes, timeoutMs }, paths, env);
  const flv = openFlvDoor({ leases, guard, remuxer, readerBufferBytes, backlog: paths.backlog, emit }, env);
  const pushes = openPushes({ leases, paths, remuxer, bufferBytes: readerBufferBytes, timeoutMs, emit }, env);
  const still = openStillDoor({ leases, guard, paths, ffmpeg: options.ffmpeg, timeoutMs, emit }, env);
  const tell = (listener: 'rtsp' | 'http') => ({
    listening: (address: MediaOptions['rtsp']) => send({ type: 'listening', listener, address }),
    cannotListen: (address: MediaOptions['rtsp'], reason: string) =>
      send({ type: 'cannot-listen', listener, address, reason: reason.slice(0, 300) }),
  });
  const makeRtsp = () => makeRtspServer({ maxConnections, tls, idleMs, readerBufferBytes }, sessions, guard, env);
  const makeWeb = () => makeWebServer(tls, { still, flv: flv.flv, socket: flv.socket }, env);
  const listeners = [
    listen(makeRtsp, options.rtsp, tell('rtsp'), env, stop.signal),
    listen(makeWeb, options.http, tell('http'), env, stop.signal),
  ];
  return {
    leases,
    paths,
    sessions,
    looks,
    warmth,
    flv,
    pushes,
    guard,
    async [Symbol.asyncDispose]() {
      stop.abort();
      sessions.close('shutdown');
      flv.close('shutdown');
      udp?.[Symbol.dispose]();
      warmth[Symbol.dispose]();
      leases[Symbol.dispose]();
      paths[Symbol.dispose]();
      await Promise.race([Promise.all([...listeners, remuxer[Symbol.asyncDispose]()]), env.clock.sleep(500)]);
    },
  };
}

function pathEvents(emit: (event: MediaEvent) => void): PathEvents {
  const none = { ko: '', en: '' };
  return {
    sourceOpened: (key, codec) => emit({ event: 'source-opened', ...keyOf(key), reason: codec, text: none }),
    sourceClosed: (key) => emit({ event: 'source-closed', ...keyOf(key), reason: '', text: none }),
    sourceFailed: (key, failure) => emit({ event: 'source-failed', ...keyOf(key), reason: failure.reason, text: failureText(failure) }),
    needsKeyFrame({ device, channel, quality }) {
      if (quality !== 'metadata') emit({ event: 'needs-key-frame', device, channel, quality });
    },
  };
}

function keyOf({ device, channel, quality }: PathKey): PathKey {
  return { device, channel, quality };
}

/** What it tells of itself. */
export function statusOf(relay: Relay): MediaStatus {
  return {
    paths: statusOfPaths(relay.paths),
    sessions: [...relay.sessions.list(), ...relay.flv.list(), ...relay.pushes.list()],
    leases: relay.leases.size,
    blocked: [...relay.guard.blocked()],
    rssBytes: process.memoryUsage.rss(),
  };
}

function statusOfPaths(paths: Paths): MediaStatus['paths'] {
  return paths.list().map(({ failure, ...path }) => ({ ...path, failure: failure && failureText(failure) }));
}
