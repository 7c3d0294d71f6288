// Processes under measurement: what one has cost the processor, what memory it holds, and how it is ended.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { round, steadyMs } from './measure.ts';

/** Seconds of processor time of the process `pid`, all its threads, since its start; resolution 10 ms. */
function cpuSeconds(pid: number): number {
  // utime and stime, in ticks of 10 ms (proc_pid_stat(5)); the name before them may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of `pid`, MiB: as it is now (`VmRSS`), the most so far (`VmHWM`). */
export function residentMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return round(Number(found?.[1] ?? 0) / 1024, 0);
}

/** What each of `pids` cost of a core while `act` ran, percent. */
export async function cpuPercents(pids: readonly number[], act: () => Promise<unknown>): Promise<number[]> {
  const [startMs, before] = [steadyMs(), pids.map(cpuSeconds)];
  await act();
  const seconds = (steadyMs() - startMs) / 1000;
  return pids.map((pid, at) => round(((cpuSeconds(pid) - (before[at] ?? 0)) / seconds) * 100, 1));
}

/** The process's id; throws when it did not start. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('a process of the bench did not start');
  return child.pid;
}

/** Ends a child and waits until it is gone. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Compiles a program in C with the machine's own compiler. */
export function compile(source: URL, target: string): void {
  execFileSync('cc', ['-O2', '-o', target, source.pathname], { stdio: ['ignore', 'inherit', 'inherit'] });
}
