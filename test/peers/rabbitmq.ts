// A real RabbitMQ with its MQTT plugin (3.1.1 alone) for tests: a node of its own on free ports of loopback, with a port mapper of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCertificates } from './certificates.ts';
import { freePort } from './gateway.ts';

/** A running broker. It keeps its ports, and what it has on disk, over `stop` and `start`. */
export interface Rabbitmq extends AsyncDisposable {
  /** `mqtt://127.0.0.1:PORT`. */
  readonly url: string;
  /** `mqtts://localhost:PORT`, where a client certificate is asked for. */
  readonly tlsUrl: string;
  /** The one user that may log in. */
  readonly user: { readonly username: string; readonly password: string };
  start(): Promise<void>;
  /** Ends it in order (SIGTERM) and waits until it is gone. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

// Behind Debian's wrapper, which wants to become another user.
const server = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const startLimitMs = 60_000;
const user = { username: 'bongsu', password: 'Lantern-Hill-42' };

interface Ports {
  readonly plain: number;
  readonly tls: number;
  /** Of the port mapper (epmd), which every Erlang node asks for. */
  readonly mapper: number;
  readonly distribution: number;
}

/** Starts it: some eight seconds, six of which it waits for others of its cluster. */
export async function openRabbitmq(certificates: TestCertificates): Promise<Rabbitmq> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-rabbitmq-'));
  const ports = { plain: await freePort(), tls: await freePort(), mapper: await freePort(), distribution: await freePort() };
  await writeFile(join(folder, 'rabbitmq.conf'), configOf(ports, certificates));
  await writeFile(join(folder, 'plugins'), '[rabbitmq_mqtt].\n');
  const mapper = spawn('epmd', ['-address', '127.0.0.1', '-port', String(ports.mapper)], { stdio: 'ignore' });
  let child: ChildProcess | undefined;
  let text = '';

  const end = async (ending: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> => {
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill(signal);
    await gone;
  };
  const start = async (): Promise<void> => {
    // The script becomes the broker itself: the process that gets the signals stays the same.
    const starting = spawn(server, ['-noinput'], { env: environmentOf(folder, ports), stdio: ['ignore', 'pipe', 'pipe'] });
    child = starting;
    const from = text.length;
    for (const stream of [starting.stdout, starting.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const limit = Date.now() + startLimitMs;
    while (!text.slice(from).includes('Server startup complete')) {
      if (starting.exitCode !== null || Date.now() > limit) throw new Error(`RabbitMQ does not start:\n${text.slice(from)}`);
      await sleep(50);
    }
  };
  const close = async (): Promise<void> => {
    await end(child, 'SIGKILL');
    await end(mapper, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: `mqtt://127.0.0.1:${ports.plain}`,
    tlsUrl: `mqtts://localhost:${ports.tls}`,
    user,
    start,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
    [Symbol.asyncDispose]: close,
  };
}

function configOf(ports: Ports, { ca, server: own }: TestCertificates): string {
  return [
    'listeners.tcp = none',
    `mqtt.listeners.tcp.default = 127.0.0.1:${ports.plain}`,
    `mqtt.listeners.ssl.default = 127.0.0.1:${ports.tls}`,
    `ssl_options.cacertfile = ${ca}`,
    `ssl_options.certfile = ${own.cert}`,
    `ssl_options.keyfile = ${own.key}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
    'mqtt.allow_anonymous = false',
    `default_user = ${user.username}`,
    `default_pass = ${user.password}`,
    'log.console = true',
    'log.file = false',
    '',
  ].join('\n');
}

/** Nothing of the machine's own RabbitMQ: neither its node's name nor its folders, cookie, ports or port mapper. */
function environmentOf(folder: string, ports: Ports): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(ports.mapper),
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_NODENAME: 'bongsu@localhost',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}
