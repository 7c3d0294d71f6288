// The gateway's end of the channel to one media process, from fork to exit.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Env, messageOf } from '#base';
import { type ToGateway, type ToMedia, toGateway } from '../protocol.ts';

export interface MediaLink {
  readonly pid: number | undefined;
  /** Resolves with how it ended: a signal's name, an exit status, an error. */
  readonly exited: Promise<string>;
  send(message: ToMedia): void;
  /** Sends with an id and waits for the answer; undefined when the process goes or `timeoutMs` pass. */
  call(make: (id: number) => ToMedia, timeoutMs: number): Promise<ToGateway | undefined>;
  /** Asks it to end, kills it when it does not within 3 s, and waits. */
  stop(): Promise<void>;
  kill(): void;
}

export interface LinkOptions {
  readonly entry: URL;
  readonly nodePath: string;
}

const stopMs = 3_000;

/** Memory that is freed serves again: see docs/decisions/memory.md. */
const memoryFlags = ['--max-semi-space-size=8'];
const memoryEnvironment = { MALLOC_ARENA_MAX: '2' };

/** Forks the media process. Its environment and arguments say how it holds memory and nothing else: what it must know comes over the channel. */
export function forkMedia(options: LinkOptions, onMessage: (message: ToGateway) => void, env: Env): MediaLink {
  const child = fork(fileURLToPath(options.entry), [], {
    execPath: options.nodePath,
    execArgv: memoryFlags,
    env: memoryEnvironment,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const calls = new Map<number, (answer: ToGateway | undefined) => void>();
  let nextId = 0;
  const exited = exitOf(child);
  child.once('exit', () => {
    for (const settle of calls.values()) settle(undefined);
    calls.clear();
  });
  child.on('message', (raw) => {
    const parsed = toGateway.safeParse(raw);
    if (!parsed.success) return env.log.error({ problem: messageOf(parsed.error) }, 'the media process said what is no message');
    const message = parsed.data;
    if (message.type === 'reply' || message.type === 'status' || message.type === 'looked') calls.get(message.id)?.(message);
    else onMessage(message);
  });
  const send = (message: ToMedia): void => {
    if (child.connected) child.send(message, () => {});
  };
  return {
    pid: child.pid,
    exited,
    send,
    async call(make, timeoutMs) {
      nextId += 1;
      const id = nextId;
      const { promise, resolve } = Promise.withResolvers<ToGateway | undefined>();
      calls.set(id, resolve);
      using _timeout = env.clock.after(timeoutMs, () => resolve(undefined));
      if (child.connected) send(make(id));
      else resolve(undefined);
      const answer = await promise;
      calls.delete(id);
      return answer;
    },
    async stop() {
      send({ type: 'stop' });
      using _kill = env.clock.after(stopMs, () => child.kill('SIGKILL'));
      await exited;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code ?? 0}`));
  });
}
