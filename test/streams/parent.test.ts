// The media process without its gateway: gone when it is killed, strict about ends when it is frozen, whichever way the pictures go out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '#streams';
import { type GstCamera, openGstCamera } from '../peers/rtsp-camera.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';
import { readHttpFlv, readRtsp, readWsFlv, receivePush, type Way } from './ways.ts';

interface Order {
  readonly lease: Lease & { readonly token: string };
  readonly pushTo?: string;
}

async function startParent(orders: readonly Order[], options: Record<string, unknown> = {}) {
  const entry = fileURLToPath(new URL('./parent-entry.ts', import.meta.url));
  const leases = orders.map(({ lease, pushTo }) => ({ lease: leaseOf(lease), token: lease.token, pushTo }));
  const parent = spawn(process.execPath, [entry, JSON.stringify({ options, leases })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(parent.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  const { addresses, pid } = JSON.parse(line) as { addresses: string[]; pid: number };
  return {
    parent,
    addresses,
    pid,
    /** Moves all ends to `ms` from now. */
    async endIn(ms: number): Promise<void> {
      const moved = once(lines, 'line');
      parent.stdin.write(`${ms}\n`);
      await moved;
    },
  };
}

/** Whether the process still runs; one that nobody has reaped yet does not. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

describe('the media process', () => {
  it('ends with its sessions when the gateway is killed', async () => {
    await using camera = await openQuirkyCamera();
    const { parent, addresses, pid } = await startParent([{ lease: makeLease(camera.url) }]);
    const [address = ''] = addresses;
    using reader = await openRawReader(address);
    expect(await startPlaying(reader, address)).toBe(200);
    await until(() => reader.packets.length > 10);
    parent.kill('SIGKILL');
    const killedAt = performance.now();
    await reader.closed;
    while ((await lives(pid)) && performance.now() - killedAt < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - killedAt).toBeLessThan(2_000);
  });
});

describe('all ways of pictures, by RTSP, HTTP-FLV, WS-FLV and pushes over RTSP and RTMP', () => {
  let camera: GstCamera;
  beforeAll(async () => {
    camera = await openGstCamera({ codec: 'h264' });
  });
  afterAll(() => camera[Symbol.asyncDispose]());

  async function openStage(stack: AsyncDisposableStack) {
    const [rtsp, rtmp] = [await receivePush('rtsp'), await receivePush('rtmp')];
    for (const { way } of [rtsp, rtmp]) stack.use(way);
    const protocols = ['rtsp', 'http-flv', 'ws-flv'] as const;
    const orders: Order[] = protocols.map((protocol) => ({ lease: makeLease(camera.url, { protocol }) }));
    orders.push(...[rtsp, rtmp].map(({ to }) => ({ lease: makeLease(camera.url), pushTo: to })));
    const options = { pushTo: [rtsp, rtmp].map(({ base }) => ({ address: base })) };
    const watch = async ([first = '', second = '', third = '']: readonly string[]): Promise<readonly Way[]> => {
      const ways = [await readRtsp(first), readHttpFlv(second), readWsFlv(third)].map((way) => stack.use(way));
      const all = [...ways, rtsp.way, rtmp.way];
      await until(() => all.every(({ flows }) => flows), 25_000);
      return all;
    };
    return { orders, options, watch };
  }

  it('are cut within a second of the end of their grant while the gateway is frozen', { timeout: 60_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const { orders, options, watch } = await openStage(stack);
    const { parent, addresses, endIn } = await startParent(orders, options);
    stack.defer(() => void parent.kill('SIGKILL'));
    const ways = await watch(addresses);
    const movedAt = performance.now();
    await endIn(1_500);
    const saidAt = performance.now();
    parent.kill('SIGSTOP');
    const cuts = await Promise.all(ways.map(({ cut }) => cut));
    expect(Math.min(...cuts) - movedAt).toBeGreaterThan(1_400);
    expect(Math.max(...cuts) - saidAt).toBeLessThan(2_500);
  });

  it('are cut within a second when their grants are revoked', { timeout: 60_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const { orders, options, watch } = await openStage(stack);
    const relay = stack.use(openRelay(options));
    for (const { lease, pushTo } of orders) await relay.streams.admit(leaseOf(lease), pushTo);
    const ways = await watch(orders.map(({ lease }) => relay.streams.address('stream', lease.token, lease.protocol)));
    const revokedAt = performance.now();
    await Promise.all(orders.map(({ lease }) => relay.streams.revoke(lease.grant)));
    const cuts = await Promise.all(ways.map(({ cut }) => cut));
    expect(Math.max(...cuts) - revokedAt).toBeLessThan(1_000);
  });
});
