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
  message(message: Exclude<FromRemuxer, { type: 'listening' }>): void;
  /** The child died with all that it did. */
  died(): void;
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

interface Running {
  readonly child: RemuxerChild;
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

  const gone = (which: Running, why: string): void => {
    which.listens(undefined);
    if (running !== which) return;
    running = undefined;
    env.log.error({ reason: why }, 'the FLV process died; it is started again when it is needed');
    if (now() - which.startedAt > steadyMs) backoff.reset();
    notBefore = now() + backoff.next();
    events.died();
  };
  const start = (): Running => {
    const { promise: listening, resolve: listens } = Promise.withResolvers<number | undefined>();
    const message = (said: FromRemuxer): void => {
      if (said.type === 'listening') listens(said.port);
      else if (running === opened) events.message(said);
    };
    const child = forkRemuxer(options.entry, { message, gone: (why) => gone(opened, why) }, env);
    const opened: Running = { child, listening, listens, startedAt: now() };
    return opened;
  };
  const stop = (): void => {
    const { child } = running ?? {};
    running = undefined;
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
