// A pseudo terminal without a native package: `script` (Debian bsdutils, on every Debian system) opens it and passes bytes through its pipes.
import { spawn } from 'node:child_process';
import { type Env, messageOf } from '#base';
import { fault } from '../faults.ts';

/** The master's end of a pseudo terminal; whoever opens `path` has the other. */
export interface Pty extends AsyncDisposable {
  /** `/dev/pts/N`: opens like any serial port, at any speed. */
  readonly path: string;
  write(bytes: Buffer): void;
}

const openWithinMs = 5000;

/**
 * Opens a pseudo terminal; `heard` gets what is written to its path. The helper ends with this process, also when it is killed.
 * Throws `simulator.script-missing` and `simulator.pty-failed`.
 */
export async function openPty(heard: (bytes: Buffer) => void, env: Env, program = 'script'): Promise<Pty> {
  const command = `stty raw -echo && tty && exec tail --pid=${process.pid} -f /dev/null`;
  // A service account's own shell may be nologin, and `script` runs the command with $SHELL.
  const child = spawn(program, ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', SHELL: '/bin/sh', LC_ALL: 'C' },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.on('error', (error) => env.log.debug({ error: messageOf(error) }, 'pseudo terminal closed'));
  const path = await new Promise<string>((resolve, reject) => {
    let said = '';
    const late = env.clock.after(openWithinMs, () => reject(fault('pty-failed', { detail: 'no answer within 5 s' })));
    const fail = (cause: unknown): void => {
      late[Symbol.dispose]();
      const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      reject(fault(missing ? 'script-missing' : 'pty-failed', { cause, detail: messageOf(cause) }));
    };
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`script ended with ${code}: ${said.slice(0, 100)}`)));
    child.stdout.on('data', function learn(bytes: Buffer) {
      said += bytes.toString('latin1');
      const found = /^(\/dev\/\S+)\r?\n/.exec(said)?.[1];
      if (found === undefined) return;
      late[Symbol.dispose]();
      child.stdout.off('data', learn);
      child.stdout.on('data', heard);
      resolve(found);
    });
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    path,
    write: (bytes) => void (child.stdin.writable && child.stdin.write(bytes)),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
