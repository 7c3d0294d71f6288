// The procedures of access in the store's thread: each writes the ledger row, its audit link and the entry of one step in one transaction.
import type { Database } from 'better-sqlite3';
import type { Grant, GrantEnd, GrantStep, StreamOffer } from '#model';
import type { OpenProcedures } from '#store';
import type { AuditAct, AuditRow } from './chain.ts';
import { type Gate, openGate } from './gate.ts';
import { type LedgerRow, ledgerColumns } from './ledger.ts';
import { openWriter, type Writer } from './writer.ts';

export { accessMigrations } from './schema.ts';

/** Which grants to list, newest first. */
export interface GrantFilter {
  /** 1 … 1,000. */
  readonly limit: number;
  readonly device?: string;
  readonly openOnly?: boolean;
  /** Only grants opened before this, wall milliseconds. */
  readonly before?: number;
}

/** A link as `verify` reads it: the columns of its ledger row beside it, null when that row is gone. */
export interface AuditLink {
  readonly audit: AuditRow;
  readonly ledger: readonly (string | number | null)[] | null;
}

/** What the ledger says of a refusal; its time is of the wall clock. */
export interface RefusalRow {
  readonly time: number;
  readonly service: string;
  /** `access.line-full` and the like. */
  readonly reason: string;
}

export interface AccessProcedures {
  open(argument: { readonly grant: Grant; readonly ledger: LedgerRow }): void;
  refuse(argument: { readonly ledger: LedgerRow; readonly limit: number }): void;
  /** False when the grant is not open any more. */
  extend(argument: {
    readonly id: string;
    readonly until: number;
    readonly requestUntil: number;
    readonly time: number;
    readonly command: string;
  }): boolean;
  /** False when it was not open, or when one closes what another opened. */
  end(argument: {
    readonly id: string;
    readonly reason: GrantEnd;
    readonly note: string;
    readonly by: string;
    readonly time: number;
    readonly offer?: StreamOffer;
  }): boolean;
  /** The address of the grant was used: only the first time is kept. */
  used(argument: { readonly id: string; readonly time: number }): void;
  /** The newest refusal of a request for this device that is listed by itself. */
  refusal(device: string): RefusalRow | undefined;
  /** An act without a ledger row; at most `limit` of one `key` in a minute are listed one by one. */
  note(argument: { readonly act: AuditAct; readonly key: string; readonly limit: number }): void;
  find(id: string): Grant | undefined;
  list(filter: GrantFilter): readonly Grant[];
  /** Wall milliseconds of the newest of the last 100 links; 0 while there is none. */
  newest(): number;
  /** How far the chain and the ledger go. */
  extent(time: number): { readonly audit: number; readonly ledger: number };
  /** Links after the row `after`, at most 500. */
  links(after: number): readonly AuditLink[];
}

export const openAccessProcedures: OpenProcedures<AccessProcedures> = (db, world) => {
  const grants = openGrantTable(db);
  const writer = openWriter(db, world);
  const gate = openGate(db);
  const newest = db.prepare<[], number>('SELECT max(time) FROM (SELECT time FROM access_audit ORDER BY row DESC LIMIT 100)').pluck();
  const refusal = db.prepare<[string], RefusalRow>(
    `SELECT time, service, reason FROM access_ledger WHERE device = ? AND step = 'refused' AND grant_id = '' ORDER BY row DESC LIMIT 1`,
  );
  const tell = (step: GrantStep['step'], grant: Grant, time: number, reason: string, offer?: StreamOffer): void => {
    const { id, device, channel, until, request } = grant;
    const { service, incident } = request;
    const told = { grant: id, step, device, channel, service, incident, time, until, reason, ...(offer && { offer }) };
    world.append({ class: 'grant', value: told });
  };
  return {
    ...grants.read,
    open({ grant, ledger }) {
      settle(gate, writer, grant.openedAt);
      grants.insert(grant);
      writer.write(actOf(ledger, 'grant.opened', grant.origin), ledger);
      tell('opened', grant, grant.openedAt, '');
    },
    refuse({ ledger, limit }) {
      const time = Number(ledger.time);
      settle(gate, writer, time);
      if (gate.pass(`refused|${ledger.origin}`, time, limit)) writer.write(actOf(ledger, 'grant.refused', String(ledger.origin)), ledger);
    },
    extend({ id, until, requestUntil, time, command }) {
      settle(gate, writer, time);
      const grant = grants.read.find(id);
      const opening = writer.opening(id);
      if (!grant || grant.end || !opening) return false;
      const extended: Grant = { ...grant, until, request: { ...grant.request, until: requestUntil } };
      grants.change(extended);
      const ledger = { ...opening, time, step: 'extended', command, until };
      writer.write(actOf(ledger, 'grant.extended', grant.origin), ledger);
      tell('extended', extended, time, '');
      return true;
    },
    end({ id, reason, note, by, time, offer }) {
      settle(gate, writer, time);
      const grant = grants.read.find(id);
      const opening = writer.opening(id);
      if (!grant || grant.end || !opening) return false;
      if (reason === 'closed' && grant.origin !== by) return false;
      // What ran out while nobody could write ended when it ran out.
      const endedAt = reason === 'expired' ? Math.min(time, grant.until) : time;
      grants.end(id, reason, endedAt, note);
      const ledger = { ...opening, time, step: 'ended', until: grant.until, ended_at: endedAt, reason, note };
      const step = reason === 'revoked' || reason === 'failed' || reason === 'preempted' ? reason : 'ended';
      writer.write(actOf(ledger, `grant.${step}`, by), ledger);
      tell(step, grant, time, note === '' ? reason : `${reason}: ${note}`, offer);
      return true;
    },
    used: ({ id, time }) => grants.use(id, time),
    refusal: (device) => refusal.get(device),
    note({ act, key, limit }) {
      settle(gate, writer, act.time);
      if (gate.pass(key, act.time, limit)) writer.write(act);
    },
    newest: () => newest.get() ?? 0,
    extent(time) {
      settle(gate, writer, time);
      return { audit: count(db, 'access_audit'), ledger: count(db, 'access_ledger') };
    },
    links: openLinks(db),
  };
};

function actOf(ledger: LedgerRow, act: string, who: string): AuditAct {
  const subject = `${ledger.device}/${ledger.channel}`;
  return { time: Number(ledger.time), who, peer: '', subject, act, grant: String(ledger.grant_id), detail: String(ledger.reason) };
}

/** Writes what earlier minutes withheld: a flood of refusals is one row of the ledger with its count, other floods one link of the chain. */
function settle(gate: Gate, writer: Writer, time: number): void {
  for (const { key, count, first, last } of gate.settle(time)) {
    const [what = '', who = ''] = key.split('|', 2);
    const note = `${count} from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
    const act: AuditAct = { time, who, peer: '', subject: '', act: `${what}-many`, grant: '', detail: note };
    if (what !== 'refused') writer.write(act);
    else writer.write({ ...act, act: 'grant.refused-many' }, manyRow(who, note, count, time));
  }
}

function manyRow(origin: string, note: string, count: number, time: number): LedgerRow {
  const empty = Object.fromEntries(ledgerColumns.map((column) => [column, ''])) as Record<(typeof ledgerColumns)[number], string>;
  return {
    ...empty,
    time,
    step: 'refused-many',
    origin,
    channel: 0,
    opened_at: null,
    until: null,
    ended_at: null,
    document_owed: 0,
    publish: 0,
    note,
    count,
  };
}

interface GrantRow {
  readonly until: number;
  readonly body: string;
  readonly end_reason: GrantEnd | null;
  readonly end_at: number | null;
  readonly end_note: string | null;
  readonly used_at: number | null;
}

function openGrantTable(db: Database) {
  const columns = 'until, body, end_reason, end_at, end_note, used_at';
  const find = db.prepare<[string], GrantRow>(`SELECT ${columns} FROM access_grant WHERE id = ?`);
  const list = db.prepare<[{ device: string | null; open: number; before: number; limit: number }], GrantRow>(
    `SELECT ${columns} FROM access_grant WHERE (@device IS NULL OR device = @device) AND (NOT @open OR end_at IS NULL) AND opened_at < @before
     ORDER BY opened_at DESC, id DESC LIMIT @limit`,
  );
  const insert = db.prepare<[string, string, number, number, string]>(
    'INSERT INTO access_grant (id, device, opened_at, until, body) VALUES (?, ?, ?, ?, ?)',
  );
  const change = db.prepare<[number, string, string]>('UPDATE access_grant SET until = ?, body = ? WHERE id = ?');
  const end = db.prepare<[GrantEnd, number, string, string]>(
    'UPDATE access_grant SET end_reason = ?, end_at = ?, end_note = ? WHERE id = ?',
  );
  const use = db.prepare<[number, string]>('UPDATE access_grant SET used_at = ? WHERE id = ? AND used_at IS NULL');
  const read = {
    find: (id: string): Grant | undefined => grantOf(find.get(id)),
    list: ({ limit, device, openOnly, before }: GrantFilter): readonly Grant[] =>
      list
        .all({
          device: device ?? null,
          open: openOnly ? 1 : 0,
          before: before ?? Number.MAX_SAFE_INTEGER,
          limit: Math.min(Math.max(limit, 1), 1000),
        })
        .flatMap((row) => grantOf(row) ?? []),
  };
  return {
    read,
    insert: (grant: Grant) => insert.run(grant.id, grant.device, grant.openedAt, grant.until, JSON.stringify(grant)),
    change: (grant: Grant) => change.run(grant.until, JSON.stringify(grant), grant.id),
    end: (id: string, reason: GrantEnd, time: number, note: string) => end.run(reason, time, note, id),
    use: (id: string, time: number) => void use.run(time, id),
  };
}

/** Undefined also for a row of which damage has left no grant: its ledger rows and their chain are elsewhere. */
function grantOf(row: GrantRow | undefined): Grant | undefined {
  const body = row && parse(row.body);
  if (!body) return undefined;
  const { end_reason: reason, end_at: at, end_note: note, used_at: usedAt } = row;
  const end = reason === null || at === null ? undefined : { reason, at, note: note ?? '' };
  return { ...body, until: row.until, ...(usedAt !== null && { usedAt }), end };
}

function parse(body: string): Grant | undefined {
  try {
    return JSON.parse(body) as Grant;
  } catch {
    return undefined;
  }
}

function count(db: Database, table: 'access_audit' | 'access_ledger'): number {
  return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
}

function openLinks(db: Database): (after: number) => readonly AuditLink[] {
  const rows = db.prepare<[number], AuditRow>(
    `SELECT row, time, who, peer, subject, act, grant_id AS "grant", ledger_row AS ledgerRow, ledger_hash AS ledgerHash, detail, hash
     FROM access_audit WHERE row > ? ORDER BY row LIMIT 500`,
  );
  const ledger = db.prepare<[number]>(`SELECT row, ${ledgerColumns.join(', ')} FROM access_ledger WHERE row = ?`).raw();
  return (after) =>
    rows.all(after).map((audit) => ({
      audit,
      ledger: audit.ledgerRow === null ? null : ((ledger.get(audit.ledgerRow) as (string | number | null)[] | undefined) ?? null),
    }));
}
