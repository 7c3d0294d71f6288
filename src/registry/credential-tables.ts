// Sets of logins for many cameras, sealed: tables of the registry's third shelf.
import type { Database } from 'better-sqlite3';
import type { CredentialScope } from '#model';
import type { Migrations, OpenProcedures } from '#store';
import { registryFaults } from './errors.ts';

export const credentialsMigrations: Migrations = {
  room: 'credentials',
  steps: [
    `CREATE TABLE credential_set (
       name TEXT PRIMARY KEY,
       position INTEGER NOT NULL,
       -- The CredentialScope as JSON.
       scope TEXT NOT NULL,
       -- The Login as JSON, sealed for this name.
       sealed BLOB NOT NULL,
       changed_at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
  ],
};

/** Sets on one gateway. */
const maxSets = 200;

/** A set as it is kept. */
export interface SealedSet {
  readonly name: string;
  readonly position: number;
  readonly scope: CredentialScope;
  readonly sealed: Uint8Array;
}

export type CredentialsProcedures = {
  /** By position, then by name. */
  list(): readonly SealedSet[];
  /** Without a position behind all others. @throws registry.set-exists, registry.sets-full */
  add(set: Omit<SealedSet, 'position'> & { readonly position: number | undefined }): void;
  /** Whether there was such a set. */
  remove(name: string): boolean;
};

interface SetRow {
  readonly name: string;
  readonly position: number;
  readonly scope: string;
  readonly sealed: Uint8Array;
}

export const openCredentialsProcedures: OpenProcedures<CredentialsProcedures> = (db: Database, world) => {
  const list = db.prepare<[], SetRow>('SELECT name, position, scope, sealed FROM credential_set ORDER BY position, name');
  const insert = db.prepare<[string, number, string, Uint8Array, number]>('INSERT INTO credential_set VALUES (?, ?, ?, ?, ?)');
  const remove = db.prepare<[string]>('DELETE FROM credential_set WHERE name = ?');
  return {
    list: () => list.all().flatMap((row) => read(row) ?? []),
    add({ name, position, scope, sealed }) {
      const known = list.all();
      if (known.some((row) => row.name === name)) throw registryFaults.fault('set-exists', { detail: name });
      if (known.length >= maxSets) throw registryFaults.fault('sets-full');
      const last = known.at(-1)?.position ?? 0;
      insert.run(name, position ?? last + 1, JSON.stringify(scope), sealed, world.now());
    },
    remove: (name) => remove.run(name).changes > 0,
  };
};

/** Undefined when damage has left no set: it must be entered again. */
function read({ scope, ...row }: SetRow): SealedSet | undefined {
  try {
    const { ranges, makers, macs } = JSON.parse(scope) as CredentialScope;
    return { ...row, scope: { ranges: [...ranges], makers: [...makers], macs: [...macs] } };
  } catch {
    return undefined;
  }
}
