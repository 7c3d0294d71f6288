// A real Mosquitto for tests: on free ports, with a plain and if asked a TLS listener, to be stopped, killed, frozen and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCertificates } from './certificates.ts';
import { freePort } from './gateway.ts';

/** How the broker is set up. */
export interface MosquittoOptions {
  /** Further lines of its configuration, like `max_inflight_messages 2`. */
  readonly config?: readonly string[];
  /** With it there is a TLS listener too, which asks for a client certificate of this authority. */
  readonly certificates?: TestCertificates;
  /** Further lines of that listener, like `ciphers …`. */
  readonly tlsConfig?: readonly string[];
  /** Users with their passwords; nobody else may log in then. */
  readonly users?: Readonly<Record<string, string>>;
  /** Keep messages and sessions on disk, so that they outlive `stop`. Default false. */
  readonly persistence?: boolean;
  /** Where it listens besides loopback: a network namespace that exists, and its address there. The plain URL says that address. */
  readonly far?: { readonly namespace: string; readonly address: string };
  /** Log nothing but errors: for measuring. Default false. */
  readonly quiet?: boolean;
}

/** A running broker. It keeps its ports over `stop` and `start`. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  /** `mqtt://127.0.0.1:PORT`; with `far` its address. */
  readonly url: string;
  /** `mqtts://localhost:PORT`; empty without certificates. */
  readonly tlsUrl: string;
  /** Process id of the broker that runs now. */
  readonly pid: number;
  /** Everything it has logged. */
  log(): string;
  start(): Promise<void>;
  /** Ends it in order (SIGTERM) and waits until it is gone. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

const binary = '/usr/sbin/mosquitto';
const startLimitMs = 10_000;

export async function openMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-mosquitto-'));
  const port = await freePort();
  const host = options.far?.address ?? '127.0.0.1';
  const tlsPort = options.certificates ? await freePort() : 0;
  const configPath = join(folder, 'mosquitto.conf');
  const usersPath = join(folder, 'users');
  if (options.users) await writeUsers(usersPath, options.users);
  await writeFile(configPath, configOf({ options, folder, port, tlsPort, usersPath }));
  let child: ChildProcess | undefined;
  let text = '';

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    // A frozen process ends in order only when it runs again; a killed one shall do nothing more.
    if (signal !== 'SIGKILL') ending.kill('SIGCONT');
    await gone;
    child = undefined;
  };
  const start = async (): Promise<void> => {
    const command = [binary, '-c', configPath, ...(options.quiet ? [] : ['-v'])];
    // `ip netns exec` becomes the broker itself: the process that gets the signals stays the same.
    const [program = '', ...flags] = options.far ? ['ip', 'netns', 'exec', options.far.namespace, ...command] : command;
    const starting = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = starting;
    for (const stream of [starting.stdout, starting.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const limit = Date.now() + startLimitMs;
    while (!(await answers(host, port))) {
      if (starting.exitCode !== null || Date.now() > limit) throw new Error(`mosquitto does not start:\n${text}`);
      await sleep(20);
    }
  };
  await start();
  return {
    port,
    url: `mqtt://${host}:${port}`,
    tlsUrl: options.certificates ? `mqtts://localhost:${tlsPort}` : '',
    get pid() {
      if (child?.pid === undefined) throw new Error('the broker does not run');
      return child.pid;
    },
    log: () => text,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configOf(parts: { options: MosquittoOptions; folder: string; port: number; tlsPort: number; usersPath: string }): string {
  const { options, folder, port, tlsPort, usersPath } = parts;
  const { certificates } = options;
  const lines = [
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'log_dest stderr',
    ...(options.quiet ? ['log_type error'] : []),
    `allow_anonymous ${options.users ? 'false' : 'true'}`,
    ...(options.users ? [`password_file ${usersPath}`] : []),
    ...(options.persistence
      ? ['persistence true', `persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1']
      : []),
    ...(options.config ?? []),
    `listener ${port} ${options.far ? '0.0.0.0' : '127.0.0.1'}`,
  ];
  if (certificates) {
    const { ca, server } = certificates;
    lines.push(
      `listener ${tlsPort} 127.0.0.1`,
      `cafile ${ca}`,
      `certfile ${server.cert}`,
      `keyfile ${server.key}`,
      'require_certificate true',
      ...(options.tlsConfig ?? []),
    );
  }
  return `${lines.join('\n')}\n`;
}

async function writeUsers(path: string, users: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(path, '', { mode: 0o600 });
  for (const [name, password] of Object.entries(users)) {
    const child = spawn('mosquitto_passwd', ['-b', path, name, password], { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error('mosquitto_passwd failed');
  }
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
