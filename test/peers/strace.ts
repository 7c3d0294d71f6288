// A real strace on a running daemon: the order of its system calls, over all its threads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A running trace; `stop` gives its lines in the order of the calls. */
export interface Trace {
  stop(): Promise<readonly string[]>;
}

/** Attaches to every thread of `pid`, for the calls in `calls`, writing to `file`; resolves when it is attached. */
export async function openTrace(pid: number, calls: readonly string[], file: string): Promise<Trace> {
  const trace = await attach(pid, ['-f', '-s', '64', '-e', `trace=${calls.join(',')}`, '-o', file]);
  return {
    async stop() {
      await trace.detach();
      return (await readFile(file, 'utf8')).split('\n');
    },
  };
}

/** Injects `fault` (strace's own words: `error=EIO`, `delay_enter=3000000`) into the given calls of every thread of `pid` until disposal. */
export async function openFault(pid: number, calls: readonly string[], fault: string): Promise<AsyncDisposable> {
  const inject = calls.flatMap((call) => ['-e', `inject=${call}:${fault}`]);
  const trace = await attach(pid, ['-f', '-o', '/dev/null', '-e', `trace=${calls.join(',')}`, ...inject]);
  return { [Symbol.asyncDispose]: () => trace.detach() };
}

async function attach(pid: number, flags: readonly string[]): Promise<{ detach(): Promise<void> }> {
  const strace = spawn('strace', [...flags, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(strace, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: strace.stderr })) {
    said.push(line);
    if (/attached/.test(line)) break;
  }
  if (!said.some((line) => /attached/.test(line))) throw new Error(`strace does not attach: ${said.join('\n')}`);
  strace.stderr.resume();
  return {
    async detach() {
      strace.kill('SIGINT');
      await exit;
    },
  };
}
