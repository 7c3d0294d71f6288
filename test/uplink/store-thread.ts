// A store thread for the tests of uplink: its own tables alone.
import { parentPort, workerData } from 'node:worker_threads';
import { systemRandom } from '#base';
import { serveStore } from '#store';
import { openUplinkProcedures, uplinkMigrations } from '#uplink/tables';

if (parentPort) {
  const { path, bootId } = workerData as { path: string; bootId: string };
  serveStore(
    {
      path,
      bootId,
      migrations: [uplinkMigrations],
      open: (db, world) => ({ uplink: openUplinkProcedures(db, { ...world, append: () => {} }) }),
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
