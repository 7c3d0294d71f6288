// On a wire of its own, with real ARP: the table of neighbours is never overrun, cameras are known by their MAC, and multicast reaches all. Needs root.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openField } from '../../../bench/discovery-field.ts';

const exec = promisify(execFile);
const stack = new AsyncDisposableStack();
const tag = randomBytes(3).toString('hex');
const [near, far] = [`look-near-${tag}`, `look-far-${tag}`];
const cameras = [
  { address: '10.90.0.7', mac: '02:00:00:00:00:07' },
  { address: '10.90.1.200', mac: '02:00:00:00:01:c8' },
  { address: '10.90.3.250', mac: '02:00:00:00:03:fa' },
];

async function ip(...args: readonly string[]): Promise<void> {
  await exec('ip', [...args]).catch((cause: unknown) => {
    throw new Error(`ip ${args.join(' ')} failed; network namespaces need root and iproute2`, { cause });
  });
}

beforeAll(async () => {
  for (const name of [near, far]) {
    await ip('netns', 'add', name);
    stack.defer(() => ip('netns', 'delete', name));
    await ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  await ip('link', 'add', `n${tag}`, 'netns', near, 'type', 'veth', 'peer', 'name', `f${tag}`, 'netns', far);
  await ip('-n', near, 'address', 'add', '10.90.0.1/22', 'dev', `n${tag}`);
  await ip('-n', near, 'link', 'set', `n${tag}`, 'up');
  await ip('-n', far, 'link', 'set', `f${tag}`, 'up');
  // Each camera answers for its own address alone.
  await ip('netns', 'exec', far, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore');
  for (const [at, { address, mac }] of cameras.entries()) {
    await ip('-n', far, 'link', 'add', `c${at}`, 'link', `f${tag}`, 'address', mac, 'type', 'macvlan', 'mode', 'bridge');
    await ip('-n', far, 'address', 'add', `${address}/22`, 'dev', `c${at}`);
    await ip('-n', far, 'link', 'set', `c${at}`, 'up');
  }
  const enter = (command: readonly string[]): readonly string[] => ['ip', 'netns', 'exec', far, ...command];
  stack.use(
    await openField(
      cameras.map(({ address }) => address),
      enter,
    ),
  );
}, 60_000);
afterAll(() => stack.disposeAsync());

interface Looked {
  readonly mostAsked: number;
  readonly found: readonly { readonly address: string; readonly mac: string; readonly way: string }[];
}

async function look(range: string, how = 'ranges'): Promise<Looked> {
  const looker = new URL('on-link-looker.ts', import.meta.url).pathname;
  const { stdout } = await exec('ip', ['netns', 'exec', near, process.execPath, looker, range, how], { timeout: 60_000 });
  return JSON.parse(stdout) as Looked;
}

/** How often the machine's table was full and a packet was dropped for it (neighbour statistics, one row for each CPU). */
async function tableFulls(): Promise<number> {
  const [heading = '', ...rows] = (await readFile('/proc/net/stat/arp_cache', 'utf8')).trim().split('\n');
  const column = heading.trim().split(/\s+/).indexOf('table_fulls');
  return rows.reduce((sum, row) => sum + Number.parseInt(row.trim().split(/\s+/)[column] ?? '', 16), 0);
}

const byAddress = (found: Looked['found']) =>
  found.map(({ address, mac }) => ({ address, mac })).toSorted((left, right) => left.address.localeCompare(right.address));

it('finds all on a link of 1,022 addresses while the kernel asks for no more than half a table at once, and drops nothing', {
  timeout: 60_000,
}, async () => {
  const before = await tableFulls();
  const { mostAsked, found } = await look('10.90.0.0/22');
  expect(byAddress(found)).toEqual(cameras);
  expect(mostAsked).toBeGreaterThan(100);
  expect(mostAsked).toBeLessThanOrEqual(512);
  expect(await tableFulls()).toBe(before);
});

it('finds all by multicast, each by its MAC', { timeout: 60_000 }, async () => {
  const { found } = await look('', 'multicast');
  expect(byAddress(found)).toEqual(cameras);
  expect(new Set(found.map(({ way }) => way))).toEqual(new Set(['multicast']));
});
