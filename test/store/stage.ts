// A stage for faults: a store in a process of its own, on a small file system if need be, whose system calls can be made to fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Damage, StoreHealth } from '#store';
import type { Ask } from './child.ts';

/** What a call came to. */
export interface Answer {
  readonly value?: unknown;
  readonly code?: string;
  readonly text?: string;
}

export interface Stage extends AsyncDisposable {
  ask(ask: Ask): Promise<Answer>;
  call(name: string, argument?: unknown, options?: { urgent?: boolean; reserved?: boolean; flush?: boolean }): Promise<Answer>;
  health(): Promise<StoreHealth>;
  damage(): Promise<Damage | undefined>;
  /** Makes system calls of the process fail or wait (strace's `inject`) until disposed. */
  inject(fault: string): Promise<AsyncDisposable>;
  kill(): Promise<void>;
}

/** Starts the process; with `disk` its `folder` is a file system of so many MiB of its own, which nobody else sees. */
export function openStage(folder: string, disk?: number): Stage {
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', new URL('child.ts', import.meta.url).pathname];
  const mounted = ['unshare', '--mount', '--map-root-user', 'sh', '-c', `mount -t tmpfs -o size=${disk}m none "$0" && exec "$@"`, folder];
  const [command = '', ...args] = disk === undefined ? program : [...mounted, ...program];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  let pid = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  void exited.then(() => {
    for (const resolve of waiting.values()) resolve({ code: 'exited' });
    return undefined;
  });
  const ask = (what: Ask): Promise<Answer> => {
    asked += 1;
    child.stdin.write(`${JSON.stringify({ id: asked, ask: what })}\n`);
    return new Promise((resolve) => waiting.set(asked, resolve));
  };
  return {
    async ask(what) {
      const answer = await ask(what);
      if (what.act === 'open') pid = Number(answer.value);
      return answer;
    },
    call: (name, argument, options = {}) => ask({ act: 'call', name, argument, ...options }),
    health: async () => (await ask({ act: 'health' })).value as StoreHealth,
    damage: async () => (await ask({ act: 'damage' })).value as Damage | undefined,
    inject: (fault) => injectInto(pid, fault),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

async function injectInto(pid: number, fault: string): Promise<AsyncDisposable> {
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-e', 'trace=fdatasync,fsync,pwrite64,pread64', '-e', `inject=${fault}`]);
  const exited = once(tracer, 'exit');
  // It says so on standard error once it is attached to every thread.
  await Promise.race([once(tracer.stderr, 'data'), exited.then(() => Promise.reject(new Error('strace ended')))]);
  tracer.stderr.resume();
  return {
    async [Symbol.asyncDispose]() {
      tracer.kill('SIGINT');
      await exited;
    },
  };
}
