// A relay for the tests: the handle with its real media process on free ports, and every event that it told.
import { createHash, randomBytes } from 'node:crypto';
import { openLog, systemEnv } from '#base';
import type { StreamSource } from '#model';
import { type Lease, openStreams, type StreamEvent, type Streams } from '#streams';
import { type StreamsOptions, streamsOptions } from '#streams/options';

export interface Relay extends AsyncDisposable {
  readonly streams: Streams;
  readonly events: readonly StreamEvent[];
  /** The first event for which `test` holds, told already or within `timeoutMs`. */
  until<E extends StreamEvent['event']>(
    event: E,
    test?: (event: StreamEvent & { event: E }) => boolean,
    timeoutMs?: number,
  ): Promise<StreamEvent & { event: E }>;
}

/** Starts one, with `options` as they stand in a configuration and `entry` as its media process. */
export function openRelay(options: Record<string, unknown> = {}, mediaEntry = new URL('./media-entry.ts', import.meta.url)): Relay {
  const loopback = { host: '127.0.0.1', port: 0 };
  const rtsp = { ...loopback, udpPort: 0 };
  const parsed: StreamsOptions = streamsOptions.parse({ rtsp, http: loopback, closeAfter: '1s', ...options });
  const events: StreamEvent[] = [];
  const watchers = new Set<() => void>();
  const onEvent = (event: StreamEvent): void => {
    events.push(event);
    for (const watcher of watchers) watcher();
  };
  const env = systemEnv(openLog('silent'));
  const streams = openStreams(parsed, { mediaEntry, nodePath: process.execPath, onEvent }, env);
  const stop = new AbortController();
  const running = streams.service.run(stop.signal);
  return {
    streams,
    events,
    async until(name, test = () => true, timeoutMs = 15_000) {
      type Wanted = StreamEvent & { event: typeof name };
      const { promise, resolve, reject } = Promise.withResolvers<Wanted>();
      const look = (): void => {
        const found = events.find((event) => event.event === name && test(event as Wanted));
        if (found) resolve(found as Wanted);
      };
      const timer = setTimeout(() => reject(new Error(`no ${name}: ${JSON.stringify(events)}`)), timeoutMs);
      watchers.add(look);
      look();
      return await promise.finally(() => {
        clearTimeout(timer);
        watchers.delete(look);
      });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** A fresh token with its hash. */
export function makeToken(): { readonly token: string; readonly tokenHash: string } {
  const token = randomBytes(24).toString('base64url');
  return { token, tokenHash: createHash('sha256').update(token).digest('hex') };
}

let grants = 0;

/** A lease of one camera's main stream with a grant of its own; an hour long unless told otherwise. */
export function makeLease(url: string, changes: Partial<Lease> = {}): Lease & { readonly token: string } {
  const { token, tokenHash } = makeToken();
  grants += 1;
  const source: StreamSource = { url, user: '', password: '' };
  const base = { grant: `grant-${grants}`, form: 'stream', device: 'cam-1', channel: 1, quality: 'main', remainingMs: 3_600_000 } as const;
  return { ...base, tokenHash, source, ...changes, token };
}

/** The lease without the token, which only its reader has. */
export function leaseOf({ token: _token, ...lease }: Lease & { readonly token: string }): Lease {
  return lease;
}
