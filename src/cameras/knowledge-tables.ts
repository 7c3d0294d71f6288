// What was learnt of cameras and holds longer than a connection: numbers of video sources, the set of logins that works, factory logins that were found.
import type { Database } from 'better-sqlite3';
import type { Migrations, OpenProcedures } from '#store';

/** A camera that takes a login of its maker's factory. */
export interface FactoryLogin {
  readonly device: string;
  /** The user of the login that it took; empty: it wants none at all. */
  readonly user: string;
  /** Wall milliseconds when it was found. */
  readonly at: number;
}

/** Everything known of one camera. */
export interface Knowledge {
  /** Numbers of video sources by their tokens. */
  readonly numbers: readonly (readonly [string, number])[];
  /** Name of the set of logins that was taken last; empty when none was. */
  readonly set: string;
}

export type KnowledgeProcedures = {
  know(device: string): Knowledge;
  /** Takes the place of all numbers before. */
  keepNumbers(argument: { readonly device: string; readonly numbers: Knowledge['numbers'] }): void;
  keepSet(argument: { readonly device: string; readonly set: string }): void;
  factoryLogins(): readonly FactoryLogin[];
  keepFactoryLogin(login: FactoryLogin): void;
  dropFactoryLogin(device: string): void;
  /** A camera that is gone leaves nothing here. */
  forgetKnowledge(device: string): void;
};

export const knowledgeMigrations: Migrations = {
  room: 'knowledge',
  steps: [
    `CREATE TABLE camera_source (
       device TEXT NOT NULL, source TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (device, source)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE camera_set (
       device TEXT PRIMARY KEY, name TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE camera_factory_login (
       device TEXT PRIMARY KEY, user TEXT NOT NULL, at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
  ],
};

const maxSources = 512;

export const openKnowledgeProcedures: OpenProcedures<KnowledgeProcedures> = (db: Database) => {
  const sources = db.prepare<[string], { source: string; number: number }>('SELECT source, number FROM camera_source WHERE device = ?');
  const putSource = db.prepare<[string, string, number]>('INSERT INTO camera_source VALUES (?, ?, ?)');
  const deleteSources = db.prepare<[string]>('DELETE FROM camera_source WHERE device = ?');
  const set = db.prepare<[string], string>('SELECT name FROM camera_set WHERE device = ?').pluck();
  const putSet = db.prepare<[string, string]>('INSERT OR REPLACE INTO camera_set VALUES (?, ?)');
  const deleteSet = db.prepare<[string]>('DELETE FROM camera_set WHERE device = ?');
  const factory = db.prepare<[], FactoryLogin>('SELECT device, user, at FROM camera_factory_login ORDER BY device');
  const putFactory = db.prepare<[string, string, number]>('INSERT OR REPLACE INTO camera_factory_login VALUES (?, ?, ?)');
  const deleteFactory = db.prepare<[string]>('DELETE FROM camera_factory_login WHERE device = ?');
  return {
    know: (device) => ({
      numbers: sources.all(device).map(({ source, number }) => [source, number] as const),
      set: set.get(device) ?? '',
    }),
    keepNumbers({ device, numbers }) {
      deleteSources.run(device);
      for (const [source, number] of numbers.slice(-maxSources)) putSource.run(device, source, number);
    },
    keepSet({ device, set: name }) {
      if (name === '') deleteSet.run(device);
      else putSet.run(device, name);
    },
    factoryLogins: () => factory.all(),
    keepFactoryLogin({ device, user, at }) {
      putFactory.run(device, user, Math.trunc(at));
    },
    dropFactoryLogin(device) {
      deleteFactory.run(device);
    },
    forgetKnowledge(device) {
      deleteSources.run(device);
      deleteSet.run(device);
      deleteFactory.run(device);
    },
  };
};
