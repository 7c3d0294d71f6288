// A store thread for the registry's tests: appended entries are kept in a table that tests can read.
import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { systemRandom } from '#base';
import type { EntryBody } from '#model';
import {
  credentialsMigrations,
  findingsMigrations,
  openCredentialsProcedures,
  openFindingsProcedures,
  openRegistryProcedures,
  registryMigrations,
} from '#registry/tables';
import { serveStore, type ThreadWorld } from '#store';

function openEntries(db: Database) {
  const insert = db.prepare<[string]>('INSERT INTO entry (body) VALUES (?)');
  const all = db.prepare<[], string>('SELECT body FROM entry ORDER BY seq').pluck();
  return {
    append: (body: EntryBody): void => {
      insert.run(JSON.stringify(body));
    },
    list: (): readonly EntryBody[] => all.all().map((text) => JSON.parse(text) as EntryBody),
  };
}
export type EntryProcedures = Pick<ReturnType<typeof openEntries>, 'list'>;

if (parentPort) {
  const { path } = workerData as { path: string };
  serveStore(
    {
      path,
      bootId: 'boot',
      migrations: [
        { room: 'entries', steps: ['CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT'] },
        registryMigrations,
        findingsMigrations,
        credentialsMigrations,
      ],
      open(db: Database, world: ThreadWorld) {
        const entries = openEntries(db);
        const all = { ...world, append: entries.append };
        return {
          entries: { list: entries.list },
          registry: openRegistryProcedures(db, all),
          findings: openFindingsProcedures(db, all),
          credentials: openCredentialsProcedures(db, all),
        };
      },
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
