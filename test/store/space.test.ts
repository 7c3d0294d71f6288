// The disk that holds the store, before it is full: told while there is time to act, and not again and again at the edge.
import { statfs } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openSpace } from '../../src/store/space.ts';
import { openFolder, openNoteStore } from './file.ts';

const mib = 2 ** 20;

it('is low below a sixteenth of the limit, until half as much again is free', () => {
  let freeBytes = 300 * mib;
  const reserve = { heldBytes: () => 0, spend() {}, make: () => true, diskFreeBytes: () => freeBytes };
  const limits = { limitBytes: 4096 * mib, reservedBytes: 200 * mib, logBytes: 4 * mib };
  const space = openSpace(new Database(':memory:'), limits, reserve, () => 0);
  const lows = [300, 257, 255, 300, 383, 385, 300].map((free) => {
    freeBytes = free * mib;
    space.look();
    return space.disk().isLow;
  });
  expect(lows).toEqual([false, false, true, true, true, false, false]);
  expect(space.disk().freeBytes).toBe(300 * mib);
});

it('is told by the thread', async () => {
  await using at = await openFolder();
  const { bavail, bsize } = await statfs(at.folder);
  let wakes = 0;
  {
    await using store = await openNoteStore(at.path, { limits: { limit: 32 * bavail * bsize } });
    using _watch = store.watch('store', () => {
      wakes += 1;
    });
    await expect.poll(() => store.disk().isLow).toBe(true);
    expect(store.disk().freeBytes).toBeGreaterThan(0);
    expect(store.health().state).toBe('ok');
  }
  await using store = await openNoteStore(at.path, { limits: { limit: 64 * mib } });
  expect(store.disk().isLow).toBe(false);
  expect(wakes).toBeLessThanOrEqual(1);
});
