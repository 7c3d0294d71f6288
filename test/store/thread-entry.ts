// A store thread for tests: one table, and procedures that write, fail and announce.
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { systemRandom } from '#base';
import { type Migrations, type Space, type StoreLimits, serveStore, type ThreadWorld } from '#store';

const migrations: Migrations = {
  room: 'notes',
  steps: [
    'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
    `CREATE TABLE count (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE ticket (seq INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;`,
  ],
  repair: ["INSERT OR REPLACE INTO count (name, value) SELECT 'notes', count(*) FROM note"],
};

export function openNotes(db: Database, world: ThreadWorld) {
  const insert = db.prepare('INSERT INTO note (text) VALUES (?)');
  const count = db.prepare("INSERT INTO count (name, value) VALUES ('notes', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1");
  const all = db.prepare('SELECT text FROM note ORDER BY id').pluck();
  const counted = db.prepare<[], number>("SELECT value FROM count WHERE name = 'notes'").pluck();
  const ticket = db.prepare('INSERT INTO ticket DEFAULT VALUES');
  const noTickets = db.prepare('DELETE FROM ticket');
  const remove = db.prepare('DELETE FROM note WHERE id <= ?');
  return {
    write(text: string): number {
      const row = Number(insert.run(text).lastInsertRowid);
      count.run();
      world.announce('notes');
      return row;
    },
    /** Writes as many notes of so many bytes. */
    pour({ notes, bytes }: { notes: number; bytes: number }): void {
      for (let at = 0; at < notes; at += 1) insert.run('f'.repeat(bytes));
    },
    writeThenFail(text: string): number {
      insert.run(text);
      throw new Error(`no more of ${text}`);
    },
    list: () => all.all() as string[],
    counted: () => counted.get() ?? 0,
    remove: (upTo: number): number => remove.run(upTo).changes,
    drawTicket(): number {
      const drawn = Number(ticket.run().lastInsertRowid);
      noTickets.run();
      return drawn;
    },
    space: (): Space => world.space(),
    lapses: () => world.lapses,
    exit(): void {
      process.exit(3);
    },
    /** Keeps the thread busy. */
    dawdle(ms: number): void {
      const end = performance.now() + ms;
      while (performance.now() < end);
    },
    /** A call that any damage would throw. */
    meetDamage(): void {
      throw Object.assign(
        new (db.constructor as never as { SqliteError: new (text: string, code: string) => Error }).SqliteError(
          'malformed',
          'SQLITE_CORRUPT',
        ),
      );
    },
  };
}
export type NoteProcedures = ReturnType<typeof openNotes>;

if (parentPort) {
  const { path, steps, limits } = workerData as { path: string; steps?: readonly string[]; limits?: StoreLimits };
  serveStore(
    {
      path,
      bootId: 'boot',
      limits,
      migrations: [{ ...migrations, steps: steps ?? migrations.steps }],
      open: (db, world) => ({ notes: openNotes(db, world) }),
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
