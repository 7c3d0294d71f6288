// A source: one connection to a camera from its opening to its end. It never tries again by itself; the path decides that.

import type { Env } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import type { Track } from '../rtsp/index.ts';
import { parseAddress } from './address.ts';
import { type CameraConnection, openCameraConnection } from './connection.ts';
import type { Continuity } from './continuity.ts';
import { keepAlive, type OpenEar, type Prepared, play, prepare, tearDown, type Wanted } from './dialogue.ts';
import type { OpenLine } from './line.ts';
import { Pace } from './pace.ts';
import { type Piece, PieceMaker } from './pieces.ts';
import type { Slab } from './slabs.ts';
import { openUdpEar } from './udp-ear.ts';

export interface SourceOptions {
  readonly source: StreamSource;
  /** Default video. Metadata may be silent for as long as nothing happens. */
  readonly wanted?: Wanted | undefined;
  /** Connecting, and the answer to each request. */
  readonly replyTimeoutMs: number;
  /** No picture for so long ends the source. */
  readonly frameTimeoutMs: number;
  readonly readBuffer: Uint8Array;
  readonly onRead?: (() => void) | undefined;
  /** Joins this connection's packets to those of the ones before. Left out: they stay as they are. */
  readonly continuity?: Continuity | undefined;
  /** Default: over the network. */
  readonly openLine?: OpenLine | undefined;
}

export interface SourceSink {
  /** The track is known; pieces may come from now on. */
  ready(track: Track): void;
  piece(piece: Piece): void;
}

/** Plays until `signal` aborts (then TEARDOWN, and the result is undefined) or until it fails (the reason). Never rejects. */
export async function runSource(
  options: SourceOptions,
  sink: SourceSink,
  env: Env,
  signal: AbortSignal,
): Promise<SourceFailure | undefined> {
  const address = parseAddress(options.source.url);
  if (!address) return { reason: 'refused', detail: 'not an RTSP address' };
  if (signal.aborted) return undefined;
  using ears = new DisposableStack();
  let maker: PieceMaker | undefined;
  using pace = new Pace(env);
  const onPacket = (slab: Slab, start: number, end: number): void => {
    pace.packet();
    maker?.take(slab, start, end);
  };
  const { user, password, basicAllowed = false } = options.source;
  const login = user === '' ? undefined : { user, password };
  const { replyTimeoutMs, readBuffer, onRead, continuity, openLine, wanted = 'video' } = options;
  const onMessage = (): void => pace.message();
  const reading = { readBuffer, onRead, onMessage, openLine };
  using connection = openCameraConnection({ address, login, basicAllowed, replyTimeoutMs, ...reading }, onPacket, env);
  const openEar: OpenEar = async (camera, channels) => {
    const ear = await openUdpEar({ camera, channels, onPacket }, env.random);
    // The source may have ended while the ports were bound.
    if (ear && ears.disposed) ear[Symbol.dispose]();
    else if (ear) ears.use(ear);
    return ear;
  };
  const aborted = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
  const run = async (): Promise<SourceFailure> => {
    const preparation = await prepare(connection, address.url, wanted, openEar);
    if (!preparation.ok) return preparation.failure;
    const { prepared } = preparation;
    const alive = wanted === 'video' ? openWatch(options.frameTimeoutMs, env) : calm;
    continuity?.renew();
    const onPiece = (piece: Piece): void => {
      // Parts of a frame whose end never comes are as good as silence.
      if (piece.frames > 0) alive.seen();
      pace.ended(piece.frames);
      sink.piece(piece);
    };
    maker = new PieceMaker(prepared.track, prepared.channels, { sink: onPiece, continuity });
    sink.ready(prepared.track);
    return await playOn(connection, prepared, alive, env, signal);
  };
  return await Promise.race([run(), pace.tooFast, aborted]);
}

/** PLAY, then keep-alive and the watch for silence, until the connection is gone. */
async function playOn(
  connection: CameraConnection,
  prepared: Prepared,
  alive: Watch,
  env: Env,
  signal: AbortSignal,
): Promise<SourceFailure> {
  const goodbye = (): void => tearDown(connection, prepared);
  signal.addEventListener('abort', goodbye, { once: true });
  using _watch = alive;
  const keepAliveMs = Math.min(Math.max((prepared.timeoutS * 1000) / 2, 1_000), 30_000);
  const ends = new AbortController();
  try {
    const failed = await play(connection, prepared);
    if (failed) return failed;
    void beat(keepAliveMs, () => keepAlive(connection, prepared), env, ends.signal);
    return await Promise.race([connection.closed, alive.silent]);
  } finally {
    ends.abort();
    if (!signal.aborted) goodbye();
    signal.removeEventListener('abort', goodbye);
  }
}

async function beat(everyMs: number, act: () => void, env: Env, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await env.clock.sleep(everyMs, signal).catch(() => {});
    if (!signal.aborted) act();
  }
}

interface Watch extends Disposable {
  seen(): void;
  readonly silent: Promise<SourceFailure>;
}

/** Nothing is taken for silence. */
const calm: Watch = { seen() {}, silent: new Promise<never>(() => {}), [Symbol.dispose]() {} };

/** Tells when nothing was seen for `timeoutMs`; `seen` is cheap enough for every frame. */
function openWatch(timeoutMs: number, env: Env): Watch {
  const { promise: silent, resolve } = Promise.withResolvers<SourceFailure>();
  let hasSeen = false;
  let timer: Disposable | undefined;
  const arm = (): void => {
    hasSeen = false;
    timer = env.clock.after(timeoutMs, () => (hasSeen ? arm() : resolve({ reason: 'silent', detail: '' })));
  };
  arm();
  return {
    silent,
    seen() {
      hasSeen = true;
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
