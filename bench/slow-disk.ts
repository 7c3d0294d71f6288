// The same on a slow disk: a process of its own whose every flush strace holds up by 10 ms, as cheap flash does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { measureCommits } from './commits.ts';
import { diskFigures } from './disk.ts';
import { openSite } from './site.ts';
import { measureWire } from './wire.ts';

/** Figures by name. */
export type SlowFigures = Readonly<Record<string, number>>;

const delayMicroseconds = 10_000;

/** Measures in a process whose flushes are held up. @throws when strace is not there or the measurement fails */
export async function measureSlowDisk(parent: string, timeScale: number): Promise<SlowFigures> {
  const folder = join(parent, 'slow');
  await mkdir(folder);
  const calls = 'fsync,fdatasync';
  const hold = ['-e', `trace=${calls}`, '-e', `inject=${calls}:delay_exit=${delayMicroseconds}`];
  // With the filter in the kernel only the flushes stop for strace, and nothing else.
  const flags = ['-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', ...hold];
  const child = spawn('strace', [...flags, process.execPath, import.meta.filename, folder, String(timeScale)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`the slow disk could not be measured (strace ended with ${code})`);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '') as SlowFigures;
}

/** What is measured there. */
async function measure(folder: string, timeScale: number): Promise<SlowFigures> {
  const { fsyncP50Ms, fsyncP99Ms } = diskFigures({ folder, timeScale });
  await using site = await openSite(folder, 'slow');
  return { fsyncP50Ms, fsyncP99Ms, ...(await measureCommits(site, timeScale)), ...(await measureWire(folder, timeScale)) };
}

if (import.meta.main) {
  const [folder = '', timeScale = '1'] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(folder, Number(timeScale))));
}
