// A store thread for the tests of access: appended entries are kept in a table that tests can read.
import { parentPort, workerData } from 'node:worker_threads';
import { accessMigrations, openAccessProcedures } from '#access/tables';
import { systemRandom } from '#base';
import type { EntryBody } from '#model';
import { serveStore } from '#store';

/** What a test may ask for beside the room's own procedures. */
export interface EntryProcedures {
  list(): readonly EntryBody[];
}

if (parentPort) {
  const { path } = workerData as { path: string };
  serveStore(
    {
      path,
      bootId: 'boot',
      migrations: [
        { room: 'entries', steps: ['CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT'] },
        accessMigrations,
      ],
      open(db, world) {
        const insert = db.prepare<[string]>('INSERT INTO entry (body) VALUES (?)');
        const all = db.prepare<[], string>('SELECT body FROM entry ORDER BY seq').pluck();
        const entries: EntryProcedures = { list: () => all.all().map((text) => JSON.parse(text) as EntryBody) };
        const append = (body: EntryBody): void => {
          insert.run(JSON.stringify(body));
        };
        return { entries, access: openAccessProcedures(db, { ...world, append }) };
      },
    },
    { port: parentPort, now: () => Date.now(), random: systemRandom },
  );
}
