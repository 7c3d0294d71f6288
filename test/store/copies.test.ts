// Copies of the store: a backup made while it writes, a restore while nothing runs, and the pages that deletion gives back.
import { chmod, chown, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { restoreStore, type StoreProcedures } from '#store';
import { ownStore } from '../../src/store/owner.ts';
import { openFolder, openNoteStore } from './file.ts';
import type { NoteProcedures } from './thread-entry.ts';

describe('a backup', () => {
  it('is one sound private file, made while the store goes on writing', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const notes = store.procedures<NoteProcedures>('notes');
    await Promise.all(Array.from({ length: 40 }, () => notes.pour({ notes: 200, bytes: 1000 })));
    const target = join(at.folder, 'copy.db');
    let running = true;
    let steps = 0;
    const writing = (async () => {
      for (let written = 0; ; written += 1) {
        if (!running) return written;
        await notes.write('meanwhile');
      }
    })();
    const { bytes } = await store.backup(target, ({ copiedPages, totalPages }) => {
      steps += 1;
      expect(copiedPages).toBeLessThanOrEqual(totalPages);
    });
    running = false;
    expect(await writing).toBeGreaterThan(5);
    expect(steps).toBeGreaterThan(3);
    const { size, mode } = await stat(target);
    expect([size, mode & 0o777]).toEqual([bytes, 0o600]);
    expect((await readdir(at.folder)).filter((name) => name.startsWith('copy'))).toEqual(['copy.db']);
    const copy = new Database(target, { readonly: true });
    expect(copy.pragma('quick_check', { simple: true })).toBe('ok');
    expect(copy.prepare("SELECT count(*) FROM note WHERE text <> 'meanwhile'").pluck().get()).toBe(8000);
    copy.close();
  });

  it('is refused over a file that exists and into a folder that does not', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const there = { code: 'store.backup-exists', text: { ko: expect.not.stringMatching(/exists/) } };
    await expect(store.backup(at.path)).rejects.toMatchObject(there);
    await expect(store.backup(join(at.folder, 'none', 'copy.db'))).rejects.toMatchObject({ code: 'store.backup' });
    await store.backup(join(at.folder, 'copy.db'));
  });
});

describe('a restore', () => {
  it('puts the backup in place, sets the present file aside, and is told at the next start until dealt with', async () => {
    await using at = await openFolder();
    const copy = join(at.folder, 'copy.db');
    {
      await using store = await openNoteStore(at.path);
      const notes = store.procedures<NoteProcedures>('notes');
      await notes.write('kept');
      await store.backup(copy);
      await notes.write('later');
      expect(() => restoreStore(at.path, copy, 1)).toThrow(expect.objectContaining({ code: 'store.in-use' }));
    }
    const { setAside } = restoreStore(at.path, copy, 1_760_000_000_000);
    expect((await stat(at.path)).mode & 0o777).toBe(0o600);
    const aside = new Database(setAside, { readonly: true });
    expect(aside.prepare('SELECT text FROM note').pluck().all()).toEqual(['kept', 'later']);
    aside.close();
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toBeUndefined();
    expect(store.restored()).toEqual({ time: 1_760_000_000_000, from: copy, setAside });
    expect(await store.procedures<NoteProcedures>('notes').list()).toEqual(['kept']);
    await store.procedures<StoreProcedures>('store').dropMark({ name: 'restored' });
    expect(store.restored()).toBeUndefined();
  });

  it('works where no store was, and over one that is damaged', async () => {
    await using at = await openFolder();
    const copy = join(at.folder, 'copy.db');
    {
      await using store = await openNoteStore(at.path);
      await store.procedures<NoteProcedures>('notes').write('kept');
      await store.backup(copy);
    }
    const other = join(at.folder, 'other.db');
    expect(restoreStore(other, copy, 1).setAside).toBe('');
    await writeFile(at.path, 'not a database at all');
    const { setAside } = restoreStore(at.path, copy, 2);
    expect(await readFile(setAside, 'utf8')).toBe('not a database at all');
    for (const path of [at.path, other]) {
      await using store = await openNoteStore(path);
      expect(await store.procedures<NoteProcedures>('notes').list()).toEqual(['kept']);
    }
  });

  it('is refused while a gateway has the store, also between two openings of a sick file', async () => {
    await using at = await openFolder();
    const copy = join(at.folder, 'copy.db');
    {
      await using store = await openNoteStore(at.path);
      await store.backup(copy);
    }
    {
      using _gateway = ownStore(at.path);
      expect(() => restoreStore(at.path, copy, 1)).toThrow(expect.objectContaining({ code: 'store.in-use' }));
    }
    restoreStore(at.path, copy, 1);
    using _next = ownStore(at.path);
  });

  it('done by an administrator leaves nothing that the gateway’s user could not open', async () => {
    await using at = await openFolder();
    await using other = await openFolder();
    const copy = join(other.folder, 'copy.db');
    {
      await using store = await openNoteStore(other.path);
      await store.backup(copy);
    }
    if (process.getuid?.() === 0) await chown(at.folder, 12_345, 12_345);
    restoreStore(at.path, copy, 1);
    const { uid } = await stat(at.folder);
    for (const name of await readdir(at.folder)) expect((await stat(join(at.folder, name))).uid).toBe(uid);
  });

  it('of a file that is not there says so', async () => {
    await using at = await openFolder();
    expect(() => restoreStore(at.path, join(at.folder, 'nothing.db'), 1)).toThrow(expect.objectContaining({ code: 'store.unreadable' }));
  });

  it('says in the reader’s language that a database is another program’s', async () => {
    await using at = await openFolder();
    const stranger = join(at.folder, 'stranger.db');
    new Database(stranger).exec('CREATE TABLE t (x)').close();
    expect(() => restoreStore(at.path, stranger, 1)).toThrow(
      expect.objectContaining({
        code: 'store.not-a-store',
        text: expect.objectContaining({ ko: expect.not.stringMatching(/not a store/) }),
      }),
    );
  });

  it.each([
    ['a torn copy', (path: string) => truncate(path, 9000)],
    ['something else', (path: string) => writeFile(path, 'hello')],
  ])('refuses %s and leaves the store as it is', async (_, spoil) => {
    await using at = await openFolder();
    const copy = join(at.folder, 'copy.db');
    {
      await using store = await openNoteStore(at.path);
      await store.procedures<NoteProcedures>('notes').pour({ notes: 100, bytes: 1000 });
      await store.backup(copy);
    }
    await chmod(copy, 0o600);
    await spoil(copy);
    const before = await readFile(at.path);
    expect(() => restoreStore(at.path, copy, 1)).toThrow(expect.objectContaining({ code: 'store.no-backup' }));
    expect((await readFile(at.path)).equals(before)).toBe(true);
    expect((await readdir(at.folder)).toSorted()).toEqual(['bongsu.db', 'bongsu.db.lock', 'copy.db']);
  });
});

describe('an idle store', () => {
  it('gives the pages of what was deleted back to the file system', async () => {
    await using at = await openFolder();
    await using store = await openNoteStore(at.path);
    const notes = store.procedures<NoteProcedures>('notes');
    await Promise.all(Array.from({ length: 30 }, () => notes.pour({ notes: 400, bytes: 1000 })));
    await notes.remove(12_000);
    // Written back again and again meanwhile: the log is bounded, whatever goes through it.
    expect((await stat(`${at.path}-wal`)).size).toBeLessThan(16 * 2 ** 20);
    const { describe: ask } = store.procedures<StoreProcedures>('store');
    const full = await ask();
    expect(full.sizeBytes).toBeGreaterThan(12_000_000);
    await expect.poll(async () => (await stat(at.path)).size, { timeout: 20_000, interval: 1000 }).toBeLessThan(6_000_000);
  });
});
