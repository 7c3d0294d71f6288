// Entry of the store's thread: hands every room its procedures on the one writing connection, and the outbox's append to all others.
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { accessMigrations, openAccessProcedures } from '#access/tables';
import { type AlarmRules, alarmsMigrations, openAlarmsProcedures, openForgetHistory, openForgetKeys } from '#alarms/tables';
import { systemClock, systemRandom } from '#base';
import { camerasMigrations, knowledgeMigrations, openCamerasProcedures, openKnowledgeProcedures } from '#cameras/tables';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import {
  credentialsMigrations,
  findingsMigrations,
  openCredentialsProcedures,
  openFindingsProcedures,
  openRegistryProcedures,
  registryMigrations,
} from '#registry/tables';
import {
  calibrationMigrations,
  openCalibrationProcedures,
  openSensorMarksProcedures,
  openSensorNotesProcedures,
  sensorMarksMigrations,
  sensorNotesMigrations,
} from '#sensors/tables';
import { type ProcedureWorld, type StoreLimits, serveStore } from '#store';
import { openUplinkProcedures, uplinkMigrations } from '#uplink/tables';

/** What the main thread hands over: plain values. */
export interface StoreThreadData {
  readonly path: string;
  readonly bootId: string;
  /** Where entries must arrive; a destination with `classes`, these alone. */
  readonly destinations: Parameters<typeof openOutboxProcedures>[2];
  readonly limits?: StoreLimits;
  /** The section `alarms`; its defaults when absent. */
  readonly alarms?: AlarmRules;
}

if (parentPort) {
  const { path, bootId, destinations, limits, alarms: rules } = workerData as StoreThreadData;
  serveStore(
    {
      path,
      bootId,
      limits,
      migrations: [
        outboxMigrations,
        registryMigrations,
        findingsMigrations,
        credentialsMigrations,
        alarmsMigrations,
        accessMigrations,
        camerasMigrations,
        knowledgeMigrations,
        uplinkMigrations,
        sensorMarksMigrations,
        sensorNotesMigrations,
        calibrationMigrations,
      ],
      open(db, base) {
        const outbox = openOutboxProcedures(db, base, destinations, {
          forgetHistory: openForgetHistory(db, () => base.now()),
          forgetLast: openForgetKeys(db),
        });
        const world: ProcedureWorld = { ...base, append: outbox.append };
        return {
          outbox: outbox.procedures,
          registry: openRegistryProcedures(db, world),
          findings: openFindingsProcedures(db, world),
          credentials: openCredentialsProcedures(db, world),
          alarms: openAlarmsProcedures(db, world, rules, outbox),
          access: openAccessProcedures(db, world),
          cameras: openCamerasProcedures(db, world),
          knowledge: openKnowledgeProcedures(db, world),
          uplink: openUplinkProcedures(db, world),
          calibrations: openCalibrationProcedures(db, world),
          marks: openSensorMarksProcedures(db, world),
          notes: openSensorNotesProcedures(db, world),
        };
      },
    },
    { port: parentPort, now: systemClock.now, random: systemRandom },
  );
  // As in the main thread: a gateway that is killed shall not compile all of it again.
  flushCompileCache();
}
