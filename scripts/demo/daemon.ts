// The demo's gateway: the product's own daemon, as its own process in a folder that goes with it, led to a simulated site.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type ControlClient, connectControl } from '#control';
import type { SiteFacts } from '#simulator';

/** A running daemon and the way to ask it. */
export interface Daemon extends AsyncDisposable {
  readonly control: ControlClient;
  /** Configuration, store and log. */
  readonly folder: string;
}

/** Site and gateway of the demo. */
const demoIdentity = { site: '52710', gateway: 'demo' };

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
  const config = join(folder, 'config.yaml');
  await writeFile(config, stringify(await configOf(facts, { folder, webhookPort })));
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, 'run', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const control = await connectWhenUp(join(folder, 'control.sock'), child);
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

async function configOf(facts: SiteFacts, { folder, webhookPort }: { folder: string; webhookPort: number }): Promise<object> {
  const secret = async (name: string, value: string): Promise<{ file: string }> => {
    await writeFile(join(folder, name), value, { mode: 0o600 });
    return { file: join(folder, name) };
  };
  const unitsOf = (bus: SiteFacts['buses'][number]) =>
    bus.units.map(({ device, unitId }) => ({ device, unit: unitId, template: 'smoke-contact' }));
  const buses = facts.buses.map((bus) =>
    bus.kind === 'modbus-rtu'
      ? { id: 'serial', driver: bus.kind, port: bus.path, baud: bus.baudRate, parity: 'none', pollInterval: '250ms', units: unitsOf(bus) }
      : { id: 'network', driver: bus.kind, host: bus.host, port: bus.port, pollInterval: '250ms', units: unitsOf(bus) },
  );
  const rules = [
    { kind: 'fall', state: 'active', when: { path: 'state', equals: ['active'] } },
    { kind: 'fall', state: 'inactive', when: { path: 'state', equals: ['inactive'] } },
  ];
  const sources = await Promise.all(
    facts.webhooks.map(async ({ device, token }) => ({
      id: device,
      device,
      token: await secret(`${device}.token`, token),
      map: { id: 'id', time: 'time', rules },
    })),
  );
  return {
    site: { code: demoIdentity.site, name: '완주군 시연' },
    gateway: { id: demoIdentity.gateway },
    store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key') },
    control: { socket: join(folder, 'control.sock') },
    uplink: { url: facts.hub?.url, retryMin: '100ms', retryMax: '1s' },
    sensors: { buses, ...(sources.length > 0 && { webhook: { listen: { port: webhookPort }, sources } }) },
    streams: { rtsp: { host: '127.0.0.1', port: await freePort() }, http: { host: '127.0.0.1', port: await freePort() }, closeAfter: '2s' },
  };
}
