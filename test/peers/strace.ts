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
  const strace = spawn('strace', ['-f', '-s', '64', '-e', `trace=${calls.join(',')}`, '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(strace, 'exit');
  const said: string[] = [];
  const attached = (async () => {
    for await (const line of createInterface({ input: strace.stderr })) {
      said.push(line);
      if (/attached/.test(line)) return;
    }
    throw new Error(`strace does not attach: ${said.join('\n')}`);
  })();
  await attached;
  strace.stderr.resume();
  return {
    async stop() {
      strace.kill('SIGINT');
      await exit;
      return (await readFile(file, 'utf8')).split('\n');
    },
  };
}
