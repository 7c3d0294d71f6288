// What the simulator's tests share: a silent world, and running a Debian program to its end.
import { execFile } from 'node:child_process';
import { type Env, openLog, systemEnv } from '#base';

/** The machine's clock and randomness, no log. */
export const env: Env = systemEnv(openLog('silent'));

/** Runs a program; its exit status and all it said. */
export function run(program: string, args: readonly string[], timeoutMs = 25_000): Promise<{ status: number; said: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: timeoutMs, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ status, said: stdout + stderr });
    });
  });
}

/** Waits until the condition holds, at most `timeoutMs`. */
export async function until(holds: () => boolean, timeoutMs = 5000): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  return holds();
}
