// The search through the history: newest first, in bounded steps, so that no search of a million alarms makes a fire wait.
import type { Database, Statement } from 'better-sqlite3';
import type { Alarm } from '#model';
import { type AlarmFilter, type AlarmRecord, alarmColumns, toAlarm } from './listing.ts';

/** What is looked for: all that is given must hold. */
export interface AlarmSearch extends AlarmFilter {
  /** Raised at or after this, wall milliseconds as the alarm has them. */
  readonly from?: number | undefined;
  /** Raised before this. */
  readonly to?: number | undefined;
  readonly severity?: string | undefined;
  /** In the device, the channel, the alarm's id or its detail; at most 100 characters, Latin letters in either case. */
  readonly text?: string | undefined;
}

/** One step of a search. */
export interface SearchStep {
  readonly alarms: readonly Alarm[];
  /** Go on below this row; undefined when all was looked at. */
  readonly next: number | undefined;
}

/** Alarms that one step looks at. */
const stepRows = 5000;
const maxFound = 1000;

/** Opens the procedure: one step below `below` (undefined: from `before`, or the newest). */
export function openSearch(db: Database): (ask: AlarmSearch & { readonly below?: number | undefined }) => SearchStep {
  const rowOf = db.prepare<[string], number>('SELECT row FROM alarm WHERE alarm_id = ?').pluck();
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return (ask) => {
    const { source, narrow, wide, values } = termsOf(ask);
    const before = ask.before === undefined ? Number.MAX_SAFE_INTEGER : (rowOf.get(ask.before) ?? 0);
    const below = ask.below ?? before;
    const edgeSql = `SELECT row FROM ${source} WHERE ${[...narrow, 'row < @below'].join(' AND ')} ORDER BY row DESC LIMIT 1 OFFSET ${stepRows - 1}`;
    const edge = prepared(edgeSql)
      .pluck()
      .get({ ...values, below }) as number | undefined;
    const sql = `SELECT ${alarmColumns} FROM ${source} WHERE ${[...narrow, ...wide, 'row < @below', 'row >= @edge'].join(' AND ')} ORDER BY row DESC LIMIT @limit`;
    const limit = Math.min(ask.limit, maxFound);
    const found = prepared(sql).all({ ...values, below, edge: edge ?? 0, limit }) as AlarmRecord[];
    return { alarms: found.map(toAlarm), next: found.length < limit ? edge : undefined };
  };
}

/** `narrow` terms have an index, `wide` ones are looked at row by row. */
function termsOf({ device, kind, severity, from, to, text, openOnly }: AlarmSearch) {
  const term = (value: unknown, sql: string): string[] => (value === undefined ? [] : [sql]);
  const pattern = text === undefined ? undefined : `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const like = ['device', 'channel', 'alarm_id', 'detail'].map((column) => `${column} LIKE @pattern ESCAPE '\\'`).join(' OR ');
  const values = { device, kind, severity, from, to, pattern };
  return {
    source: openOnly === true ? 'alarm INDEXED BY alarm_open' : 'alarm',
    narrow: [...term(device, 'device = @device'), ...term(kind, 'kind = @kind'), ...(openOnly === true ? ['closed_at IS NULL'] : [])],
    wide: [
      ...term(severity, 'severity = @severity'),
      ...term(from, 'raised_at >= @from'),
      ...term(to, 'raised_at < @to'),
      ...term(pattern, `(${like})`),
    ],
    values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  };
}
