// A store thread with the outbox and the alarms, as the gateway assembles it.
import { parentPort, workerData } from 'node:worker_threads';
import { alarmsMigrations, openAlarmsProcedures } from '#alarms/tables';
import { systemClock, systemRandom } from '#base';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { serveStore } from '#store';

if (parentPort) {
  const { path, destinations } = workerData as { path: string; destinations: readonly string[] };
  serveStore(
    {
      path,
      bootId: 'boot-1',
      migrations: [outboxMigrations, alarmsMigrations],
      open(db, world) {
        const outbox = openOutboxProcedures(db, world, destinations);
        return { outbox: outbox.procedures, alarms: openAlarmsProcedures(db, { ...world, append: outbox.append }) };
      },
    },
    { port: parentPort, now: systemClock.now, random: systemRandom },
  );
}
