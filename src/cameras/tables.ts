// What the room keeps in the database: the pull points that are resumed after a restart, and logins that were refused.
import type { Database } from 'better-sqlite3';
import type { Migrations, OpenProcedures } from '#store';

export { knowledgeMigrations, openKnowledgeProcedures } from './knowledge-tables.ts';

/** A subscription at a camera's event service. */
export interface KeptSubscription {
  readonly device: string;
  /** Address of the pull point. */
  readonly address: string;
  /** Reference parameters as XML, to be echoed as SOAP headers (WS-Addressing 1.0 SOAP Binding §2.1). */
  readonly reference: string;
}

/** A login that a camera refused. */
export interface KeptRefusal {
  readonly device: string;
  /** 16 bits of a hash: enough to see that the login was changed, too few to tell what it is. */
  readonly mark: string;
  /** Wall milliseconds. */
  readonly at: number;
}

export type CamerasProcedures = {
  keepSubscription(subscription: KeptSubscription): void;
  dropSubscription(device: string): void;
  keepRefusal(refusal: KeptRefusal): void;
  dropRefusal(device: string): void;
  /** Everything kept of one camera. */
  recall(device: string): { readonly subscription: KeptSubscription | undefined; readonly refusal: KeptRefusal | undefined };
  /** A camera that is gone leaves nothing here. */
  forget(device: string): void;
};

export const camerasMigrations: Migrations = {
  room: 'cameras',
  steps: [
    `CREATE TABLE camera_subscription (
       device TEXT PRIMARY KEY, address TEXT NOT NULL, reference TEXT NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE camera_refusal (
       device TEXT PRIMARY KEY, mark TEXT NOT NULL, at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
  ],
};

export const openCamerasProcedures: OpenProcedures<CamerasProcedures> = (db: Database) => {
  const putSubscription = db.prepare<[string, string, string]>('INSERT OR REPLACE INTO camera_subscription VALUES (?, ?, ?)');
  const deleteSubscription = db.prepare<[string]>('DELETE FROM camera_subscription WHERE device = ?');
  const putRefusal = db.prepare<[string, string, number]>('INSERT OR REPLACE INTO camera_refusal VALUES (?, ?, ?)');
  const deleteRefusal = db.prepare<[string]>('DELETE FROM camera_refusal WHERE device = ?');
  const findSubscription = db.prepare<[string], KeptSubscription>('SELECT * FROM camera_subscription WHERE device = ?');
  const findRefusal = db.prepare<[string], KeptRefusal>('SELECT * FROM camera_refusal WHERE device = ?');
  return {
    keepSubscription({ device, address, reference }) {
      putSubscription.run(device, address, reference);
    },
    dropSubscription(device) {
      deleteSubscription.run(device);
    },
    keepRefusal({ device, mark, at }) {
      putRefusal.run(device, mark, Math.trunc(at));
    },
    dropRefusal(device) {
      deleteRefusal.run(device);
    },
    recall: (device) => ({ subscription: findSubscription.get(device), refusal: findRefusal.get(device) }),
    forget(device) {
      deleteSubscription.run(device);
      deleteRefusal.run(device);
    },
  };
};
