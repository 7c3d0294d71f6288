// The store: commits before it answers, keeps neighbours apart, survives damage, refuses what it cannot hold.
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openStore, type Store, type StoreProcedures } from '#store';
import type { NoteProcedures } from './thread-entry.ts';

const env = systemEnv(openLog('silent'));
let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-store-'));
  path = join(folder, 'bongsu.db');
});
afterEach(() => rm(folder, { recursive: true }));

function open(extra: object = {}, queueLimit = 6000): Promise<Store> {
  return openStore({ entry: new URL('thread-entry.ts', import.meta.url), workerData: { path, ...extra }, queueLimit }, env);
}

describe('store', () => {
  it('keeps the file with synchronous=FULL in WAL mode', async () => {
    await using store = await open();
    const description = await store.procedures<StoreProcedures>('store').describe();
    expect(description).toMatchObject({ synchronous: 2, journalMode: 'wal' });
  });

  it('has committed when a call resolves: another connection reads it', async () => {
    await using store = await open();
    await store.procedures<NoteProcedures>('notes').write('smoke');
    const reader = new Database(path, { readonly: true });
    expect(reader.prepare('SELECT text FROM note').pluck().all()).toEqual(['smoke']);
    reader.close();
  });

  it('undoes a failing call and none of its neighbours in the same transaction', async () => {
    await using store = await open();
    const notes = store.procedures<NoteProcedures>('notes');
    const [first, failed, last] = await Promise.allSettled([notes.write('a'), notes.writeThenFail('b'), notes.write('c')]);
    expect(first.status).toBe('fulfilled');
    expect(last.status).toBe('fulfilled');
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'store.failed', retryable: true } });
    expect(await notes.list()).toEqual(['a', 'c']);
  });

  it('keeps the order of 5,000 concurrent calls', async () => {
    await using store = await open();
    const notes = store.procedures<NoteProcedures>('notes');
    const rows = await Promise.all(Array.from({ length: 5000 }, (_, index) => notes.write(String(index))));
    expect(rows).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
  });

  it('refuses a call beyond the queue limit, of which half is kept for urgent ones, and says that it can be tried again', async () => {
    await using store = await open({}, 1000);
    const notes = store.procedures<NoteProcedures>('notes');
    const results = await Promise.allSettled(Array.from({ length: 1200 }, () => notes.write('x')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(700);
    expect(refused[0]).toMatchObject({ reason: { code: 'store.full', retryable: true } });
  });

  it('wakes the watchers of a topic after the commit', async () => {
    await using store = await open();
    let wakes = 0;
    using _watch = store.watch('notes', () => {
      wakes += 1;
    });
    await store.procedures<NoteProcedures>('notes').write('a');
    expect(wakes).toBe(1);
  });

  it('names an unknown procedure', async () => {
    await using store = await open();
    const nowhere = store.procedures<{ fly(to: string): number }>('birds');
    await expect(nowhere.fly('home')).rejects.toMatchObject({ code: 'store.unknown', message: expect.stringContaining('birds.fly') });
  });

  it('commits what was called before it closes, and refuses what is called after', async () => {
    const store = await open();
    const notes = store.procedures<NoteProcedures>('notes');
    const last = notes.write('last');
    const closing = store[Symbol.asyncDispose]();
    await expect(notes.write('late')).rejects.toMatchObject({ code: 'store.closed' });
    await closing;
    expect(await last).toBe(1);
  });

  it('tells when its thread dies, and fails what waited', async () => {
    const store = await open();
    const notes = store.procedures<NoteProcedures>('notes');
    await expect(notes.exit()).rejects.toMatchObject({ code: 'store.closed' });
    await expect(store.crashed).rejects.toMatchObject({ code: 'store.closed' });
    await store[Symbol.asyncDispose]();
  });

  it.each([
    ['garbage', (file: string) => writeFile(file, Buffer.alloc(8192, 0xa5))],
    ['a torn file', (file: string) => truncate(file, 2500)],
  ])('sets %s aside and starts a new file', async (_, damage) => {
    {
      await using store = await open();
      const notes = store.procedures<NoteProcedures>('notes');
      await Promise.all(Array.from({ length: 200 }, () => notes.write('x'.repeat(200))));
    }
    await damage(path);
    await using again = await open();
    expect((await again.procedures<NoteProcedures>('notes').list()).every((text) => /^x{200}$/.test(text))).toBe(true);
    expect((await readdir(folder)).some((name) => name.includes('.damaged-'))).toBe(true);
  });

  it('refuses a file of a newer version', async () => {
    await (await open())[Symbol.asyncDispose]();
    const db = new Database(path);
    db.exec("UPDATE migration SET steps = 9 WHERE room = 'notes'");
    // Both records say so: one alone would be damage.
    db.exec("UPDATE store_mark SET value = json_set(value, '$.notes', 9) WHERE name = 'schema'");
    db.close();
    await expect(open()).rejects.toMatchObject({ code: 'store.newer' });
  });

  it('is refused to a second owner, and free again when the first is gone', async () => {
    {
      await using _first = await open();
      await expect(open()).rejects.toMatchObject({ code: 'store.in-use', message: expect.stringContaining(path) });
    }
    await using _second = await open();
  });

  it('says where it cannot be opened', async () => {
    path = join(folder, 'missing', 'bongsu.db');
    await expect(open()).rejects.toMatchObject({ code: 'store.unopened', message: expect.stringContaining(path) });
  });
});
