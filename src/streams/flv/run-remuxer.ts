// The child in which node-media-server makes FLV and RTMP of our RTSP: on loopback, without its console, its API, its store and its log.
import { writeSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import type NodeMediaServer from 'node-media-server';
import type { Env } from '#base';
import { type FromRemuxer, markBytes, markFd, type ToRemuxer, toRemuxer } from './words.ts';

/** The channel to the media process: what `process` has in a forked child. */
export interface RemuxerPort {
  send?(message: unknown): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect' | 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): never;
}

type Media = NodeMediaServer;
type Task = ReturnType<Media['relayServer']['addTask']>;

const lookMs = 200;

/** Runs until the media process is gone. Whatever fails in here ends the process: the media process starts another one. */
export async function runRemuxer(port: RemuxerPort, env: Env): Promise<void> {
  port.on('SIGINT', () => {});
  port.on('SIGTERM', () => {});
  port.on('disconnect', () => port.exit(0));
  const say = (message: FromRemuxer): void => void port.send?.(message);
  const { default: NodeMediaServer } = await import('node-media-server');
  // The port is a text, for the number 0 would mean none; the kernel chooses.
  const media = new NodeMediaServer({ bind: '127.0.0.1', http: { port: '0' }, webadmin: { enable: false } });
  const feeds = new Set<string>();
  const pushes = openPushes(media, say, env);
  const mark = openMark(env);
  media.on('postPublish', ({ streamName, broadcast }) => {
    // What has ended is forgotten at once: nobody is shown the pictures of before.
    if (broadcast) broadcast.publishGraceMs = 0;
    say({ type: 'published', feed: streamName });
  });
  port.on('message', (raw) => {
    const parsed = toRemuxer.safeParse(raw);
    if (!parsed.success) return;
    if (parsed.data.type === 'ping') say({ type: 'pong' });
    else obey(parsed.data, { media, feeds, pushes, mark });
  });
  const server = media.httpServer.httpServer;
  if (!server) return port.exit(1);
  guard(server, feeds);
  media.httpServer.run();
  server.once('listening', () => {
    const address = server.address();
    if (typeof address === 'object' && address) say({ type: 'listening', port: address.port });
  });
}

interface Works {
  readonly media: Media;
  readonly feeds: Set<string>;
  readonly pushes: Pushes;
  readonly mark: (feed: Buffer) => void;
}

function obey(message: Exclude<ToRemuxer, { type: 'ping' }>, { media, feeds, pushes, mark }: Works): void {
  if (message.type === 'pull') {
    feeds.add(message.feed);
    const { rtspClient } = media.relayServer.addTask({
      url: message.url,
      mode: 'pull',
      streamPath: `/f/${message.feed}`,
      reconnect: false,
    });
    const take = rtspClient?.onRtpDataCallback;
    const name = Buffer.from(message.feed, 'latin1');
    if (rtspClient && take) {
      rtspClient.onRtpDataCallback = (channel, data) => {
        mark(name);
        take(channel, data);
      };
    }
  } else if (message.type === 'drop') {
    feeds.delete(message.feed);
    media.relayServer.removeTask(`/f/${message.feed}`);
  } else if (message.type === 'push') pushes.start(message);
  else if (message.type === 'flow') pushes.flow(message.push);
  else pushes.stop(message.push);
}

/** Writes down whose packet is in hand, once for those of one feed in a row, and that there is none when the loop turns. */
function openMark({ clock }: Env): (feed: Buffer) => void {
  const none: Buffer = Buffer.alloc(markBytes);
  let shown = none;
  const show = (feed: Buffer): void => {
    shown = feed;
    try {
      writeSync(markFd, feed, 0, markBytes, 0);
    } catch {
      // Then nobody is told.
    }
  };
  return (feed) => {
    if (shown === feed) return;
    if (shown === none) clock.after(0, () => show(none));
    show(feed);
  };
}

/** Lets through only GET of a feed that is there: other requests publish, crash or fill the memory. */
function guard(server: Server, feeds: ReadonlySet<string>): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('request', (request: IncomingMessage, response: unknown) => {
    const name = /^\/f\/([0-9a-f]{32})\.flv$/.exec(request.url ?? '')?.[1];
    if (request.method !== 'GET' || name === undefined || !feeds.has(name)) return void request.socket.destroy();
    for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
  });
}

interface Pushes {
  start(message: Extract<ToRemuxer, { type: 'push' }>): void;
  flow(push: string): void;
  stop(push: string): void;
}

interface Push {
  readonly task: Task;
  readonly url: string;
  /** Lets the pictures go. */
  readonly register: (() => void) | undefined;
}

function openPushes(media: Media, say: (message: FromRemuxer) => void, env: Env): Pushes {
  const running = new Map<string, Push>();
  const stop = (push: string): void => {
    const known = running.get(push);
    running.delete(push);
    if (known) media.relayServer.removeTask(`push:${known.url}`);
  };
  const end = (push: string): void => {
    if (!running.has(push)) return;
    stop(push);
    say({ type: 'push-ended', push });
  };
  /** The relay tells nobody when its tasks are over: they are asked. */
  const look = (): void => {
    for (const [push, { task }] of running) if (!task.isRunning) end(push);
    if (running.size > 0) env.clock.after(lookMs, look);
  };
  return {
    stop,
    flow(push) {
      try {
        running.get(push)?.register?.();
      } catch {
        end(push);
      }
    },
    start({ push, feed, url, tcUrl }) {
      const task = media.relayServer.addTask({ url, mode: 'push', streamPath: `/f/${feed}`, reconnect: false });
      if (task.rtmpClient) task.rtmpClient.baseUri = tcUrl;
      const register = task.registerPush;
      task.registerPush = () => say({ type: 'push-taken', push });
      running.set(push, { task, url, register });
      if (running.size === 1) env.clock.after(lookMs, look);
    },
  };
}
