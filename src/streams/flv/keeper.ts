// The keeper of the FLV child: starts it when it is needed, again when it died, and ends it when nobody has needed it for a while.
import { type Env, openBackoff } from '#base';
import { forkRemuxer, type RemuxerChild } from './child.ts';
import type { FromRemuxer, ToRemuxer } from './words.ts';

export interface KeeperOptions {
  /** The module that calls `runRemuxer`. */
  readonly entry: URL;
  /** Until the child listens. */
  readonly startMs: number;
  /** The child that nobody needs is kept so long. */
  readonly idleMs: number;
}

export interface KeeperEvents {
  message(message: Exclude<FromRemuxer, { type: 'listening' | 'pong' }>): void;
  /** The child died with all that it did; `feed` is the one whose packet it died of, or hung in. */
  died(feed: string | undefined): void;
  isNeeded(): boolean;
}

export interface Keeper extends Disposable {
  readonly pid: number | undefined;
  /** Port of the child's HTTP server, once it listens; undefined when it does not in time. */
  awake(): Promise<number | undefined>;
  send(message: ToRemuxer): void;
  /** Nobody may need it any more. */
  rest(): void;
}

const backoffRange = { minMs: 100, maxMs: 3_000 };
const steadyMs = 30_000;
/** A child that does not listen by then never will. */
const hungMs = 30_000;

/** It is asked so often whether it lives. One that has not answered twice hangs. */
const pingMs = 1_200;
const maxMissed = 2;
/** One that holds more was made to. */
const maxRssBytes = 512 * 2 ** 20;

interface Running {
  readonly child: RemuxerChild;
  missed: number;
  /** It was ended for what it holds, which is nobody's packet alone. */
  isFull: boolean;
  ping: Disposable | undefined;
  readonly listening: Promise<number | undefined>;
  readonly listens: (port: number | undefined) => void;
  readonly startedAt: number;
}

/** Opens the keeper; nothing runs yet. */
export function openKeeper(options: KeeperOptions, events: KeeperEvents, env: Env): Keeper {
  const backoff = openBackoff(backoffRange, env.random);
  const now = env.clock.monotonicMs;
  let running: Running | undefined;
  let notBefore = 0;
  let idle: Disposable | undefined;
  let closed = false;

  const gone = (which: Running, why: string, feed: string | undefined): void => {
    which.ping?.[Symbol.dispose]();
    which.listens(undefined);
    if (running !== which) return;
    running = undefined;
    env.log.error({ reason: why }, 'the FLV process died; it is started again when it is needed');
    if (now() - which.startedAt > steadyMs) backoff.reset();
    notBefore = now() + backoff.next();
    events.died(which.isFull ? undefined : feed);
  };
  /** Asks whether it lives, and looks what it holds. */
  const look = (which: Running): void => {
    if (running !== which) return;
    which.isFull = which.child.rssBytes > maxRssBytes;
    if (which.isFull || which.missed >= maxMissed) {
      env.log.error({ reason: which.isFull ? 'memory' : 'no answer' }, 'the FLV process is ended');
      which.child.kill();
      return;
    }
    which.missed += 1;
    which.child.send({ type: 'ping' });
    which.ping = env.clock.after(pingMs, () => look(which));
  };
  const start = (): Running => {
    const { promise: listening, resolve: listens } = Promise.withResolvers<number | undefined>();
    const message = (said: FromRemuxer): void => {
      if (said.type === 'listening') {
        listens(said.port);
        look(opened);
      } else if (said.type === 'pong') opened.missed = 0;
      else if (running === opened) events.message(said);
    };
    const child = forkRemuxer(options.entry, { message, gone: (why, feed) => gone(opened, why, feed) }, env);
    const opened: Running = { child, missed: 0, isFull: false, ping: undefined, listening, listens, startedAt: now() };
    return opened;
  };
  const stop = (): void => {
    const { child, ping } = running ?? {};
    running = undefined;
    ping?.[Symbol.dispose]();
    child?.kill();
  };
  const stay = (): void => {
    idle?.[Symbol.dispose]();
    idle = undefined;
  };

  return {
    get pid() {
      return running?.child.pid;
    },
    async awake() {
      stay();
      const waitMs = running ? 0 : notBefore - now();
      if (waitMs > 0) await env.clock.sleep(waitMs);
      if (closed) return undefined;
      running ??= start();
      const asked = running;
      const { promise: late, resolve } = Promise.withResolvers<undefined>();
      using _timer = env.clock.after(options.startMs, () => resolve(undefined));
      const port = await Promise.race([asked.listening, late]);
      if (port === undefined && running === asked && now() - asked.startedAt >= hungMs) asked.child.kill();
      return port;
    },
    send: (message) => running?.child.send(message),
    rest() {
      if (idle || closed || events.isNeeded()) return;
      idle = env.clock.after(options.idleMs, () => {
        idle = undefined;
        if (!events.isNeeded()) stop();
      });
    },
    [Symbol.dispose]() {
      closed = true;
      stay();
      stop();
    },
  };
}
