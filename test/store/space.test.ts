// The disk that holds the store, before it is full: told while there is time to act, and not again and again at the edge.
import { stat, statfs } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openSpace } from '../../src/store/space.ts';
import { openFolder, openNoteStore } from './file.ts';
import type { NoteProcedures } from './thread-entry.ts';

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

it('says that another program keeps the log from being written back, and when it does no more', async () => {
  await using at = await openFolder();
  await using store = await openNoteStore(at.path, { limits: { limit: 512 * mib } });
  const notes = store.procedures<NoteProcedures>('notes');
  const pour = async (mibs: number): Promise<void> => {
    for (let one = 0; one < mibs; one += 1) await notes.pour({ notes: 16, bytes: mib / 16 });
  };
  await pour(40);
  expect(store.disk().isLogHeld).toBe(false);
  const technician = new Database(at.path, { readonly: true });
  technician.exec('BEGIN');
  technician.prepare('SELECT count(*) FROM note').get();
  await pour(40);
  await expect.poll(() => store.disk().isLogHeld).toBe(true);
  expect(store.disk().heldLogBytes).toBeGreaterThan(32 * mib);
  expect(store.health().state).toBe('ok');
  technician.close();
  await expect.poll(() => store.disk(), { timeout: 5000 }).toMatchObject({ isLogHeld: false });
  await pour(1);
  expect((await stat(`${at.path}-wal`)).size).toBeLessThanOrEqual(16 * mib);
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

it('leaves what must be said a mebibyte in a file that is larger than its limit was made', async () => {
  await using at = await openFolder();
  {
    await using store = await openNoteStore(at.path, { limits: { limit: 64 * mib } });
    await store.procedures<NoteProcedures>('notes').pour({ notes: 24, bytes: mib });
  }
  await using store = await openNoteStore(at.path, { limits: { limit: 16 * mib } });
  await expect(store.procedures<NoteProcedures>('notes').pour({ notes: 1, bytes: 2 ** 16 })).rejects.toMatchObject({
    code: 'store.full-disk',
  });
  const reserved = store.procedures<NoteProcedures>('notes', { reserved: true });
  for (let one = 0; one < 10; one += 1) await reserved.pour({ notes: 1, bytes: 2 ** 16 });
  await expect(reserved.pour({ notes: 16, bytes: 2 ** 16 })).rejects.toMatchObject({ code: 'store.full-disk' });
});
