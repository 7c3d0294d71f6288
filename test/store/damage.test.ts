// Damaged files: what can be read survives, nothing is deleted, counters are made true again, and the damage is told until it is dealt with.
import { copyFile, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreProcedures } from '#store';
import { openFolder, openNoteStore } from './file.ts';
import type { NoteProcedures } from './thread-entry.ts';

const pageBytes = 4096;

/** A closed store with `count` notes that say their number. */
async function writeNotes(path: string, count: number): Promise<void> {
  await using store = await openNoteStore(path);
  const notes = store.procedures<NoteProcedures>('notes');
  await Promise.all(Array.from({ length: count }, (_, index) => notes.write(`${index} ${'x'.repeat(100)}`)));
}

async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
}

describe('a damaged file', () => {
  it('gives what is before and after the damage to the new one, with counters that agree', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 5000);
    const size = (await stat(at.path)).size;
    await overwrite(at.path, Math.floor(size / pageBytes / 2) * pageBytes, new Uint8Array(pageBytes).fill(0xa5));
    await using store = await openNoteStore(at.path);
    const notes = store.procedures<NoteProcedures>('notes');
    const rows = (await notes.list()).map((text) => Number.parseInt(text, 10));
    expect(rows.length).toBeGreaterThan(4800);
    expect(rows.length).toBeLessThan(5000);
    expect(rows[0]).toBe(0);
    expect(rows.at(-1)).toBe(4999);
    expect(await notes.counted()).toBe(rows.length);
    const damage = store.damage();
    expect(damage).toMatchObject({ what: 'file', lostTables: ['note'] });
    expect(damage?.salvagedRows['note']).toBe(rows.length);
    expect((await stat(damage?.setAside ?? '')).size).toBe(size);
  });

  it('is told at every start until its mark is dropped', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 100);
    await truncate(at.path, 3 * pageBytes);
    {
      await using store = await openNoteStore(at.path);
      expect(store.damage()).toBeDefined();
    }
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toMatchObject({ what: 'file' });
    expect(await store.procedures<StoreProcedures>('store').dropMark({ name: 'damage' })).toBe(true);
    expect(store.damage()).toBeUndefined();
  });

  it('lets no position be given twice, even when the newest rows are gone', async () => {
    await using at = await openFolder();
    {
      await using store = await openNoteStore(at.path);
      const notes = store.procedures<NoteProcedures>('notes');
      for (let draw = 0; draw < 7; draw += 1) await notes.drawTicket();
      await Promise.all(Array.from({ length: 2000 }, () => notes.write('x'.repeat(200))));
    }
    await overwrite(at.path, Math.floor((await stat(at.path)).size / 2 / pageBytes) * pageBytes, new Uint8Array(pageBytes).fill(0xa5));
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toBeDefined();
    expect(await store.procedures<NoteProcedures>('notes').drawTicket()).toBe(8);
  });

  it('is met while it is in use, looked at, salvaged when it is met again, and served again', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const notes = store.procedures<NoteProcedures>('notes');
    await Promise.all(Array.from({ length: 1000 }, () => notes.write('kept')));
    let told = 0;
    using _watch = store.watch('store', () => {
      told += 1;
    });
    await expect(notes.meetDamage()).rejects.toMatchObject({ code: 'store.io', retryable: true });
    await expect.poll(() => notes.counted().catch(() => 0), { timeout: 5000 }).toBe(1000);
    expect(store.damage()).toBeUndefined();
    await expect(notes.meetDamage()).rejects.toMatchObject({ code: 'store.io', retryable: true });
    await expect.poll(() => store.damage()?.what, { timeout: 5000 }).toBe('file');
    await expect.poll(() => store.health().state).toBe('ok');
    expect(await notes.counted()).toBe(1000);
    expect(await notes.list()).toHaveLength(1000);
    expect(told).toBeGreaterThanOrEqual(3);
  });

  it('of a crash without its log is kept where it is sound, and told', async () => {
    await using at = await openFolder();
    await using copy = await openFolder();
    {
      await using store = await openNoteStore(at.path);
      await store.procedures<NoteProcedures>('notes').write('a');
      // As a crash leaves it, without the log.
      await copyFile(at.path, copy.path);
    }
    await using store = await openNoteStore(copy.path);
    expect(store.damage()).toMatchObject({ what: 'log', setAside: '', lostTables: [] });
    await store.procedures<NoteProcedures>('notes').write('b');
  });

  it('of a crash with its log is no damage', async () => {
    await using at = await openFolder();
    await using copy = await openFolder();
    await using store = await openNoteStore(at.path);
    await store.procedures<NoteProcedures>('notes').write('a');
    for (const part of ['', '-wal']) await copyFile(at.path + part, copy.path + part);
    await using again = await openNoteStore(copy.path);
    expect(again.damage()).toBeUndefined();
    expect(await again.procedures<NoteProcedures>('notes').list()).toEqual(['a']);
  });

  it('is exchanged to the end when the gateway died between two names', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 300);
    await truncate(at.path, 5 * pageBytes);
    const damaged = await readFile(at.path);
    await (await openNoteStore(at.path))[Symbol.asyncDispose]();
    // As it was after the new file was complete and before the old one was renamed.
    const setAside = join(at.folder, (await readdir(at.folder)).find((name) => name.includes('.damaged-')) ?? '');
    {
      const db = new Database(at.path);
      db.pragma('journal_mode = DELETE');
      db.close();
    }
    await copyFile(at.path, `${at.path}.next`);
    await rm(setAside);
    await writeFile(at.path, damaged);
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toMatchObject({ setAside });
    expect(await readFile(setAside)).toEqual(damaged);
    expect(await readdir(at.folder)).not.toContain('bongsu.db.next');
  });
});

describe('a mark that damage has changed', () => {
  const mark = { time: 5, what: 'file', setAside: 'x', salvagedRows: { note: 1 }, lostTables: [], error: 'e' };
  it.each([
    ['damage', JSON.stringify(mark).replace('{', 'z'), { what: 'file', time: 0 }],
    ['damage', JSON.stringify(mark).replace('"time"', '"time~"'), { what: 'file', time: 0, salvagedRows: { note: 1 } }],
    ['damage', JSON.stringify(mark).replace('"file"', '"fkle"'), { what: 'file', time: 5 }],
    ['damage', JSON.stringify(mark).replace('"lostTables":[]', '"lostTables":1'), { lostTables: [] }],
    ['restored', 'null', { time: 0, from: '' }],
    ['made', '{"tine":1}', undefined],
  ])('does not stop the start: %s %s', async (name, value, told) => {
    await using at = await openFolder();
    await writeNotes(at.path, 3);
    const db = new Database(at.path);
    db.prepare('INSERT OR REPLACE INTO store_mark (name, value) VALUES (?, ?)').run(name, value);
    db.close();
    await using store = await openNoteStore(at.path);
    const marks = { damage: store.damage(), restored: store.restored(), made: undefined };
    if (told) expect(marks[name as keyof typeof marks]).toMatchObject(told);
    else expect(await store.procedures<NoteProcedures>('notes').lapses()).toEqual([]);
  });
});

describe('a new file on its way into the place', () => {
  const asideIn = async (folder: string, mark: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.includes(mark));

  it('that cannot be read does not stop the start: the present one goes on, and it is told', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 10);
    await writeFile(`${at.path}.next`, new Uint8Array(2 * pageBytes).fill(7));
    await using store = await openNoteStore(at.path);
    expect(await store.procedures<NoteProcedures>('notes').list()).toHaveLength(10);
    const damage = store.damage();
    expect(damage).toMatchObject({ what: 'next', setAside: join(at.folder, (await asideIn(at.folder, 'unreadable-'))[0] ?? '') });
    expect((await readFile(damage?.setAside ?? '')).length).toBe(2 * pageBytes);
    const lapses = await store.procedures<NoteProcedures>('notes').lapses();
    expect(lapses?.map(({ what }) => what)).toEqual(['made']);
  });

  it('that cannot be read is all there is: what can be read of it is salvaged', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 5000);
    await rename(at.path, `${at.path}.next`);
    await overwrite(`${at.path}.next`, 0, new Uint8Array(16).fill(7));
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toMatchObject({ what: 'file' });
    await store.procedures<NoteProcedures>('notes').write('serves');
  });

  it('puts the former one over nothing that lies there', async () => {
    await using at = await openFolder();
    await writeNotes(at.path, 300);
    await truncate(at.path, 5 * pageBytes);
    await (await openNoteStore(at.path))[Symbol.asyncDispose]();
    const earlier = join(at.folder, (await asideIn(at.folder, 'damaged-'))[0] ?? '');
    const lying = await readFile(earlier);
    // A new file with the mark of that same damage, and another one in the place.
    await copyFile(at.path, `${at.path}.next`);
    const present = await readFile(at.path);
    await (await openNoteStore(at.path))[Symbol.asyncDispose]();
    expect(await readFile(earlier)).toEqual(lying);
    expect(await readFile(`${earlier}-2`)).toEqual(present);
  });
});

describe('what the file may have forgotten', () => {
  const lapsesOf = async (path: string) => {
    await using store = await openNoteStore(path);
    return await store.procedures<NoteProcedures>('notes').lapses();
  };

  it('is told to the rooms: of a new file, of one without its log, of one that was salvaged; until the mark is dropped', async () => {
    await using at = await openFolder();
    await using copy = await openFolder();
    const made = { what: 'made', time: expect.any(Number) };
    expect(await lapsesOf(at.path)).toEqual([made]);
    const [first] = (await lapsesOf(at.path)) ?? [];
    {
      await using _store = await openNoteStore(at.path);
      await copyFile(at.path, copy.path);
    }
    expect(await lapsesOf(copy.path)).toEqual([first, { what: 'log', time: expect.any(Number) }]);
    await writeNotes(at.path, 1000);
    await truncate(at.path, ((await stat(at.path)).size / pageBytes - 2) * pageBytes);
    expect(await lapsesOf(at.path)).toEqual([first, { what: 'file', time: expect.any(Number) }]);
    {
      await using store = await openNoteStore(at.path);
      await store.procedures<StoreProcedures>('store').dropMark({ name: 'damage' });
    }
    expect(await lapsesOf(at.path)).toEqual([first]);
  });

  it('is all of it where nothing could be read', async () => {
    await using at = await openFolder();
    const [first] = (await lapsesOf(at.path)) ?? [];
    await writeFile(at.path, Buffer.alloc(20 * pageBytes, 0x5a));
    const lapses = (await lapsesOf(at.path)) ?? [];
    expect(lapses.map(({ what }) => what)).toEqual(['made', 'file']);
    expect(lapses[0]).not.toEqual(first);
  });
});

describe('any damage', () => {
  it('loses nothing that can be read, deletes nothing, and leaves a store that works', async () => {
    await using origin = await openFolder();
    await writeNotes(origin.path, 3000);
    const whole = await readFile(origin.path);
    const hit = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    });
    const cut = fc.option(fc.double({ min: 0.02, max: 1, noNaN: true }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(hit, { maxLength: 4 }), cut, async (hits, end) => {
        await using at = await openFolder();
        const bytes = Buffer.from(whole);
        for (const { at: where, bytes: patch } of hits)
          bytes.set(patch.subarray(0, bytes.length - Math.floor(where * bytes.length)), Math.floor(where * bytes.length));
        const damaged = bytes.subarray(0, end === undefined ? undefined : Math.floor(end * bytes.length));
        await writeFile(at.path, damaged);
        const readable = readableRows(at.path);
        await using store = await openNoteStore(at.path);
        const notes = store.procedures<NoteProcedures>('notes');
        const rows = await notes.list();
        expect(rows.length).toBeGreaterThanOrEqual(readable);
        await notes.write('after');
        const { setAside } = store.damage() ?? { setAside: '' };
        if (setAside !== '') expect((await readFile(setAside)).equals(damaged)).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

/** Rows that a plain reader gets before it stumbles. */
function readableRows(path: string): number {
  let rows = 0;
  try {
    const db = new Database(path, { readonly: true });
    try {
      for (const _ of db.prepare('SELECT text FROM note ORDER BY id').iterate()) rows += 1;
    } finally {
      db.close();
    }
  } catch {
    // As far as it goes.
  }
  return rows;
}
