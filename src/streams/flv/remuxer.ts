// The remuxer: pictures in, the address of their FLV out. The child is fed by our own RTSP over loopback, once for all who look at the same pictures.
import type { AddressInfo } from 'node:net';
import type { Env } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import type { PathKey, Paths } from '../path/index.ts';
import { guardDefaults, makeRtspServer, openGuard } from '../server/index.ts';
import { type Feed, type Feeds, openFeeds } from './feeds.ts';
import { openKeeper } from './keeper.ts';
import { maxStrikes, openStrikes } from './strikes.ts';

export interface RemuxerOptions {
  /** The module that calls `runRemuxer`. */
  readonly entry: URL;
  readonly readerBufferBytes: number;
  /** Opening a camera. */
  readonly timeoutMs: number;
}

/** A feed that is used; dispose of it when it is not any more. */
export interface FeedUse extends Disposable {
  readonly id: string;
  /** Of the child's HTTP server on loopback; the feed is `/f/ID.flv` there. */
  readonly port: number;
  /** The feed has ended, with the reason. */
  readonly over: Promise<SourceFailure>;
}

export type FeedResult = { readonly ok: true; readonly use: FeedUse } | { readonly ok: false; readonly failure: SourceFailure };

export interface PushEvents {
  /** The other side takes it; nothing goes to it before `flow`. */
  taken(): void;
  ended(): void;
}

/** A feed on its way to an RTMP server; dispose of it to end that. */
export interface FlvPush extends Disposable {
  /** Lets the pictures go. */
  flow(): void;
}

export interface Remuxer extends AsyncDisposable {
  /** Of the child; undefined while nobody needs it. */
  readonly pid: number | undefined;
  /** Waits until the child serves the pictures. Never rejects. */
  use(key: PathKey, source: StreamSource): Promise<FeedResult>;
  /** Offers a feed to an RTMP address on loopback. */
  push(use: FeedUse, address: { readonly url: string; readonly tcUrl: string }, events: PushEvents): FlvPush;
}

/** Feeds at the same time; each costs the child half a percent of a core. */
const maxFeeds = 64;
const idleMs = 30_000;
/** The child starts in half a second; a busy machine takes longer. */
const startMs = 10_000;
const busy: SourceFailure = { reason: 'busy', detail: 'FLV' };
const unsafe: SourceFailure = { reason: 'refused', detail: '', words: 'flv-unsafe' };

interface Shared {
  readonly feed: Feed;
  users: number;
}

/** Opens the remuxer; nothing runs until it is used. */
export function openRemuxer(options: RemuxerOptions, paths: Paths, env: Env): Remuxer {
  const feeds = openFeeds(paths, options.readerBufferBytes, env);
  const door = openDoor(feeds, options, env);
  const shared = new Map<string, Shared>();
  const pushes = new Map<string, PushEvents>();
  const strikes = openStrikes(env.clock);
  const keeper = openKeeper(
    { entry: options.entry, startMs, idleMs },
    {
      isNeeded: () => shared.size > 0,
      died(culprit) {
        for (const [name, { feed }] of shared) if (feed.id === culprit) strikes.add(name, 1);
        for (const { feed } of shared.values()) feeds.close(feed.id, { reason: 'lost', detail: 'FLV' });
        for (const events of pushes.values()) events.ended();
        pushes.clear();
      },
      message(said) {
        if (said.type === 'published') return feeds.published(said.feed);
        const events = pushes.get(said.push);
        if (said.type === 'push-taken') return events?.taken();
        pushes.delete(said.push);
        events?.ended();
      },
    },
    env,
  );
  const leave = (name: string, known: Shared): void => {
    known.users -= 1;
    if (known.users > 0) return;
    if (shared.get(name) === known) shared.delete(name);
    feeds.close(known.feed.id, { reason: 'lost', detail: '' });
    keeper.send({ type: 'drop', feed: known.feed.id });
    keeper.rest();
  };
  const forget = async (name: string, opened: Shared): Promise<void> => {
    const { words } = await opened.feed.over;
    if (words === 'flv-unsafe') strikes.add(name, maxStrikes);
    if (shared.get(name) === opened) shared.delete(name);
  };
  const take = async (name: string, key: PathKey, source: StreamSource): Promise<Shared | undefined> => {
    const rtspPort = await door.port;
    const known = shared.get(name);
    if (known || rtspPort === undefined || shared.size >= maxFeeds) return known;
    const opened: Shared = { feed: feeds.open(key, source), users: 0 };
    shared.set(name, opened);
    void forget(name, opened);
    keeper.send({ type: 'pull', feed: opened.feed.id, url: `rtsp://127.0.0.1:${rtspPort}/s/${opened.feed.token}` });
    return opened;
  };

  return {
    get pid() {
      return keeper.pid;
    },
    async use(key, source) {
      const name = nameOf(key, source);
      if (strikes.of(name) >= maxStrikes) return { ok: false, failure: unsafe };
      const port = await keeper.awake();
      const known = port === undefined ? undefined : await take(name, key, source);
      if (!known || port === undefined) {
        keeper.rest();
        return { ok: false, failure: busy };
      }
      known.users += 1;
      const failure = await served(known.feed, options.timeoutMs, env);
      if (failure) {
        leave(name, known);
        return { ok: false, failure };
      }
      const { id, over } = known.feed;
      return { ok: true, use: { id, port, over, [Symbol.dispose]: once(() => leave(name, known)) } };
    },
    push(use, { url, tcUrl }, events) {
      const push = env.random.bytes(16).toString('hex');
      pushes.set(push, events);
      keeper.send({ type: 'push', push, feed: use.id, url, tcUrl });
      return {
        flow: () => keeper.send({ type: 'flow', push }),
        [Symbol.dispose]: () => {
          if (pushes.delete(push)) keeper.send({ type: 'unpush', push });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      keeper[Symbol.dispose]();
      for (const { feed } of shared.values()) feeds.close(feed.id, { reason: 'lost', detail: '' });
      await door[Symbol.asyncDispose]();
    },
  };
}

function nameOf({ device, channel, quality }: PathKey, { url, user, password }: StreamSource): string {
  return JSON.stringify([device, channel, quality, url, user, password]);
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** The camera has its own time; the child has some more. */
async function served(feed: Feed, timeoutMs: number, env: Env): Promise<SourceFailure | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<SourceFailure>();
  using _timer = env.clock.after(timeoutMs + startMs, () => resolve({ reason: 'timeout', detail: 'FLV' }));
  return await Promise.race([feed.served, late]);
}

interface Door extends AsyncDisposable {
  /** Undefined when nothing can be listened on. */
  readonly port: Promise<number | undefined>;
}

/** Our RTSP on loopback, in clear, for the child alone: it knows no TLS. Each address opens once. */
function openDoor(feeds: Feeds, { readerBufferBytes }: RemuxerOptions, env: Env): Door {
  const options = { maxConnections: maxFeeds * 2, tls: undefined, idleMs: 65_000, readerBufferBytes };
  const server = makeRtspServer(options, feeds, openGuard(guardDefaults, env), env);
  const { promise: port, resolve } = Promise.withResolvers<number | undefined>();
  server.once('error', () => resolve(undefined));
  server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  return {
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done());
      }),
  };
}
