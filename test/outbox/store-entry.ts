// A store thread with the outbox and the alarms, as the gateway assembles it.
import { parentPort, workerData } from 'node:worker_threads';
import { alarmsMigrations, openAlarmsProcedures } from '#alarms/tables';
import { systemClock, systemRandom } from '#base';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { type StoreLimits, serveStore } from '#store';

if (parentPort) {
  const { path, destinations, limits } = workerData as { path: string; destinations: readonly string[]; limits?: StoreLimits };
  serveStore(
    {
      path,
      bootId: 'boot-1',
      limits,
      migrations: [outboxMigrations, alarmsMigrations],
      open(db, world) {
        const outbox = openOutboxProcedures(db, world, destinations);
        return { outbox: outbox.procedures, alarms: openAlarmsProcedures(db, { ...world, append: outbox.append }) };
      },
    },
    { port: parentPort, now: systemClock.now, random: systemRandom },
  );
}
