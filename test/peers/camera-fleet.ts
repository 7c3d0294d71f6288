// Virtual cameras in a process of their own, for tests and benches that hold the gateway in another: started, steered by the remote socket, ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface FleetRequest {
  readonly cameras: number;
  /** Default: plain ones. */
  readonly personalities?: readonly string[];
  /** First address; default 127.77.0.1. */
  readonly firstAddress?: string;
  /** Default 8080. */
  readonly port?: number;
  /** UDP port of WS-Discovery; default 3702. */
  readonly discoveryPort?: number;
  /** Network namespace, made already, in which the cameras stand and whose addresses they have. Needs root. */
  readonly namespace?: string;
}

/** The cameras. */
export interface CameraFleet extends AsyncDisposable {
  readonly pid: number;
  /** What the simulator said when it was ready: all cameras with their addresses and logins. */
  readonly facts: { readonly cameras: readonly { id: string; address: string; user: string; password: string }[] };
  /** One of the requests of src/simulator/remote.ts; rejects with what the simulator objects. */
  ask(request: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Memory of the process, MiB. */
  rssMiB(): Promise<number>;
}

const readyMs = 60_000;

/** Starts them. The simulator's own words follow on stderr when it ends too early. */
export async function openCameraFleet(request: FleetRequest): Promise<CameraFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-fleet-'));
  const socketPath = join(folder, 'remote.sock');
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const { cameras, personalities, firstAddress = '127.77.0.1', port = 8080, discoveryPort = 3702, namespace } = request;
  const own = ['--own-addresses', firstAddress, '--camera-port', String(port), '--discovery-port', String(discoveryPort)];
  const kinds = personalities === undefined ? [] : ['--personalities', personalities.join(',')];
  const args = [main, '--json', 'simulate', '--cameras', String(cameras), '--sensors', '0', ...own, ...kinds, '--remote', socketPath];
  const command = namespace === undefined ? [process.execPath, ...args] : ['ip', 'netns', 'exec', namespace, process.execPath, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const facts = await ready(child);
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const ask = speak(socket);
  return {
    pid: child.pid ?? 0,
    facts,
    ask,
    async rssMiB() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await once(child, 'exit');
        clearTimeout(late);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child: ChildProcess): Promise<CameraFleet['facts']> {
  if (!child.stdout) throw new Error('no output');
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line', { signal: AbortSignal.timeout(readyMs) });
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`the simulator ended with ${status}`);
  });
  const [line] = (await Promise.race([first, ended])) as [string];
  lines.on('line', () => {});
  ended.catch(() => {});
  return JSON.parse(line) as CameraFleet['facts'];
}

function speak(socket: Socket): CameraFleet['ask'] {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  createInterface({ input: socket }).on('line', (line) => {
    const { id, ok, value, error } = JSON.parse(line) as { id: number; ok: boolean; value?: unknown; error?: string };
    const asked = waiting.get(id);
    waiting.delete(id);
    if (ok) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the simulator is gone'));
  });
  return (request) =>
    new Promise((resolve, reject) => {
      next += 1;
      waiting.set(next, { resolve, reject });
      socket.write(`${JSON.stringify({ id: next, ...request })}\n`);
    });
}
