// A store thread for the tests of uplink: its own tables, and one that fills the file.
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { systemRandom } from '#base';
import { type Migrations, type StoreLimits, serveStore } from '#store';
import { openUplinkProcedures, uplinkMigrations } from '#uplink/tables';

const ballast: Migrations = { room: 'ballast', steps: ['CREATE TABLE ballast (text TEXT NOT NULL) STRICT'] };

export function openBallast(db: Database) {
  const insert = db.prepare<[string]>('INSERT INTO ballast (text) VALUES (?)');
  return {
    pour({ bytes }: { readonly bytes: number }): void {
      insert.run('b'.repeat(bytes));
    },
  };
}
export type BallastProcedures = ReturnType<typeof openBallast>;

if (parentPort) {
  const { path, bootId, limits } = workerData as { path: string; bootId: string; limits?: StoreLimits };
  serveStore(
    {
      path,
      bootId,
      limits,
      migrations: [uplinkMigrations, ballast],
      open: (db, world) => ({ uplink: openUplinkProcedures(db, { ...world, append: () => {} }), ballast: openBallast(db) }),
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
