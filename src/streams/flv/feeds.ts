// The feeds of the FLV child: what it fetches from us over loopback, each with a one-use address, one for all who look at the same pictures.
import { createHash } from 'node:crypto';
import type { Env } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import { type Description, type Member, openReader, type PathKey, type Paths } from '../path/index.ts';
import { type Codec, packed } from '../rtsp/index.ts';
import type { Hall, ReaderConnection, Transport, Visit } from '../server/index.ts';
import { openUnitWatch } from './unit-watch.ts';

/** The pictures of one path on their way into the child. */
export interface Feed {
  readonly id: string;
  /** Token of the address at which the child fetches it. */
  readonly token: string;
  /** Resolves when the child serves it; with the reason when it never will. */
  readonly served: Promise<SourceFailure | undefined>;
  /** Resolves when it is over after that, with the reason. */
  readonly over: Promise<SourceFailure>;
}

export interface Feeds extends Hall {
  open(key: PathKey, source: StreamSource): Feed;
  /** The child is ready for its pictures. */
  published(id: string): void;
  close(id: string, failure: SourceFailure): void;
}

interface Open extends Feed {
  readonly member: Member;
  readonly fail: (failure: SourceFailure) => void;
  readonly serve: () => void;
  connection: ReaderConnection | undefined;
  codec: Codec;
  isPlaying: boolean;
}

const channels = { rtp: 0, rtcp: 1 };
/** What has a place in FLV. */
const inFlv: ReadonlySet<string> = new Set(['h264', 'h265']);

/** Opens the table; it is the hall of the loopback server. */
export function openFeeds(paths: Pick<Paths, 'join'>, bufferBytes: number, env: Env): Feeds {
  const byHash = new Map<string, Open>();
  const byId = new Map<string, Open>();

  const close = (feed: Open, failure: SourceFailure): void => {
    if (!byId.delete(feed.id)) return;
    byHash.delete(hashOf(feed.token));
    feed.member.leave();
    feed.connection?.cut();
    feed.fail(failure);
  };
  const play = (feed: Open): void => {
    if (!feed.connection) return;
    const line = openUnitWatch(feed.connection, feed.codec, (failure) => close(feed, failure));
    feed.member.attach(openReader(line, { channels, bufferBytes }, env.clock));
    feed.isPlaying = true;
    feed.serve();
  };
  const visitOf = (feed: Open): Visit => ({
    enter: () => byId.has(feed.id),
    get hasCamera() {
      return byId.has(feed.id);
    },
    describe: () => describe(feed),
    setUp: (offer) => Promise.resolve<Transport | undefined>(offer.kind === 'tcp' ? offer : undefined),
    // Its pictures wait until the child says that it has read the answer: it dies of both in one segment.
    mayPlay: () => true,
    play: () => {},
    pause: () => {},
  });
  const describe = async (feed: Open): Promise<Description> => {
    const description = await feed.member.describe();
    if (!description.ok) close(feed, description.failure);
    else if (!inFlv.has(description.track.codec)) close(feed, { reason: 'no-video', detail: description.track.codec, words: 'no-flv' });
    else if (!packed.hasHarmlessSets(description.track)) close(feed, { reason: 'refused', detail: 'parameter set', words: 'flv-unsafe' });
    else feed.codec = description.track.codec;
    return description;
  };

  return {
    open(key, source) {
      const served = Promise.withResolvers<SourceFailure | undefined>();
      const over = Promise.withResolvers<SourceFailure>();
      const feed: Open = {
        id: env.random.bytes(16).toString('hex'),
        token: env.random.bytes(32).toString('base64url'),
        served: served.promise,
        over: over.promise,
        serve: () => served.resolve(undefined),
        fail(failure) {
          served.resolve(failure);
          over.resolve(failure);
        },
        member: paths.join(key, source, (failure) => close(feed, failure)),
        connection: undefined,
        codec: 'h264',
        isPlaying: false,
      };
      byId.set(feed.id, feed);
      byHash.set(hashOf(feed.token), feed);
      return feed;
    },
    published(id) {
      const feed = byId.get(id);
      if (feed) play(feed);
    },
    close(id, failure) {
      const feed = byId.get(id);
      if (feed) close(feed, failure);
    },
    visit(connection, tokenHash) {
      const feed = byHash.get(tokenHash);
      if (!feed || (feed.connection && feed.connection !== connection)) return undefined;
      feed.connection = connection;
      return visitOf(feed);
    },
    gone(connection) {
      for (const feed of byId.values()) if (feed.connection === connection) close(feed, { reason: 'lost', detail: 'FLV' });
    },
    isPlaying: (connection) => [...byId.values()].some((feed) => feed.connection === connection && feed.isPlaying),
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
