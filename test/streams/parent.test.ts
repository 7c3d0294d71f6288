// The media process without its gateway: gone when it is killed, strict about ends when it is frozen.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Lease } from '#streams';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease } from './site.ts';

async function startParent(lease: Lease & { readonly token: string }) {
  const entry = fileURLToPath(new URL('./parent-entry.ts', import.meta.url));
  const told = JSON.stringify({ lease: leaseOf(lease), token: lease.token });
  const parent = spawn(process.execPath, [entry, told], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { address, pid } = JSON.parse(line.toString()) as { address: string; pid: number };
  return { parent, address, pid };
}

/** Whether the process still runs; one that nobody has reaped yet does not. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

describe('the media process', () => {
  it('ends with its sessions when the gateway is killed', async () => {
    await using camera = await openQuirkyCamera();
    const { parent, address, pid } = await startParent(makeLease(camera.url));
    using reader = await openRawReader(address);
    expect(await startPlaying(reader, address)).toBe(200);
    await until(() => reader.packets.length > 10);
    parent.kill('SIGKILL');
    const killedAt = performance.now();
    await reader.closed;
    while ((await lives(pid)) && performance.now() - killedAt < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - killedAt).toBeLessThan(2_000);
  });

  it('cuts at the end of the lease while the gateway is frozen', async () => {
    await using camera = await openQuirkyCamera();
    const { parent, address } = await startParent(makeLease(camera.url, { remainingMs: 3_000 }));
    const admittedAt = performance.now();
    try {
      using reader = await openRawReader(address);
      expect(await startPlaying(reader, address)).toBe(200);
      parent.kill('SIGSTOP');
      await reader.closed;
      expect(performance.now() - admittedAt).toBeLessThan(4_000);
      expect(reader.packets.length).toBeGreaterThan(50);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
