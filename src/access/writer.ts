// Writes the ledger and the audit chain in the store's thread: a ledger row, its link and now and then the chain's head as an entry, in one transaction.
import type { Database } from 'better-sqlite3';
import type { ProcedureWorld } from '#store';
import { type AuditAct, type AuditRow, firstHash, hashAuditRow, hashLedgerRow } from './chain.ts';
import { type LedgerRow, ledgerColumns, ledgerValues } from './ledger.ts';

/** Appends to ledger and chain. */
export interface Writer {
  /**
   * Appends the act, with its ledger row if it has one. The chain's head goes to the outbox with every row of the ledger that belongs to a grant,
   * else with every hundredth row of the chain.
   */
  write(act: AuditAct, ledger?: LedgerRow): void;
  /** The ledger row that opened a grant. */
  opening(grant: string): LedgerRow | undefined;
}

const headEvery = 100;

/** Prepares the statements. */
export function openWriter(db: Database, world: ProcedureWorld): Writer {
  const marks = ledgerColumns.map(() => '?').join(', ');
  const insertLedger = db.prepare(`INSERT INTO access_ledger (row, ${ledgerColumns.join(', ')}) VALUES (?, ${marks})`);
  const lastLedger = db.prepare<[], number>('SELECT ifnull(max(row), 0) FROM access_ledger').pluck();
  const opening = db.prepare<[string], LedgerRow>(
    `SELECT ${ledgerColumns.join(', ')} FROM access_ledger WHERE grant_id = ? AND step = 'granted' LIMIT 1`,
  );
  const head = db.prepare<[], { row: number; hash: string }>('SELECT row, hash FROM access_audit ORDER BY row DESC LIMIT 1');
  const insertAudit = db.prepare(
    'INSERT INTO access_audit (row, time, who, peer, subject, act, grant_id, ledger_row, ledger_hash, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );

  const appendLedger = (values: LedgerRow): Pick<AuditRow, 'ledgerRow' | 'ledgerHash'> => {
    const row = (lastLedger.get() ?? 0) + 1;
    const columns = ledgerValues(row, values);
    insertLedger.run(...columns);
    return { ledgerRow: row, ledgerHash: hashLedgerRow(columns) };
  };
  return {
    opening: (grant) => opening.get(grant),
    write(act, ledger) {
      const written = ledger ? appendLedger(ledger) : { ledgerRow: null, ledgerHash: null };
      const previous = head.get() ?? { row: 0, hash: firstHash };
      const row = { ...act, ...written, row: previous.row + 1 };
      const hash = hashAuditRow(previous.hash, row);
      const { time, who, peer, subject, grant, ledgerRow, ledgerHash, detail } = row;
      insertAudit.run(row.row, time, who, peer, subject, act.act, grant, ledgerRow, ledgerHash, detail, hash);
      if ((ledger && grant !== '') || row.row % headEvery === 0) world.append({ class: 'audit', value: { row: row.row, hash, time } });
    },
  };
}
