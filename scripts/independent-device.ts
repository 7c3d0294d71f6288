// `node scripts/independent-device.ts`: our gateway discovers, identifies and hears an ONVIF device that was not written here (the onvif-server crate), on a wire of two network namespaces.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { inside, openWire } from '../test/peers/network.ts';

const exec = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const launcher = join(root, 'bin/bongsu');
const near = '10.97.0.1';
const device = { host: '10.97.0.11', port: '80', user: 'admin', password: 'crate-pass-1' };
const withinMs = 30_000;

/** Builds the device; its parts come from crates.io, which takes two minutes at the first time. */
async function build(): Promise<string> {
  const target = join(root, 'node_modules/.cache/onvif-device');
  const args = [
    'build',
    '--release',
    '--locked',
    '--manifest-path',
    join(root, 'test/peers/onvif-device/Cargo.toml'),
    '--target-dir',
    target,
  ];
  await exec('cargo', args, { timeout: 900_000 }).catch((cause: unknown) => {
    throw new Error('the device cannot be built here; it needs cargo (1.85 or newer) and crates.io', { cause });
  });
  return join(target, 'release/onvif-device');
}

/** Runs a program in a namespace until it is disposed. */
function start(namespace: string, command: readonly string[]): AsyncDisposable {
  const [program = '', ...args] = inside(namespace, command);
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || !child.kill('SIGTERM')) return;
      await once(child, 'exit');
    },
  };
}

async function configure(folder: string): Promise<string> {
  const file = join(folder, 'config.yaml');
  const config = {
    site: { code: '52710' },
    gateway: { id: 'gw-1' },
    control: { socket: join(folder, 'control.sock') },
    store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key') },
    uplink: { url: 'mqtt://127.0.0.1:1883' },
  };
  await writeFile(file, stringify(config));
  return file;
}

/** Runs a verb and gives what it printed. */
async function cli(folder: string, args: readonly string[], input = ''): Promise<string> {
  const running = exec(launcher, ['--socket', join(folder, 'control.sock'), '--lang', 'en', ...args], { timeout: withinMs });
  running.child.stdin?.on('error', () => {}).end(input);
  return (await running).stdout;
}

async function eventually(what: string, holds: () => Promise<string | undefined>): Promise<string> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await holds().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(300);
  }
}

const program = await build();
const folder = await mkdtemp(join(tmpdir(), 'independent-device-'));
try {
  await using wire = await openWire(near, [device.host]);
  await using _device = start(wire.far, [program, device.host, device.port, device.user, device.password]);
  await using _gateway = start(wire.near, [launcher, 'run', '--config', await configure(folder)]);
  await eventually('the gateway', () => cli(folder, ['status']));
  console.log('--- by multicast');
  console.log(
    await eventually('its answer', async () => {
      const table = await cli(folder, ['discover', '--add', '--user', device.user, '--password-stdin'], `${device.password}\n`);
      return table.includes(device.host) ? table : undefined;
    }),
  );
  console.log('--- by its address');
  console.log(await cli(folder, ['discover', '--no-multicast', device.host]));
  console.log('--- known and heard');
  console.log(
    await eventually('it to be online', async () => {
      const table = await cli(folder, ['camera', 'list']);
      return table.includes('Crate-1') && table.includes('online') ? table : undefined;
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
