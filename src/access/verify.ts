// Reads the whole audit chain and says whether it still is what was written.
import type { Calls } from '#store';
import { firstHash, hashAuditRow, hashLedgerRow } from './chain.ts';
import type { AccessProcedures, AuditLink } from './tables.ts';

/** What a verification found. */
export interface Verification {
  /** Rows of the chain that were expected. */
  readonly rows: number;
  readonly valid: boolean;
  /**
   * First row of the chain that is changed, missing, or whose row in the ledger is; one beyond the last when the ledger has rows that no link
   * knows. A chain cut at its end cannot be seen here: the hub has its heads.
   */
  readonly firstBad?: number;
}

/** Verifies page by page, so that the store's thread goes on writing meanwhile; rows added meanwhile are not read. */
export async function verifyChain(procedures: Calls<AccessProcedures>, nowMs: number): Promise<Verification> {
  const extent = await procedures.extent(nowMs);
  let state: ChainState = { row: 0, ledgerRow: 0, hash: firstHash };
  while (state.row < extent.audit) {
    const links = await procedures.links(state.row);
    if (links.length === 0) return { rows: extent.audit, valid: false, firstBad: state.row + 1 };
    for (const link of links) {
      if (state.row >= extent.audit) break;
      const next = follow(state, link);
      if (!next) return { rows: extent.audit, valid: false, firstBad: state.row + 1 };
      state = next;
    }
  }
  return state.ledgerRow >= extent.ledger
    ? { rows: extent.audit, valid: true }
    : { rows: extent.audit, valid: false, firstBad: extent.audit + 1 };
}

interface ChainState {
  readonly row: number;
  /** Last row of the ledger that a link named. */
  readonly ledgerRow: number;
  readonly hash: string;
}

function follow(state: ChainState, { audit, ledger }: AuditLink): ChainState | undefined {
  if (audit.row !== state.row + 1 || hashAuditRow(state.hash, audit) !== audit.hash) return undefined;
  if (audit.ledgerRow === null) return { ...state, row: audit.row, hash: audit.hash };
  if (audit.ledgerRow !== state.ledgerRow + 1 || !ledger || hashLedgerRow(ledger) !== audit.ledgerHash) return undefined;
  return { row: audit.row, ledgerRow: audit.ledgerRow, hash: audit.hash };
}
