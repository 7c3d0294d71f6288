// What the room keeps in the database: the pull points that are resumed after a restart, logins that were refused, and what cameras saw that stays here.
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
  /** 1: the camera pushes; the address is that of the subscription's manager. */
  readonly pushed: number;
}

/** What a camera saw that is kept and not sent. */
export interface KeptDetection {
  /** Order of the commits. */
  readonly row: number;
  readonly device: string;
  readonly channel: string;
  readonly kind: string;
  /** Name of the camera's own rule or zone; may be empty. */
  readonly zone: string;
  readonly state: 'active' | 'inactive' | 'pulse';
  /** When it happened, wall milliseconds. */
  readonly at: number;
  /** `timeout`: the camera never said the end. Else empty. */
  readonly reason: string;
}

/** How the room's last life went. */
export interface LastLife {
  /** It ended without notice. */
  readonly unclean: boolean;
  /** Wall milliseconds at which it is known to have lived, to the minute; undefined: it never did. */
  readonly aliveAt: number | undefined;
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
  /** A login was refused, or is about to be tried that was never taken: then a crash leaves it as refused. */
  keepRefusal(refusal: KeptRefusal): void;
  dropRefusal(device: string): void;
  /** A login was taken: a try of it needs no note from now on, and the note of this one is gone. */
  keepProven(proven: { readonly device: string; readonly mark: string }): void;
  /** The certificate that the camera must have from now on. */
  keepCertificate(certificate: { readonly device: string; readonly fingerprint: string }): void;
  /** Everything kept of one camera. */
  recall(device: string): {
    readonly subscription: KeptSubscription | undefined;
    readonly refusal: KeptRefusal | undefined;
    readonly certificate: string | undefined;
    /** Mark of the login that was taken last and not refused since. */
    readonly proven: string | undefined;
  };
  /** Writes detections down and keeps the newest `keep` of all. */
  keepDetections(batch: { readonly rows: readonly Omit<KeptDetection, 'row'>[]; readonly keep: number }): void;
  /** The newest first. */
  detections(filter: {
    readonly device?: string | undefined;
    readonly kind?: string | undefined;
    readonly limit: number;
    readonly before?: number | undefined;
  }): readonly KeptDetection[];
  /** A life begins: says how the last one went. */
  beginLife(): LastLife;
  /** The room lives; `isEnd`: and ends in order. */
  alive(at: { readonly now: number; readonly isEnd: boolean }): void;
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
    `CREATE TABLE camera_detection (
       row INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, zone TEXT NOT NULL,
       state TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL
     ) STRICT;
     CREATE INDEX camera_detection_device ON camera_detection (device, row);
     CREATE TABLE camera_life (one INTEGER PRIMARY KEY CHECK (one = 1), alive_at INTEGER NOT NULL, clean INTEGER NOT NULL) STRICT;`,
    'ALTER TABLE camera_subscription ADD COLUMN pushed INTEGER NOT NULL DEFAULT 0',
    'CREATE TABLE camera_certificate (device TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT, WITHOUT ROWID',
    'CREATE TABLE camera_proven (device TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT, WITHOUT ROWID',
  ],
};

export const openCamerasProcedures: OpenProcedures<CamerasProcedures> = (db: Database) => {
  const putSubscription = db.prepare<[string, string, string, number]>('INSERT OR REPLACE INTO camera_subscription VALUES (?, ?, ?, ?)');
  const deleteSubscription = db.prepare<[string]>('DELETE FROM camera_subscription WHERE device = ?');
  const putRefusal = db.prepare<[string, string, number]>('INSERT OR REPLACE INTO camera_refusal VALUES (?, ?, ?)');
  const deleteRefusal = db.prepare<[string]>('DELETE FROM camera_refusal WHERE device = ?');
  const findSubscription = db.prepare<[string], KeptSubscription>('SELECT * FROM camera_subscription WHERE device = ?');
  const findRefusal = db.prepare<[string], KeptRefusal>('SELECT * FROM camera_refusal WHERE device = ?');
  const putCertificate = db.prepare<[string, string]>('INSERT OR REPLACE INTO camera_certificate VALUES (?, ?)');
  const deleteCertificate = db.prepare<[string]>('DELETE FROM camera_certificate WHERE device = ?');
  const findCertificate = db.prepare<[string], string>('SELECT fingerprint FROM camera_certificate WHERE device = ?').pluck();
  const deleteAttempt = db.prepare<[string, string]>('DELETE FROM camera_refusal WHERE device = ? AND mark = ?');
  const putProven = db.prepare<[string, string]>('INSERT OR REPLACE INTO camera_proven VALUES (?, ?)');
  const deleteProven = db.prepare<[string, string]>('DELETE FROM camera_proven WHERE device = ? AND mark LIKE ?');
  const findProven = db.prepare<[string], string>('SELECT mark FROM camera_proven WHERE device = ?').pluck();
  const detections = openDetectionRows(db);
  const lives = openLives(db);
  return {
    ...detections.procedures,
    ...lives,
    keepSubscription({ device, address, reference, pushed }) {
      putSubscription.run(device, address, reference, pushed);
    },
    dropSubscription(device) {
      deleteSubscription.run(device);
    },
    keepRefusal({ device, mark, at }) {
      putRefusal.run(device, mark, Math.trunc(at));
      deleteProven.run(device, mark);
    },
    dropRefusal(device) {
      deleteRefusal.run(device);
    },
    keepProven({ device, mark }) {
      putProven.run(device, mark);
      deleteAttempt.run(device, mark);
    },
    keepCertificate({ device, fingerprint }) {
      putCertificate.run(device, fingerprint);
    },
    recall: (device) => ({
      subscription: findSubscription.get(device),
      refusal: findRefusal.get(device),
      certificate: findCertificate.get(device),
      proven: findProven.get(device),
    }),
    forget(device) {
      deleteSubscription.run(device);
      deleteRefusal.run(device);
      deleteCertificate.run(device);
      deleteProven.run(device, '%');
      detections.forget(device);
    },
  };
};

function openDetectionRows(db: Database) {
  const insert = db.prepare<(string | number)[]>(
    'INSERT INTO camera_detection (device, channel, kind, zone, state, at, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const prune = db.prepare<[number]>(
    'DELETE FROM camera_detection WHERE row <= (SELECT max(row) FROM camera_detection) - CAST(? AS INTEGER)',
  );
  const all = 'SELECT row, device, channel, kind, zone, state, at, reason FROM camera_detection WHERE row < CAST(? AS INTEGER)';
  const ofSite = db.prepare<[number, string, number], KeptDetection>(`${all} AND kind LIKE ? ORDER BY row DESC LIMIT CAST(? AS INTEGER)`);
  const ofDevice = db.prepare<[number, string, string, number], KeptDetection>(
    `${all} AND kind LIKE ? AND device = ? ORDER BY row DESC LIMIT CAST(? AS INTEGER)`,
  );
  const remove = db.prepare<[string]>('DELETE FROM camera_detection WHERE device = ?');
  const procedures: Pick<ReturnType<OpenProcedures<CamerasProcedures>>, 'keepDetections' | 'detections'> = {
    keepDetections({ rows, keep }) {
      for (const { device, channel, kind, zone, state, at, reason } of rows) {
        insert.run(device, channel, kind, zone, state, Math.trunc(at), reason);
      }
      prune.run(keep);
    },
    detections({ device, kind = '%', limit, before = Number.MAX_SAFE_INTEGER }) {
      return device === undefined ? ofSite.all(before, kind, limit) : ofDevice.all(before, kind, device, limit);
    },
  };
  return { procedures, forget: (device: string) => remove.run(device) };
}

function openLives(db: Database): Pick<ReturnType<OpenProcedures<CamerasProcedures>>, 'beginLife' | 'alive'> {
  const find = db.prepare<[], { aliveAt: number; clean: number }>('SELECT alive_at AS aliveAt, clean FROM camera_life');
  const put = db.prepare<[number, number]>('INSERT OR REPLACE INTO camera_life VALUES (1, ?, ?)');
  return {
    beginLife() {
      const last = find.get();
      return { unclean: last?.clean === 0, aliveAt: last?.aliveAt };
    },
    alive({ now, isEnd }) {
      put.run(Math.trunc(now), Number(isEnd));
    },
  };
}
