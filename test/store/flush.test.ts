// Calls that need no flush of their own: what waits for the disk and what does not, and what a power cut may take.
import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTrace } from '../peers/strace.ts';
import { openFolder, openNoteStore } from './file.ts';
import { openStage } from './stage.ts';
import type { NoteProcedures } from './thread-entry.ts';

const loose = { urgent: true, flush: false } as const;
const strict = { urgent: true } as const;

describe('a call without a flush of its own', () => {
  it('waits for no disk; the next one that needs it flushes both, once, and what stays alone is flushed within two seconds', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder);
    const { value: pid } = await stage.ask({ act: 'open', path: at.path, options: {} });
    const counted = async (act: () => Promise<unknown>): Promise<number> => {
      const trace = await openTrace(Number(pid), ['fsync', 'fdatasync'], `${at.path}.trace`);
      await act();
      return (await trace.stop()).filter((line) => /sync\(/.test(line)).length;
    };
    const confirmed = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1) await stage.call('write', 'turn', loose);
    };
    await stage.call('write', 'before', strict);
    expect(await counted(confirmed)).toBe(0);
    expect(await counted(() => stage.call('write', 'alarm', strict))).toBe(1);
    expect(await counted(() => Promise.all([stage.call('write', 'turn', loose), stage.call('write', 'alarm', strict)]))).toBe(1);
    const alone = async (): Promise<void> => {
      await confirmed();
      await sleep(2000);
    };
    expect(await counted(alone)).toBe(1);
    expect(await counted(() => sleep(1500))).toBe(0);
    expect((await stage.ask({ act: 'call', room: 'store', name: 'describe' })).value).toMatchObject({ synchronous: 2 });
  });

  it('leaves no more for the next flush than some pages', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder);
    const { value: pid } = await stage.ask({ act: 'open', path: at.path, options: {} });
    const trace = await openTrace(Number(pid), ['fsync', 'fdatasync'], `${at.path}.trace`);
    for (let turn = 0; turn < 10; turn += 1) await stage.call('pour', { notes: 100, bytes: 2000 }, loose);
    const flushes = (await trace.stop()).filter((line) => /sync\(/.test(line)).length;
    expect(flushes).toBeGreaterThanOrEqual(4);
    expect(flushes).toBeLessThan(10);
  });

  it('is kept when the process is killed', async () => {
    await using at = await openFolder();
    {
      await using stage = openStage(at.folder);
      await stage.ask({ act: 'open', path: at.path, options: {} });
      await stage.call('write', 'alarm', strict);
      await stage.call('write', 'turn', loose);
      await stage.kill();
    }
    await using store = await openNoteStore(at.path);
    expect(await store.procedures<NoteProcedures>('notes').list()).toEqual(['alarm', 'turn']);
    expect(store.damage()).toBeUndefined();
  });

  it('fails with the disk, which is noticed by whoever writes or flushes next', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder);
    await stage.ask({ act: 'open', path: at.path, options: {} });
    await stage.call('write', 'before', strict);
    await using _fault = await stage.inject('fsync:error=EIO');
    expect(await stage.call('write', 'turn', loose)).toMatchObject({ value: expect.any(Number) });
    await expect.poll(async () => (await stage.health()).lastError, { timeout: 4000 }).toMatch(/EIO|I\/O/);
  });
});

describe('a log that was taken away from under the store', () => {
  it('is noticed where it cannot be flushed, and all that was in it goes into the file', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder);
    await stage.ask({ act: 'open', path: at.path, options: {} });
    await stage.call('write', 'alarm', strict);
    await rm(`${at.path}-wal`);
    await stage.call('write', 'turn', loose);
    await expect.poll(async () => (await stage.health()).lastError, { timeout: 4000 }).toContain('ENOENT');
    await expect.poll(async () => (await stage.health()).state, { timeout: 4000 }).toBe('ok');
    await stage.kill();
    await using store = await openNoteStore(at.path);
    expect(await store.procedures<NoteProcedures>('notes').list()).toEqual(['alarm', 'turn']);
    expect(store.damage()).toBeUndefined();
  });
});

describe('a power cut', () => {
  it('takes nothing but the unflushed end, wherever the log ends, and is no damage', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const flushed = store.procedures<NoteProcedures>('notes');
    const unflushed = store.procedures<NoteProcedures>('notes', { flush: false });
    for (const text of ['a', 'b']) await flushed.write(text);
    const flushedBytes = (await stat(`${at.path}-wal`)).size;
    for (const text of ['c', 'd', 'e']) await unflushed.write(text);
    const log = await readFile(`${at.path}-wal`);
    expect(log.length).toBeGreaterThan(flushedBytes);
    const tail = fc.record({ kept: fc.nat(log.length - flushedBytes), noise: fc.uint8Array({ maxLength: 40 }), isAligned: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(tail, async ({ kept, noise, isAligned }) => {
        const end = flushedBytes + (isAligned ? kept - (kept % 4120) : kept);
        await using cut = await openFolder();
        await copyFile(at.path, cut.path);
        await writeFile(`${cut.path}-wal`, Buffer.concat([log.subarray(0, end), noise]));
        await using again = await openNoteStore(cut.path);
        const notes = again.procedures<NoteProcedures>('notes');
        const rows = await notes.list();
        expect(rows.join('')).toMatch(/^ab(c(de?)?)?$/);
        expect(await notes.counted()).toBe(rows.length);
        expect(again.damage()).toBeUndefined();
        expect((await notes.lapses())?.map(({ what }) => what)).toEqual(['made']);
      }),
      { numRuns: 12 },
    );
  });
});
