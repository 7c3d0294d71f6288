// What the file says of its own schema may be damaged too: that stops no start, it is a salvage; a newer file and another program's are left alone.
import { readdir } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openFolder, openNoteStore } from './file.ts';
import type { NoteProcedures } from './thread-entry.ts';

/** Runs SQL on the closed file; its schema may be written. */
function change(path: string, sql: string): void {
  const db = new Database(path);
  try {
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    db.exec(sql);
  } finally {
    db.close();
  }
}

it.each([
  ['more steps than there are', "UPDATE migration SET steps = 66 WHERE room = 'notes'"],
  ['fewer', "UPDATE migration SET steps = 1 WHERE room = 'notes'"],
  ['a number that is none', "UPDATE migration SET steps = -3 WHERE room = 'notes'"],
  ['none', "DELETE FROM migration WHERE room = 'notes'"],
  ['those of a room that there is not', "UPDATE migration SET room = 'nntes' WHERE room = 'notes'"],
  ['nothing at all', 'DELETE FROM migration'],
  ['no table', "UPDATE sqlite_schema SET name = 'migratiom', tbl_name = 'migratiom' WHERE name = 'migration'"],
  ['something else in the second place', "UPDATE store_mark SET value = '{' WHERE name = 'schema'"],
  ['none, in a file without a second place', "DELETE FROM migration; DELETE FROM store_mark WHERE name = 'schema'"],
])('a file that says %s of its schema is salvaged', async (_, sql) => {
  await using at = await openFolder();
  {
    await using store = await openNoteStore(at.path);
    await store.procedures<NoteProcedures>('notes').write('kept');
  }
  change(at.path, sql);
  {
    await using store = await openNoteStore(at.path);
    expect(store.damage()).toMatchObject({ what: 'file', lostTables: [] });
    expect(await store.procedures<NoteProcedures>('notes').list()).toEqual(['kept']);
  }
  await using store = await openNoteStore(at.path);
  await store.procedures<NoteProcedures>('notes').write('and more');
  expect((await readdir(at.folder)).filter((name) => /\.damaged-\d+$/.test(name))).toHaveLength(1);
});

it('a file that an earlier version left without the second place is opened, and has it then', async () => {
  await using at = await openFolder();
  await (await openNoteStore(at.path))[Symbol.asyncDispose]();
  change(at.path, "DELETE FROM store_mark WHERE name = 'schema'");
  await using store = await openNoteStore(at.path);
  expect(store.damage()).toBeUndefined();
  const db = new Database(at.path, { readonly: true });
  const second = db.prepare<[], string>("SELECT value FROM store_mark WHERE name = 'schema'").pluck().get();
  expect(JSON.parse(second ?? '')).toEqual({ notes: 2, store: 1 });
  db.close();
});

it("another program's database is no damaged store: it stays where it is", async () => {
  await using at = await openFolder();
  change(at.path, 'CREATE TABLE note (theirs TEXT)');
  await expect(openNoteStore(at.path)).rejects.toMatchObject({ code: 'store.unopened' });
  expect((await readdir(at.folder)).filter((name) => name.includes('.damaged'))).toEqual([]);
});
