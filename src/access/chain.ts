// The audit chain, pure: how a row is written canonically and how its hash hangs on the one before.
import { createHash } from 'node:crypto';

/** Something that was done with pictures or with the right to see them (접속기록: who, when, from where, whose data, what). */
export interface AuditAct {
  /** Wall milliseconds. */
  readonly time: number;
  /** Who did it (식별자): a hub connection's name, `cli:USER`, `gateway`. */
  readonly who: string;
  /** From where (접속지): a network address, or empty when it came over the hub session. */
  readonly peer: string;
  /** Whose pictures (처리한 정보주체 정보): device and channel. */
  readonly subject: string;
  /** What (수행업무): `grant.opened`, `session.closed`, `look.frame-probe` … */
  readonly act: string;
  readonly grant: string;
  readonly detail: string;
}

/** A link of the chain. */
export interface AuditRow extends AuditAct {
  /** Contiguous from 1. */
  readonly row: number;
  /** Row of the ledger that this act wrote; null for none. */
  readonly ledgerRow: number | null;
  /** SHA-256 of that row, hexadecimal; null for none. */
  readonly ledgerHash: string | null;
  /** SHA-256 of the hash before and of this row, hexadecimal. */
  readonly hash: string;
}

/** The hash before the first row. */
export const firstHash = '0'.repeat(64);

/** The hash of a ledger row: its columns in the order of the table, as JSON. */
export function hashLedgerRow(columns: readonly unknown[]): string {
  return sha256(JSON.stringify(columns));
}

/** The hash of an audit row: SHA-256 of the previous hash, a line feed and the row as a JSON array. */
export function hashAuditRow(previous: string, row: Omit<AuditRow, 'hash'>): string {
  const { time, who, peer, subject, act, grant, ledgerRow, ledgerHash, detail } = row;
  return sha256(`${previous}\n${JSON.stringify([row.row, time, who, peer, subject, act, grant, ledgerRow, ledgerHash, detail])}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
