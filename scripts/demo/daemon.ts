// The demo's gateway: the product's own daemon, as its own process in a folder that goes with it, led to a simulated site.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlClient, connectControl } from '#control';
import { type SiteFacts, writeGatewayConfig } from '#simulator';

/** A running daemon and the way to ask it. */
export interface Daemon extends AsyncDisposable {
  readonly control: ControlClient;
  /** Configuration, store and log. */
  readonly folder: string;
}

const startLimitMs = 15_000;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Writes the configuration for the site, starts the daemon and waits until it answers. */
export async function openDaemon(facts: SiteFacts, webhookPort: number): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-demo-'));
  const [rtspPort, httpPort] = [await freePort(), await freePort()];
  const { config, socket } = await writeGatewayConfig(facts, { folder, webhookPort, rtspPort, httpPort });
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, 'run', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const control = await connectWhenUp(socket, child);
    return {
      control,
      folder,
      async [Symbol.asyncDispose]() {
        await control[Symbol.asyncDispose]();
        await end(child);
        await remove();
      },
    };
  } catch (error) {
    await end(child);
    await remove();
    throw new Error(`the gateway did not start:\n${said}`, { cause: error });
  }
}

async function connectWhenUp(socket: string, child: ChildProcess): Promise<ControlClient> {
  const limit = Date.now() + startLimitMs;
  for (;;) {
    try {
      return await connectControl(socket, 'demo');
    } catch (error) {
      if (child.exitCode !== null || Date.now() > limit) throw error;
      await sleep(50);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
