// A store thread for tests: one table, and procedures that write, fail and announce.
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { systemRandom } from '#base';
import { type Migrations, serveStore, type ThreadWorld } from '#store';

const migrations: Migrations = { room: 'notes', steps: ['CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT'] };

export function openNotes(db: Database, world: ThreadWorld) {
  const insert = db.prepare('INSERT INTO note (text) VALUES (?)');
  const all = db.prepare('SELECT text FROM note ORDER BY id').pluck();
  return {
    write(text: string): number {
      const row = Number(insert.run(text).lastInsertRowid);
      world.announce('notes');
      return row;
    },
    writeThenFail(text: string): number {
      insert.run(text);
      throw new Error(`no more of ${text}`);
    },
    list: () => all.all() as string[],
    exit(): void {
      process.exit(3);
    },
  };
}
export type NoteProcedures = ReturnType<typeof openNotes>;

if (parentPort) {
  const { path, steps } = workerData as { path: string; steps?: readonly string[] };
  serveStore(
    {
      path,
      bootId: 'boot',
      migrations: [{ ...migrations, steps: steps ?? migrations.steps }],
      open: (db, world) => ({ notes: openNotes(db, world) }),
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
