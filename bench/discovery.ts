// How long it takes to find 4,000 cameras among 16,384 addresses of which the others are silent, what it takes of memory, and whether one is missed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl } from '#control';
import { peakRssMiB } from './backlog-daemon.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { hiddenPorts, isHidden, openField } from './discovery-field.ts';
import { openNet } from './discovery-net.ts';
import { round, steadyMs } from './measure.ts';

const range = '10.64.0.0/18';
const addresses = 16_384;
const cameras = 4000;
const runs = 5;
const readyWithinMs = 60_000;
const launcher = new URL('../bin/bongsu', import.meta.url).pathname;

const figures = {
  seconds:
    'the longest of 5 looks at 16,384 routed addresses, 4,000 of them cameras, the others silent: from the question to the last answer, findings kept',
  medianSeconds: 'the same, the third longest',
  cpuSeconds:
    'most processor time that the gateway process took for one of them; where it is far below `seconds`, the waits count, or the machine was busy',
  rssMiB: 'largest resident memory of the gateway process (VmHWM) over all looks',
  missed:
    'cameras that one of the looks did not find, all looks together; a quarter of them does not speak WS-Discovery and listens on one of five ports',
  wrong: 'findings that are no camera, all looks together',
} as const;

export const discoveryBench: Bench<keyof typeof figures> = { figures, run };

async function run({ folder, timeScale, tell }: BenchOptions) {
  // Spread over the range as if by chance, the same each time.
  const present = Array.from({ length: cameras }, (_, at) => addressOf(Math.floor((at * addresses) / cameras) + ((at * 7) % 4)));
  const expected = new Set(present.map((host, at) => placeOf(host, at)));
  await using net = await openNet(range, present);
  tell('4,000 cameras start');
  await using _field = await openField(present, net.far);
  await using daemon = await startDaemon(folder, net.near);
  const seconds: number[] = [];
  let cpuSeconds = 0;
  let missed = 0;
  let wrong = 0;
  for (let at = 1; at <= (timeScale < 1 ? 1 : runs); at += 1) {
    const before = cpuSecondsOf(daemon.pid);
    const look = await lookAround(daemon.socket);
    const cpu = cpuSecondsOf(daemon.pid) - before;
    cpuSeconds = Math.max(cpuSeconds, cpu);
    const found = new Set(look.addresses);
    const lost = [...expected].filter((place) => !found.has(place));
    missed += lost.length;
    wrong += [...found].filter((place) => !expected.has(place)).length;
    seconds.push(look.seconds);
    tell(
      `look ${at}: ${round(look.seconds, 1)} s, ${found.size} found, ${lost.length} missed ${lost.slice(0, 5).join(' ')}, ${round(cpu, 1)} s of CPU, ${Math.round(peakRssMiB(daemon.pid))} MiB`,
    );
  }
  const sorted = seconds.toSorted((left, right) => right - left);
  return {
    seconds: round(sorted[0] ?? 0, 1),
    medianSeconds: round(sorted[Math.floor(sorted.length / 2)] ?? 0, 1),
    cpuSeconds: round(cpuSeconds, 1),
    rssMiB: round(peakRssMiB(daemon.pid), 1),
    missed,
    wrong,
  };
}

/** utime and stime of all threads (proc(5)), whose clock has 100 ticks a second. */
function cpuSecondsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function addressOf(place: number): string {
  // The first and the last address of a net are no hosts.
  const host = Math.min(Math.max(place, 1), addresses - 2);
  return `10.64.${host >> 8}.${host & 255}`;
}

/** As the gateway writes it. */
function placeOf(host: string, index: number): string {
  const port = isHidden(index) ? hiddenPorts[(index >> 2) % hiddenPorts.length] : 80;
  return port === 80 ? host : `${host}:${port}`;
}

async function lookAround(socket: string): Promise<{ readonly seconds: number; readonly addresses: readonly string[] }> {
  await using control = await connectControl(socket, 'bench');
  const startMs = steadyMs();
  const found: string[] = [];
  for await (const item of control.follow('discover.look', { ranges: [range], multicast: false }, new AbortController().signal)) {
    if ('kept' in item) found.push(item.kept.address);
  }
  return { seconds: (steadyMs() - startMs) / 1000, addresses: found };
}

/** The product's own daemon inside the near namespace; its socket is a file, which both sides see. */
async function startDaemon(folder: string, enter: (command: readonly string[]) => readonly string[]) {
  const socket = join(folder, 'control.sock');
  const config = join(folder, 'config.yaml');
  const settings = {
    site: { code: '52710' },
    gateway: { id: 'gw-1' },
    log: { level: 'warn' },
    control: { socket },
    store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key') },
    streams: { rtsp: { host: '127.0.0.1', port: 0 }, http: { host: '127.0.0.1', port: 0 }, advertise: { host: '127.0.0.1' } },
    // Nobody is there: the hub is not what is measured.
    uplink: { url: 'mqtt://127.0.0.1:9', retryMin: '1m' },
    cameras: { discovery: { listen: false } },
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(settings));
  const [command = '', ...args] = enter([launcher, 'run', '--config', config]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
  };
  for (const limitMs = steadyMs() + readyWithinMs; ; await sleep(50)) {
    const isReady = await connectControl(socket, 'bench').then(
      async (control) => control[Symbol.asyncDispose]().then(() => true),
      () => false,
    );
    if (isReady) return { socket, pid: child.pid, [Symbol.asyncDispose]: stop };
    if (child.exitCode !== null || steadyMs() > limitMs) throw new Error('the gateway did not start');
  }
}
