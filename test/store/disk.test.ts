// A sick disk under a real store in its own process: it hangs, it errs, it is full; the store says so, goes on, and keeps what it promised.
import { describe, expect, it } from 'vitest';
import { openFolder, openNoteStore } from './file.ts';
import { openStage, type Stage } from './stage.ts';
import type { NoteProcedures } from './thread-entry.ts';

const mebibyte = 2 ** 20;

async function state(stage: Stage): Promise<string> {
  const { state: name, reason } = await stage.health();
  return `${name} ${reason}`.trim();
}

describe('a disk that hangs', () => {
  it('is told within the limit, fails what waits, refuses at once, and is forgiven when it answers', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder);
    await stage.ask({ act: 'open', path: at.path, options: { hungAfterMs: 500 } });
    await stage.call('write', 'before');
    {
      await using _hang = await stage.inject('fsync:delay_enter=2500000');
      const startMs = performance.now();
      const given = await Promise.all([stage.call('write', 'under way'), stage.call('write', 'waiting', { urgent: true })]);
      expect(performance.now() - startMs).toBeLessThan(1500);
      expect(given.map(({ code }) => code)).toEqual(['store.hung', 'store.hung']);
      expect(await state(stage)).toBe('failing hung');
      const refusedMs = performance.now();
      expect((await stage.call('write', 'refused')).code).toBe('store.hung');
      expect(performance.now() - refusedMs).toBeLessThan(200);
      await expect.poll(() => state(stage), { timeout: 8000, interval: 100 }).toBe('ok');
    }
    await stage.call('write', 'after');
    const { value } = await stage.call('list');
    expect(value).toEqual(expect.arrayContaining(['before', 'under way', 'after']));
    expect(value).not.toContain('refused');
    expect((await stage.health()).lastError).not.toBe('');
  });
});

describe('a disk that errs', () => {
  it.each(['fsync:error=EIO', 'pwrite64:error=EIO', 'fsync:error=EIO:when=1+3'])('is opened again until it works: %s', async (fault) => {
    await using at = await openFolder();
    {
      await using stage = openStage(at.folder);
      await stage.ask({ act: 'open', path: at.path, options: {} });
      await stage.call('write', 'before');
      {
        await using _fault = await stage.inject(fault);
        expect((await stage.call('write', 'failed')).code).toBe('store.io');
        await expect.poll(async () => (await stage.health()).lastError).toContain('I/O');
      }
      await expect.poll(() => state(stage), { timeout: 15_000, interval: 100 }).toBe('ok');
      expect(await stage.call('write', 'after')).toMatchObject({ value: expect.any(Number) });
      // The new connection is as careful as the first.
      const description = await stage.ask({ act: 'call', room: 'store', name: 'describe' });
      expect(description.value).toMatchObject({ synchronous: 2, journalMode: 'wal' });
      await stage.kill();
    }
    await using store = await openNoteStore(at.path);
    const rows = await store.procedures<NoteProcedures>('notes').list();
    expect(rows.filter((text) => text !== 'failed')).toEqual(['before', 'after']);
    expect(store.damage()).toBeUndefined();
  });
});

describe('a disk that is full', () => {
  const limits = { limit: 64 * mebibyte, reserved: 5, reserveFile: 2 * mebibyte, checkLimit: 1000 };

  it('keeps room for reserved calls, tells, and is well again when there is room', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder, 16);
    const opened = await stage.ask({ act: 'open', path: at.path, options: { limits } });
    expect(opened.code).toBeUndefined();
    await stage.call('write', 'before');
    expect((await stage.ask({ act: 'list', path: at.folder })).value).toContain('bongsu.db.reserve');
    await stage.ask({ act: 'occupy', path: `${at.folder}/filler`, bytes: 64 * mebibyte });
    const codes = new Set<string | undefined>();
    for (let call = 0; call < 40; call += 1) codes.add((await stage.call('pour', { notes: 50, bytes: 2000 })).code);
    expect(codes).toContain('store.full-disk');
    expect(await state(stage)).toBe('failing full');
    expect((await stage.ask({ act: 'list', path: at.folder })).value).not.toContain('bongsu.db.reserve');
    // What the ledger writes still finds room; what floods does not.
    for (let call = 0; call < 20; call += 1)
      expect(await stage.call('write', `ledger ${call}`, { reserved: true })).toMatchObject({ value: expect.any(Number) });
    expect((await stage.call('pour', { notes: 50, bytes: 2000 })).code).toBe('store.full-disk');
    const { value: space } = await stage.call('space');
    expect(space).toMatchObject({ freeBytes: expect.any(Number) });
    await stage.ask({ act: 'free', path: `${at.folder}/filler` });
    await expect.poll(() => state(stage), { timeout: 10_000, interval: 100 }).toBe('ok');
    expect((await stage.call('pour', { notes: 50, bytes: 2000 })).code).toBeUndefined();
    expect((await stage.ask({ act: 'list', path: at.folder })).value).toContain('bongsu.db.reserve');
    const { value: texts } = await stage.call('list');
    expect((texts as string[]).filter((text) => text.startsWith('ledger'))).toHaveLength(20);
  });

  it('opens again when it was killed on a full disk', async () => {
    await using at = await openFolder();
    await using stage = openStage(at.folder, 16);
    await stage.ask({ act: 'open', path: at.path, options: { limits } });
    await stage.call('write', 'before');
    await stage.ask({ act: 'close' });
    await stage.ask({ act: 'occupy', path: `${at.folder}/filler`, bytes: 64 * mebibyte });
    expect((await stage.ask({ act: 'open', path: at.path, options: { limits } })).code).toBeUndefined();
    expect(await state(stage)).toBe('failing full');
    expect((await stage.call('write', 'ledger', { reserved: true })).code).toBeUndefined();
    expect((await stage.call('list')).value).toEqual(['before', 'ledger']);
  });
});

describe('the limit of the file', () => {
  it('stops ordinary calls before the reserved pages, each alone, and lets deletion make room', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path, { limits: { limit: 10 * mebibyte } });
    const notes = store.procedures<NoteProcedures>('notes');
    const ledger = store.procedures<NoteProcedures>('notes', { reserved: true });
    const first = await Promise.allSettled(Array.from({ length: 100 }, () => notes.pour({ notes: 100, bytes: 1000 })));
    const refused = first.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(20);
    expect(refused[0]).toMatchObject({ reason: { code: 'store.full-disk', retryable: true } });
    expect(store.health()).toMatchObject({ state: 'failing', reason: 'full' });
    // A small call beside one that does not fit.
    const [large, small] = await Promise.allSettled([notes.pour({ notes: 8000, bytes: 1000 }), ledger.write('small')]);
    expect(large.status).toBe('rejected');
    expect(small.status).toBe('fulfilled');
    const space = await notes.space();
    expect(space.limitBytes).toBe(10 * mebibyte);
    expect(space.freeBytes).toBeLessThan(300_000);
    expect((await ledger.space()).freeBytes).toBeGreaterThan(3.5 * mebibyte);
    await Promise.all(Array.from({ length: 30 }, () => ledger.pour({ notes: 100, bytes: 1000 })));
    await expect(notes.pour({ notes: 100, bytes: 1000 })).rejects.toMatchObject({ code: 'store.full-disk' });
    expect(await notes.remove(3000)).toBe(3000);
    await notes.pour({ notes: 100, bytes: 1000 });
    await expect.poll(() => store.health().state, { timeout: 5000 }).toBe('ok');
  });
});
