// The load of the relay's bench: cameras and readers, two programs in C, so that the machine's cores are left to the relay.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyMs } from './measure.ts';
import { compile, endChild, pidOf } from './process.ts';

/** What the cameras tell since the last time; counters since their start. */
export interface CamerasReport {
  readonly players: number;
  readonly packets: number;
  readonly bytes: number;
  readonly writes: number;
  /** Writes that the relay's side did not take whole. */
  readonly blocked: number;
  /** The latest that the generator's millisecond came; the latest that a frame was begun, which a relay that is too slow causes as well. */
  readonly lateMs: number;
  readonly behindMs: number;
}

/** What the readers tell since the last time. */
export interface ReadersReport {
  readonly playing: number;
  /** Connections that did not come to play, or ended. */
  readonly gone: number;
  readonly packets: number;
  readonly lost: number;
  /** RTP sequence numbers that do not follow the one before. */
  readonly disordered: number;
  readonly bytes: number;
  readonly frames: number;
  /** From the making of a frame at the camera until its last packet is at the reader. */
  readonly ageP50Ms: number;
  readonly ageP99Ms: number;
}

/** One of the two programs. */
export interface LoadProgram<Report> extends AsyncDisposable {
  readonly pid: number;
  report(): Promise<Report>;
}

/** Cameras that send `bytesPerSecond` each, in writes of at most `chunkBytes` a millisecond, with a key frame every `gopMs`. */
export interface CamerasFeed {
  readonly bytesPerSecond: number;
  readonly chunkBytes: number;
  readonly gopMs: number;
}

/** 4 Mbit/s as a local network brings it: some 6 KB at once. */
export const burstFeed: CamerasFeed = { bytesPerSecond: 500_000, chunkBytes: 6_144, gopMs: 1_000 };
/** The same where each read brings one TCP segment. */
export const segmentFeed: CamerasFeed = { ...burstFeed, chunkBytes: 1_448 };

const sources = ['cameras', 'readers'] as const;

/** Compiles both programs into `folder`. */
export function compileLoad(folder: string): void {
  for (const name of sources) compile(new URL(`./load/${name}.c`, import.meta.url), join(folder, name));
}

/** Starts the cameras; each connection to `port` is one. */
export async function startCameras(folder: string, feed: CamerasFeed): Promise<LoadProgram<CamerasReport> & { readonly port: number }> {
  const { bytesPerSecond, chunkBytes, gopMs } = feed;
  const program = startProgram<CamerasReport>(join(folder, 'cameras'), [bytesPerSecond, chunkBytes, gopMs].map(String));
  return Object.assign(program, { port: Number(await program.line()) });
}

/** Starts readers of all `urls` (one behind a `!` stops reading once it plays) and waits until they play; rejects when one cannot. */
export async function startReaders(folder: string, urls: readonly string[], limitMs = 60_000): Promise<LoadProgram<ReadersReport>> {
  const program = startProgram<ReadersReport>(join(folder, 'readers'), []);
  program.child.stdin?.write(`${urls.join('\n')}\n\n`);
  for (const endMs = steadyMs() + limitMs; ; await sleep(200)) {
    const { playing, gone } = await program.report();
    if (playing === urls.length) return program;
    if (gone === 0 && steadyMs() < endMs) continue;
    await program[Symbol.asyncDispose]();
    throw new Error(`${playing} of ${urls.length} readers play, ${gone} were refused`);
  }
}

interface Started<Report> extends LoadProgram<Report> {
  readonly child: ChildProcess;
  line(): Promise<string>;
}

function startProgram<Report>(path: string, parameters: readonly string[]): Started<Report> {
  const child = spawn(path, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const waiting: ((line: string) => void)[] = [];
  lines.on('line', (line) => waiting.shift()?.(line));
  const line = (): Promise<string> => nextLine(lines, waiting);
  return {
    child,
    pid: pidOf(child),
    line,
    async report() {
      const told = line();
      child.stdin.write('\n');
      return JSON.parse(await told) as Report;
    },
    [Symbol.asyncDispose]: () => endChild(child),
  };
}

function nextLine(lines: Interface, waiting: ((line: string) => void)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a program of the load ended'));
    lines.once('close', ended);
    waiting.push((line) => {
      lines.off('close', ended);
      resolve(line);
    });
  });
}
