// What Node.js has compiled is kept as soon as the gateway runs: sites lose their power rather than end a gateway in good order.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { stringify } from 'yaml';
import { eventually, freePort } from '../peers/gateway.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bongsu-compiled-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const launcher = join(import.meta.dirname, '../../bin/bongsu');

it('keeps what it has compiled, though it is killed', async () => {
  const cache = join(folder, 'cache');
  const listen = async () => ({ host: '127.0.0.1', port: await freePort() });
  const config = join(folder, 'config.yaml');
  const sections = {
    site: { code: '52710' },
    gateway: { id: 'gw-1' },
    control: { socket: join(folder, 'control.sock') },
    store: { path: join(folder, 'bongsu.db'), keyFile: join(folder, 'store.key') },
    streams: { rtsp: await listen(), http: await listen(), advertise: { host: '127.0.0.1' } },
    uplink: { url: 'mqtt://127.0.0.1:1' },
  };
  writeFileSync(config, stringify(sections));
  const gateway = spawn(launcher, ['run', '--config', config], { stdio: 'ignore', env: { ...process.env, NODE_COMPILE_CACHE: cache } });
  const gone = once(gateway, 'exit');
  try {
    await eventually('compiled files', () => (compiled(cache) > 300 ? true : undefined));
  } finally {
    gateway.kill('SIGKILL');
    await gone;
  }
});

function compiled(cache: string): number {
  return existsSync(cache) ? readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length : 0;
}
