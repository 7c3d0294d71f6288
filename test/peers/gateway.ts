// A real gateway for the stories: `bin/bongsu run` as its own process with a configuration, a store and a socket of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { run } from '../control/command-line.ts';

const launcher = new URL('../../bin/bongsu', import.meta.url).pathname;
const readyWithinMs = 20_000;
const answerWithinMs = 60_000;

/** A gateway under test. */
export interface GatewayPeer extends AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  readonly rtspPort: number;
  readonly httpPort: number;
  /** Process id of the daemon that runs now. */
  readonly pid: number;
  /** What the daemon has written on standard error so far, over all its starts. */
  log(): Promise<string>;
  /** Runs a verb of the CLI and gives what it printed; rejects on another exit status than `status`. */
  cli(args: readonly string[], options?: { status?: number; input?: string }): Promise<string>;
  /** The same with `--json`, parsed, and without a process of its own: a test may ask often. */
  query(...args: readonly string[]): Promise<unknown>;
  /** Waits until the daemon answers, unless `ready` is false. */
  start(options?: { ready?: boolean }): Promise<void>;
  /** Sends the signal and waits until the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Sections of the configuration that the story sets; paths and ports are filled in. */
export type Sections = Readonly<Record<string, unknown>>;

const givenPorts = new Set<number>();

/** The ports below those that the system gives to connections of its own (net.ipv4.ip_local_port_range): between two lives of a peer nobody takes them. */
const portsFrom = 10_000;
const portsBelow = 32_768;

/** A port that is free, at random so that files which run at once do not meet, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(portsFrom, portsBelow);
    if (givenPorts.has(port)) continue;
    const server = createServer().listen(port, '127.0.0.1');
    const listens = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!listens) continue;
    server.close();
    await once(server, 'close');
    givenPorts.add(port);
    return port;
  }
}

/** Writes a secret beside the configuration with mode 0600 and gives the reference that the configuration takes. */
export async function secretFile(folder: string, name: string, secret: string): Promise<{ file: string }> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, secret, { mode: 0o600 });
  return { file };
}

/** Writes the configuration and starts the daemon; `sections` gets the folder, for the secrets it may need. `environment` is added to the test's own. */
export async function openGateway(
  sections: (folder: string) => Promise<Sections> | Sections,
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayPeer> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-gateway-'));
  const socket = join(folder, 'control.sock');
  const config = join(folder, 'config.yaml');
  const [rtspPort, httpPort] = [await freePort(), await freePort()];
  const given = await sections(folder);
  const webhookPort = webhookPortOf(given);
  await writeFile(
    config,
    stringify({
      site: { code: '52710' },
      gateway: { id: 'gw-1' },
      control: { socket },
      ...given,
      // A test says and hears nothing on the machine's own networks.
      cameras: { discovery: { listen: false }, ...asObject(given['cameras']) },
      store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key'), ...asObject(given['store']) },
      streams: {
        rtsp: { host: '127.0.0.1', port: rtspPort },
        http: { host: '127.0.0.1', port: httpPort },
        advertise: { host: '127.0.0.1' },
        ...asObject(given['streams']),
      },
    }),
  );
  const logFile = join(folder, 'daemon.log');
  let child: ChildProcess | undefined;
  const cli: GatewayPeer['cli'] = async (args, { status = 0, input } = {}) => {
    const running = promisify(execFile)(launcher, ['--socket', socket, '--lang', 'en', ...args], {
      maxBuffer: 16 * 2 ** 20,
      timeout: answerWithinMs,
    });
    running.child.stdin?.end(input ?? '');
    const result = await running.then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code?: number; stdout?: string; stderr?: string }) => ({
        code: error.code ?? -1,
        stdout: error.stdout ?? '',
        stderr: error.stderr ?? '',
      }),
    );
    if (result.code !== status) throw new Error(`bongsu ${args.join(' ')} ended with ${result.code}: ${result.stdout}${result.stderr}`);
    return result.stdout + (status === 0 ? '' : result.stderr);
  };
  const query: GatewayPeer['query'] = async (...args) => {
    const io = { user: userInfo().username, signal: AbortSignal.timeout(answerWithinMs) };
    const { status, stdout, stderr } = await run(['--socket', socket, '--lang', 'en', ...args, '--json'], { io });
    if (status !== 0) throw new Error(`bongsu ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as unknown;
  };
  const peer: GatewayPeer = {
    folder,
    socket,
    rtspPort,
    httpPort,
    get pid() {
      if (child?.pid === undefined) throw new Error('the gateway does not run');
      return child.pid;
    },
    log: () => readFile(logFile, 'utf8'),
    cli,
    query,
    async start({ ready = true } = {}) {
      const started = spawn('sh', ['-c', `exec "$0" run --config "$1" 2>>"$2" >&2`, launcher, config, logFile], {
        stdio: 'ignore',
        env: { ...process.env, ...environment },
      });
      child = started;
      if (!ready) return;
      const deadline = Date.now() + readyWithinMs;
      while (started.exitCode === null && Date.now() < deadline) {
        const answers = await query('status').then(
          () => true,
          () => false,
        );
        // It answers a moment before the senders' door opens.
        if (answers && (webhookPort === undefined || (await isOpen(webhookPort)))) return;
        await sleep(50);
      }
      throw new Error(`the gateway did not start:\n${(await peer.log()).slice(-4000)}`);
    },
    async stop(signal = 'SIGTERM') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
    async [Symbol.asyncDispose]() {
      await peer.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await peer.start();
  } catch (error) {
    await peer[Symbol.asyncDispose]();
    throw error;
  }
  return peer;
}

function webhookPortOf(sections: Sections): number | undefined {
  const { sensors } = sections as { sensors?: { webhook?: { listen?: { port: number } } } };
  return sensors?.webhook?.listen?.port;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** Tries `look` every 50 ms until it gives something; what it throws counts as not yet. Fails with `what` after `withinMs`. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  let failure: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: failure });
    await sleep(50);
  }
}
