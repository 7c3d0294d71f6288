// RTSP RECORD: ANNOUNCE, SETUP and RECORD to a server of the hub, then pictures in the same connection (RFC 2326 §10.3, §10.11).
import type { Env, Login } from '#base';
import type { PushFailure } from '../faults.ts';
import type { ReaderLine } from '../path/index.ts';
import { describeTrack, type Track } from '../rtsp/index.ts';
import { type OutwardOptions, openOutward } from './outward.ts';
import { openPublisher, type Publisher } from './publisher.ts';

export interface RecorderOptions extends OutwardOptions {
  readonly login: Login | undefined;
  readonly track: Track;
}

export interface Recorder extends Disposable {
  readonly line: ReaderLine;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<PushFailure>;
}

export type Recording = { readonly ok: true; readonly recorder: Recorder } | { readonly ok: false; readonly failure: PushFailure };

/** So long the goodbye has to leave; then whatever the line did not take is dropped. */
const lingerMs = 200;

/** Connects and records; pictures may be written when it resolves. Given up at once, with its connection, when `options.signal` aborts before. Never rejects. */
export async function openRecorder(options: RecorderOptions, env: Env): Promise<Recording> {
  const outward = await openOutward(options, env);
  if (!outward.ok) return outward;
  const { socket } = outward.line;
  const { address, login, track, timeoutMs, signal } = options;
  const publisher = openPublisher(outward.line, { login, isHidden: address.scheme === 'rtsps', timeoutMs }, env);
  const abort = (): void => publisher.end({ reason: 'lost', detail: '' });
  signal.addEventListener('abort', abort, { once: true });
  const failure = await record(publisher, address.url, track);
  signal.removeEventListener('abort', abort);
  if (failure) {
    publisher.end(failure);
    return { ok: false, failure };
  }
  let alive: Disposable | undefined;
  const beat = (): void => {
    alive = env.clock.after((publisher.timeoutS * 1000) / 2, () => {
      publisher.beat({ method: 'OPTIONS', url: address.url });
      beat();
    });
  };
  beat();
  const line: ReaderLine = {
    write: (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    },
    get waitingBytes() {
      return socket.writableLength;
    },
  };
  return {
    ok: true,
    recorder: {
      line,
      closed: publisher.closed,
      [Symbol.dispose]() {
        alive?.[Symbol.dispose]();
        if (!socket.destroyed && socket.writableLength === 0) publisher.send({ method: 'TEARDOWN', url: address.url });
        env.clock.after(lingerMs, () => publisher.end({ reason: 'lost', detail: '' }));
      },
    },
  };
}

async function record(publisher: Publisher, url: string, track: Track): Promise<PushFailure | undefined> {
  const description = describeTrack(track).replace('a=recvonly\r\n', '');
  const transport = 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record';
  return (
    (await publisher.step({ method: 'ANNOUNCE', url, body: description })) ??
    (await publisher.step({ method: 'SETUP', url: `${url.replace(/\/$/, '')}/trackID=0`, headers: { Transport: transport } })) ??
    (await publisher.step({ method: 'RECORD', url, headers: { Range: 'npt=0.000-' } }))
  );
}
