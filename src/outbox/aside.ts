// What a destination will not take as it is: out of the way of everything else, still owed, and given another chance with the next session.
import type { Database } from 'better-sqlite3';

/** Entries of one slot that are set aside. They lie in a table of their own, so that a claim never walks over them. */
export interface Aside {
  /** Takes an entry out of what may be claimed; nothing when it was not there. */
  put(slot: number, seq: number): void;
  /** Makes up to `limit` of them claimable again, the oldest first; whether that was all. */
  bringBack(slot: number, limit: number): boolean;
}

/** Opens the table's statements. */
export function openAside(db: Database): Aside {
  const unready = db.prepare<[number, number, number]>(
    'DELETE FROM outbox_ready WHERE slot = ? AND lane = (SELECT lane FROM outbox_entry WHERE seq = ?) AND seq = ?',
  );
  const keep = db.prepare<[number, number]>('INSERT INTO outbox_aside (slot, seq) VALUES (?, ?)');
  const reach = db
    .prepare<[number, number], number>('SELECT seq FROM outbox_aside WHERE slot = CAST(? AS INTEGER) ORDER BY seq LIMIT 1 OFFSET ?')
    .pluck();
  // The lane is read again: a graver one may have been lent meanwhile.
  const ready = db.prepare<[number, number]>(
    `INSERT INTO outbox_ready (slot, lane, seq) SELECT a.slot, e.lane, e.seq FROM outbox_aside a JOIN outbox_entry e ON e.seq = a.seq
     WHERE a.slot = ? AND a.seq <= ?`,
  );
  const forget = db.prepare<[number, number]>('DELETE FROM outbox_aside WHERE slot = ? AND seq <= ?');
  return {
    put(slot, seq) {
      if (unready.run(slot, seq, seq).changes > 0) keep.run(slot, seq);
    },
    bringBack(slot, limit) {
      const end = reach.get(slot, limit - 1) ?? Number.MAX_SAFE_INTEGER;
      ready.run(slot, end);
      forget.run(slot, end);
      return reach.get(slot, 0) === undefined;
    },
  };
}
