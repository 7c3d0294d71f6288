// The gateway of the backlog's bench: the product's own daemon over a store that was filled before, with a webhook for the alarms of the day.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl } from '#control';
import { freePort } from '../test/peers/gateway.ts';
import { steadyMs } from './measure.ts';

/** How the daemon is started. */
export interface DaemonOptions {
  /** Of the bench: configuration and log lie here, and the store. */
  readonly folder: string;
  /** The store is `STORE.db`. */
  readonly store: string;
  /** Of the broker, on loopback. */
  readonly hubPort: number;
  /** `uplink.window`. */
  readonly window: number;
  /** Whether it has a webhook with sensors that `raise` speaks for; their registration is 50 entries more in a store that does not know them. */
  readonly hears: boolean;
}

/** A running daemon. */
export interface Daemon extends AsyncDisposable {
  /** From its start as a process to its first answer to a technician (`status`), the counts of the outbox in it. */
  readonly readyMs: number;
  /** Entries that waited for the hub when it answered. */
  readonly waiting: number;
  /** Entries that wait now. */
  pending(): Promise<number>;
  /** Raises a critical or a major alarm over the webhook; resolves when the sensor is answered, after the commit. */
  raise(alarm: { readonly message: string; readonly severity: 'critical' | 'major' }): Promise<void>;
  /** Largest resident memory of the process so far (VmHWM), MiB. */
  peakRssMiB(): number;
  /** kill -9. */
  kill(): Promise<void>;
}

const launcher = new URL('../bin/bongsu', import.meta.url).pathname;
const startLimitMs = 60_000;
const lookEveryMs = 5;
const token = 'backlog-bench-token-0123456789';
/** As many senders as keep each below the limit of floods. */
const devices = Array.from({ length: 50 }, (_, index) => `radar-${index + 1}`);

/** Starts `bongsu run` and waits until it answers. Rejects when it ends before, or after a minute. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { folder } = options;
  const webhookPort = await freePort();
  const socket = join(folder, 'control.sock');
  const config = join(folder, 'config.yaml');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await configOf(options, socket, webhookPort)));
  const startMs = steadyMs();
  const child = spawn(launcher, ['run', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  let waiting: number;
  try {
    waiting = await firstAnswer(socket, child);
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Error(`the gateway did not start:\n${log}`, { cause });
  }
  const readyMs = steadyMs() - startMs;
  const agent = new Agent({ keepAlive: true });
  const kill = async (): Promise<void> => {
    agent.destroy();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    readyMs,
    waiting,
    pending: () => pendingOf(socket),
    raise: (alarm) => push(webhookPort, agent, alarm),
    peakRssMiB: () => peakRssMiB(child.pid),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/** VmHWM of a running process, MiB. */
export function peakRssMiB(pid: number | undefined): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0) / 1024;
}

async function firstAnswer(socket: string, child: ChildProcess): Promise<number> {
  const limitMs = steadyMs() + startLimitMs;
  for (;;) {
    try {
      return await pendingOf(socket);
    } catch (error) {
      if (child.exitCode !== null || steadyMs() > limitMs) throw error;
      await sleep(lookEveryMs);
    }
  }
}

async function pendingOf(socket: string): Promise<number> {
  await using control = await connectControl(socket, 'bench');
  const { outbox } = await control.call('status', {});
  return outbox.destinations.reduce((sum, { pending }) => sum + pending, 0);
}

async function configOf({ folder, store, hubPort, window, hears }: DaemonOptions, socket: string, webhookPort: number): Promise<object> {
  const rule = (severity: string) => ({
    kind: 'fall',
    channel: severity,
    state: 'pulse',
    severity,
    when: { path: 'severity', equals: [severity] },
  });
  const source = {
    id: 'radars',
    device: 'radars',
    token: { file: join(folder, 'token') },
    map: { id: 'id', device: 'unit', detail: { message: 'id' }, rules: ['critical', 'major'].map(rule) },
    devices: devices.map((device) => ({ device, key: device })),
  };
  const listen = async () => ({ host: '127.0.0.1', port: await freePort() });
  return {
    site: { code: '52710' },
    gateway: { id: 'gw-1' },
    control: { socket },
    store: { path: join(folder, `${store}.db`), keyFile: join(folder, 'store.key') },
    streams: { rtsp: await listen(), http: await listen(), advertise: { host: '127.0.0.1' } },
    uplink: { url: `mqtt://127.0.0.1:${hubPort}`, window },
    ...(hears && { sensors: { webhook: { listen: { host: '127.0.0.1', port: webhookPort }, sources: [source] } } }),
  };
}

let pushed = 0;

async function push(port: number, agent: Agent, { message, severity }: Parameters<Daemon['raise']>[0]): Promise<void> {
  pushed += 1;
  const body = JSON.stringify({ id: message, unit: devices[pushed % devices.length], severity });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sent = request({ host: '127.0.0.1', port, path: '/webhook/radars', method: 'POST', agent, headers });
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  if (response.statusCode >= 300) throw new Error(`the webhook answered ${response.statusCode}`);
}
