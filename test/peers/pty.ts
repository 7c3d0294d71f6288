// A pair of pseudo terminals joined by socat: what one end writes, the other reads, as over a serial cable.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Two device paths; the same paths after `replug`. */
export interface PtyPair extends AsyncDisposable {
  readonly a: string;
  readonly b: string;
  /** Writes at the end `b`, which stays open from the first time on: a terminal whose last user leaves hangs up, and socat with it. */
  say(text: string | Buffer): Promise<void>;
  /** Takes both ends away, as when an adapter is pulled out. */
  unplug(): Promise<void>;
  replug(): Promise<void>;
}

/** Opens a pair (Debian: socat). */
export async function openPtyPair(): Promise<PtyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-pty-'));
  const a = join(folder, 'a');
  const b = join(folder, 'b');
  let end = await joinEnds(a, b);
  let handle: FileHandle | undefined;
  const unplug = async (): Promise<void> => {
    await handle?.close().catch(() => {});
    handle = undefined;
    await end();
  };
  return {
    a,
    b,
    async say(text) {
      handle ??= await open(b, constants.O_WRONLY | constants.O_NOCTTY);
      await handle.write(typeof text === 'string' ? Buffer.from(text) : text);
    },
    unplug,
    async replug() {
      end = await joinEnds(a, b);
    },
    async [Symbol.asyncDispose]() {
      await unplug();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function joinEnds(a: string, b: string): Promise<() => Promise<void>> {
  const socat = spawn('socat', [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], { stdio: 'ignore' });
  const ended = once(socat, 'exit');
  for (let tries = 0; !existsSync(a) || !existsSync(b); tries += 1) {
    if (tries > 500 || socat.exitCode !== null) throw new Error('socat opened no pair of terminals');
    await sleep(10);
  }
  return async () => {
    socat.kill();
    await ended;
  };
}
