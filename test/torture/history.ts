// A store grown old: years of cleared alarms up to its limit, so that every new alarm makes the gateway forget some.
import Database from 'better-sqlite3';

const rowsAtOnce = 200;
const detail = JSON.stringify({ note: '지난 경보의 사실'.repeat(40) });

/** Fills the store of a gateway that does not run with cleared alarms of the device `archive` until it is as large as `bytes`. */
export function growHistory(path: string, bytes: number): void {
  withStore(path, (db) => {
    const closedAt = Date.now() - 86_400_000;
    const step = db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO alarm (alarm_id, device, channel, kind, test, severity, raised_at, cleared_at, closed_at, detail)
       SELECT 'archive-' || hex(randomblob(12)), 'archive', 'fall', 'fall', 0, 'critical', ?, ?, ?, ? FROM n`,
    );
    while (sizeOf(db) < bytes) step.run(rowsAtOnce, closedAt, closedAt, closedAt, detail);
  });
}

/** How many of them the store of a gateway that does not run still has. */
export function historyLeft(path: string): number {
  return withStore(path, (db) => db.prepare<[], number>("SELECT count(*) FROM alarm WHERE device = 'archive'").pluck().get() ?? 0);
}

function sizeOf(db: Database.Database): number {
  return Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
}

function withStore<T>(path: string, act: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return act(db);
  } finally {
    db.close();
  }
}

/** Messages of the senders that wait as dead letters in the store of a gateway that does not run. */
export function deadLetters(path: string): ReadonlySet<string> {
  return withStore(path, (db) => {
    const dead = db.prepare<[], string>(
      `SELECT e.value ->> '$.detail.message' FROM outbox_dead d JOIN outbox_entry e ON e.seq = d.seq
       WHERE d.dropped_time IS NULL AND e.class = 'alarm'`,
    );
    return new Set(dead.pluck().all());
  });
}
