// A camera's stream that we did not write: GStreamer's RTSP server in a process of its own, playing a clip that ffmpeg encoded.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ClipCodec, makeClip } from './clips.ts';

export interface GstCameraOptions {
  readonly codec: ClipCodec;
  /** Whether the camera has an AAC track. Default true. */
  readonly audio?: boolean;
  /** Empty or absent: open to everyone. */
  readonly user?: string;
  readonly password?: string;
  /** Default digest. */
  readonly auth?: 'basic' | 'digest';
  /** Length of the clip, seconds. Default 60. */
  readonly seconds?: number;
  /** Frames between key frames, at 25 a second. Default 25. */
  readonly gop?: number;
  /** Default: a free one. */
  readonly port?: number;
}

export interface GstCamera extends AsyncDisposable {
  /** Without user information. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Connections that are open now. */
  readonly clients: number;
  /** Connections since the start. */
  readonly opened: number;
  /** Tracks that were ever set up, in order. */
  readonly setUp: readonly ('video' | 'audio')[];
  /** Resolves when `clients` is `count`; rejects after `timeoutMs`. */
  untilClients(count: number, timeoutMs: number): Promise<void>;
}

interface CameraEvent {
  readonly event: 'listening' | 'opened' | 'closed' | 'setup';
  readonly port?: number;
  readonly clients?: number;
  readonly media?: 'video' | 'audio';
}

/** Starts one; resolves when it listens. Needs python3-gi and gir1.2-gst-rtsp-server-1.0. */
export async function openGstCamera(options: GstCameraOptions): Promise<GstCamera> {
  const clip = await makeClip({ codec: options.codec, ...pick(options) });
  const script = fileURLToPath(new URL('./gst-rtsp-server.py', import.meta.url));
  const flags = ['--clip', clip, '--codec', options.codec, '--port', String(options.port ?? 0)];
  if (options.audio !== false) flags.push('--audio');
  if (options.user) flags.push('--user', options.user, '--password', options.password ?? '', '--auth', options.auth ?? 'digest');
  const child = spawn('/usr/bin/python3', [script, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');

  let clients = 0;
  let opened = 0;
  const setUp: ('video' | 'audio')[] = [];
  const watchers = new Set<() => void>();
  const { promise: listening, resolve: listens, reject: fails } = Promise.withResolvers<number>();
  createInterface(child.stdout).on('line', (line) => {
    const event = JSON.parse(line) as CameraEvent;
    if (event.event === 'listening') listens(event.port ?? 0);
    if (event.event === 'opened') opened += 1;
    if (event.event === 'setup' && event.media) setUp.push(event.media);
    clients = event.clients ?? clients;
    for (const watcher of watchers) watcher();
  });
  exited.then(() => fails(new Error('the GStreamer server did not start')), fails);
  const port = await listening;

  return {
    url: `rtsp://127.0.0.1:${port}/stream`,
    port,
    pid: child.pid ?? 0,
    setUp,
    get clients() {
      return clients;
    },
    get opened() {
      return opened;
    },
    async untilClients(count, timeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const look = (): void => {
        if (clients === count) resolve();
      };
      const timer = setTimeout(() => reject(new Error(`${clients} clients after ${timeoutMs} ms, not ${count}`)), timeoutMs);
      watchers.add(look);
      look();
      await promise.finally(() => {
        clearTimeout(timer);
        watchers.delete(look);
      });
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

function pick(options: GstCameraOptions): { seconds?: number; gop?: number } {
  return {
    ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
    ...(options.gop === undefined ? {} : { gop: options.gop }),
  };
}
