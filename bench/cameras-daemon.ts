// The gateway of the cameras' bench: the product's own daemon over a store in which thousands of cameras are registered.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openLog, openSealer, systemEnv, systemRandom } from '#base';
import { environment, storeKey } from '#config';
import { connectControl } from '#control';
import type { Device } from '#model';
import { openRegistry } from '#registry';
import { freePort } from '../test/peers/gateway.ts';
import { fieldAddress, fieldLogin } from './cameras-field.ts';
import { steadyMs } from './measure.ts';
import { openSite } from './site.ts';

/** A running daemon. */
export interface CamerasDaemon extends AsyncDisposable {
  readonly pid: number;
  /** Cameras that it says are online. */
  online(): Promise<number>;
  /** Processor time so far of all its threads, seconds. */
  cpuSeconds(): number;
  /** Resident memory now, and the largest so far, MiB. */
  rssMiB(): { readonly now: number; readonly peak: number };
  /** Steps of alarms that are committed. */
  transitions(): number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const env = systemEnv(openLog('warn'));
const launcher = new URL('../bin/bongsu', import.meta.url).pathname;
const startLimitMs = 60_000;

/** Registers `count` cameras of the field at `port` in an empty store, as the registry does it, and keeps their logins sealed. */
export async function registerField(folder: string, count: number, port: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const key = await storeKey(join(folder, 'store.key'), { environment: environment({}), random: systemRandom });
  await using site = await openSite(folder, 'bongsu');
  const registry = await openRegistry({ store: site.store, sealer: openSealer(key, systemRandom) }, env);
  const identity = { maker: '', model: '', firmware: '', serial: '' };
  const add = (index: number): Promise<void> => {
    const address = `${fieldAddress(index)}:${port}`;
    const place = { latitude: 35.9, longitude: 127.16, address: '완주군 봉동읍 둔산리 887' };
    const id = `cam-${String(index + 1).padStart(4, '0')}`;
    const device: Device = { id, type: 'camera', name: `둔산 ${index + 1}`, address, purpose: '생활방범', place, channels: [], identity };
    return registry.add(device, fieldLogin);
  };
  for (let from = 0; from < count; from += 200)
    await Promise.all(Array.from({ length: Math.min(200, count - from) }, (_, index) => add(from + index)));
}

/** Starts `bongsu run` in `folder`, its hub at `hubPort`, and waits until it answers. `nodeOptions` are for looking into it. */
export async function startCamerasDaemon(folder: string, hubPort: number): Promise<CamerasDaemon> {
  const socket = join(folder, 'control.sock');
  const config = join(folder, 'config.yaml');
  const listen = async () => ({ host: '127.0.0.1', port: await freePort() });
  const path = join(folder, 'bongsu.db');
  const sections = {
    site: { code: '52710' },
    gateway: { id: 'gw-1' },
    control: { socket },
    store: { path, keyFile: join(folder, 'store.key') },
    streams: { rtsp: await listen(), http: await listen(), advertise: { host: '127.0.0.1' } },
    uplink: { url: `mqtt://127.0.0.1:${hubPort}` },
    // One period for the whole run, which takes longer than the usual five minutes: what fails twice in it failed too often.
    cameras: { loginRetry: '30m' },
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(sections));
  const child = spawn(launcher, ['run', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  const { pid } = child;
  if (pid === undefined) throw new Error('the gateway did not start');
  const online = async (): Promise<number> => {
    await using control = await connectControl(socket, 'bench');
    return (await control.call('status', {})).cameras.online;
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  await firstAnswer(online, child).catch(async (cause: unknown) => {
    await stop('SIGKILL');
    throw new Error(`the gateway did not start:\n${log}`, { cause });
  });
  const field = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  return {
    pid,
    online,
    cpuSeconds() {
      // utime and stime, in ticks of 10 ms (proc_pid_stat(5)); the name before them may hold anything.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    rssMiB: () => ({ now: field('VmRSS'), peak: field('VmHWM') }),
    transitions() {
      const db = new Database(path, { readonly: true });
      try {
        return db.prepare<[], number>('SELECT count(*) FROM alarm_transition').pluck().get() ?? 0;
      } finally {
        db.close();
      }
    },
    stop,
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  };
}

async function firstAnswer(ask: () => Promise<unknown>, child: ChildProcess): Promise<void> {
  const limitMs = steadyMs() + startLimitMs;
  for (;;) {
    try {
      return void (await ask());
    } catch (error) {
      if (child.exitCode !== null || steadyMs() > limitMs) throw error;
      await sleep(50);
    }
  }
}
