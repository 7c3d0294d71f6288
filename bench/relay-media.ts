// Our relay as the benches run it: the handle of the gateway with its own media process, and an address for each camera.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, systemEnv } from '#base';
import { openStreams, type StreamEvent, type Streams } from '#streams';
import { streamsOptions } from '#streams/options';

/** A running relay. */
export interface MediaRelay extends AsyncDisposable {
  readonly pid: number;
  onEvent: (event: StreamEvent) => void;
  /** Lets a reader in to the camera at `url`, which is known as `device`; the reader's address. */
  admit(url: string, device: string): Promise<string>;
}

/** Starts one on free ports. */
export async function startRelay(): Promise<MediaRelay> {
  const loopback = { host: '127.0.0.1', port: 0 };
  const parsed = streamsOptions.parse({ rtsp: loopback, http: loopback, maxConnections: 10_000, maxReaders: 100 });
  const mediaEntry = new URL('../src/gateway/media-main.ts', import.meta.url);
  const env = systemEnv(openLog('silent'));
  const streams = openStreams(parsed, { mediaEntry, nodePath: process.execPath, onEvent: (event) => relay.onEvent(event) }, env);
  const stop = new AbortController();
  const running = streams.service.run(stop.signal);
  const relay = {
    pid: 0,
    onEvent: (_event: StreamEvent): void => {},
    async admit(url: string, device: string) {
      const token = randomBytes(24).toString('base64url');
      const tokenHash = createHash('sha256').update(token).digest('hex');
      const source = { url, user: '', password: '' };
      const place = { device, channel: 1, quality: 'main', form: 'stream' } as const;
      await streams.admit({ grant: `grant-${token}`, ...place, tokenHash, remainingMs: 3_600_000, source });
      return streams.address('stream', token);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
  relay.pid = await pidOfMedia(streams);
  return relay;
}

async function pidOfMedia(streams: Streams): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { media, rtsp } = await streams.status();
    if (media.pid !== undefined && rtsp.state === 'listening') return media.pid;
    await sleep(100);
  }
  throw new Error('the media process did not start');
}
