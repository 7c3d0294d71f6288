// The way to a camera on a wire of its own, with real ARP and real routes: who is told to look at the cable, at the port, at the firewall, at the routes. Needs root.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inside, openWire, type Wire } from '../peers/network.ts';

const exec = promisify(execFile);
let wire: Wire;

beforeAll(async () => {
  wire = await openWire('10.91.0.1', ['10.91.0.2']);
  await exec('ip', ['-n', wire.near, 'route', 'del', 'default']);
  // Behind the far end a router swallows what it is sent, as a firewall does.
  await exec('ip', ['-n', wire.near, 'route', 'add', '10.92.0.0/24', 'via', '10.91.0.2']);
  await exec('ip', ['-n', wire.far, 'route', 'add', 'blackhole', '10.92.0.0/24']);
}, 60_000);
afterAll(() => wire?.[Symbol.asyncDispose]());

interface Walked {
  readonly isOpen: boolean;
  readonly findings: readonly string[];
}

async function walk(address: string): Promise<Walked> {
  const walker = new URL('way-walker.ts', import.meta.url).pathname;
  const [command = '', ...args] = inside(wire.near, [process.execPath, walker, address]);
  const { stdout } = await exec(command, args, { timeout: 30_000 });
  return JSON.parse(stdout) as Walked;
}

describe('the way to a camera', () => {
  it.each([
    ['whose ONVIF is off', '10.91.0.2:80', ['neighbour ok', 'port failed port-closed']],
    ['that is unplugged', '10.91.0.77:80', ['neighbour failed no-neighbour']],
    ['behind a firewall', '10.92.0.5:80', ['neighbour skipped', 'port failed no-answer']],
    ['to which no route leads', '10.93.0.5:80', ['neighbour skipped', 'port failed no-route']],
  ])('%s', async (_name, address, findings) => {
    expect(await walk(address)).toEqual({ isOpen: false, findings });
  });

  it('of which the switch is dead', async () => {
    const { stdout } = await exec('ip', ['-n', wire.far, '-br', 'link', 'show', 'type', 'veth']);
    const link = stdout.split(/[@\s]/)[0] ?? '';
    await exec('ip', ['-n', wire.far, 'link', 'set', link, 'down']);
    expect(await walk('10.91.0.2:80')).toEqual({ isOpen: false, findings: ['neighbour failed no-neighbour'] });
  });
});
