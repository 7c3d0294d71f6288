// Salvage: what can still be read of a damaged file is copied into a new one, row by row, from both ends of every gap.
import Database from 'better-sqlite3';
import type { Migrations } from './contract.ts';
import { mishapOf } from './mishap.ts';
import { quoted, shapesOf, type TableShape } from './tables.ts';

/** What was saved. */
export interface Salvage {
  readonly rows: Readonly<Record<string, number>>;
  /** Tables of which something, or all, could not be read. */
  readonly lost: readonly string[];
}

/** Tries to read into a table's gaps; beyond it what lies there is given up. */
const maxProbes = 4000;
const rowsPerCommit = 5000;
const lowest = -(2n ** 63n);
const highest = 2n ** 63n - 1n;

/**
 * Copies the rows of every table of `into` from the file at `damagedPath`, which is only read, and then runs the rooms' `repair`.
 * What the migrations put into the new tables gives way to what is saved.
 */
export function salvage(damagedPath: string, into: Database.Database, migrations: readonly Migrations[]): Salvage {
  const rows: Record<string, number> = {};
  const lost: string[] = [];
  const shapes = shapesOf(into).filter(({ name }) => name !== 'migration');
  into.pragma('foreign_keys = OFF');
  const source = openDamaged(damagedPath);
  for (const shape of shapes) {
    const copied = source ? copyAsFits(source, into, shape) : { count: 0, complete: false };
    rows[shape.name] = copied.count;
    if (!copied.complete) lost.push(shape.name);
  }
  if (source) {
    copySequences(source, into);
    source.close();
  }
  repair(into, migrations);
  into.pragma('foreign_keys = ON');
  return { rows, lost };
}

function openDamaged(path: string): Database.Database | undefined {
  try {
    const db = new Database(path, { readonly: true });
    // A file that was cut short is refused unless its schema may be written; nothing is written.
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    db.pragma('cell_size_check = ON');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch {
    return undefined;
  }
}

interface Copied {
  count: number;
  complete: boolean;
}

/** A disk without room for all keeps what fits; the rest lies in the damaged file. */
function copyAsFits(source: Database.Database, into: Database.Database, shape: TableShape): Copied {
  const copied: Copied = { count: 0, complete: true };
  try {
    copyTable(source, into, shape, copied);
  } catch (error) {
    if (into.inTransaction) into.exec('ROLLBACK');
    if (mishapOf(error) !== 'full') throw error;
    copied.complete = false;
    copied.count =
      into
        .prepare<[], number>(`SELECT count(*) FROM ${quoted(shape.name)}`)
        .pluck()
        .get() ?? 0;
  }
  return copied;
}

function copyTable(source: Database.Database, into: Database.Database, shape: TableShape, copied: Copied): void {
  const present = columnsIn(source, shape);
  if (present.length === 0) {
    copied.complete = false;
    return;
  }
  const names = present.map(quoted).join(', ');
  const insert = into.prepare(`INSERT OR REPLACE INTO ${quoted(shape.name)} (${names}) VALUES (${present.map(() => '?').join(', ')})`);
  const brackets = { begin: into.prepare('BEGIN'), commit: into.prepare('COMMIT') };
  const put = (row: readonly unknown[]): void => {
    try {
      insert.run(...row);
      copied.count += 1;
    } catch (error) {
      if (mishapOf(error) !== 'other') throw error;
      // A value that no longer fits its column is damage too.
      copied.complete = false;
    }
    if (copied.count % rowsPerCommit === rowsPerCommit - 1) {
      brackets.commit.run();
      brackets.begin.run();
    }
  };
  brackets.begin.run();
  const read = shape.hasRowid ? readGaps : readBothEnds;
  if (!read(source, shape, present, put)) copied.complete = false;
  brackets.commit.run();
}

/** The columns that both files have; of a schema that cannot be asked, all of ours. */
function columnsIn(source: Database.Database, shape: TableShape): readonly string[] {
  try {
    const names = new Set(source.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(shape.name));
    return shape.columns.filter((name) => names.has(name));
  } catch {
    return shape.columns;
  }
}

type Put = (row: readonly unknown[]) => void;

interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

/** Reads forward from the start and back from the end; what lies between is halved, the widest gap first. Whether all was read. */
function readGaps(source: Database.Database, shape: TableShape, columns: readonly string[], put: Put): boolean {
  const list = columns.map(quoted).join(', ');
  const sql = (order: string): string =>
    `SELECT rowid, ${list} FROM ${quoted(shape.name)} WHERE rowid BETWEEN ? AND ? ORDER BY rowid ${order}`;
  let complete = true;
  const gaps: Gap[] = [{ from: lowest, to: highest }];
  for (let probes = 0; gaps.length > 0; probes += 1) {
    gaps.sort((left, right) => Number(left.to - left.from - (right.to - right.from)));
    const gap = gaps.pop();
    if (!gap) break;
    if (probes > maxProbes) return false;
    const forward = readRows(source, { sql: sql('ASC'), bounds: [gap.from, gap.to], rowids: 'grow' }, put);
    if (forward.ended) continue;
    complete = false;
    const from = forward.last === undefined ? gap.from : forward.last + 1n;
    const back = readRows(source, { sql: sql('DESC'), bounds: [from, gap.to], rowids: 'fall' }, put);
    const to = back.last === undefined ? gap.to : back.last - 1n;
    if (back.ended || to <= from) continue;
    const middle = from + (to - from) / 2n;
    gaps.push({ from, to: middle }, { from: middle + 1n, to });
  }
  return complete;
}

/** The same for a table without rowids, whose keys cannot be halved. */
function readBothEnds(source: Database.Database, shape: TableShape, columns: readonly string[], put: Put): boolean {
  const list = columns.map(quoted).join(', ');
  const order = (way: string): string => shape.key.map((name) => `${quoted(name)} ${way}`).join(', ');
  const sql = (way: string): string => `SELECT 0, ${list} FROM ${quoted(shape.name)} ORDER BY ${order(way)}`;
  if (readRows(source, { sql: sql('ASC'), bounds: [], rowids: 'none' }, put).ended) return true;
  readRows(source, { sql: sql('DESC'), bounds: [], rowids: 'none' }, put);
  return false;
}

/** A way through a table: the first column that `sql` gives is the rowid, which grows, falls, or says nothing. */
interface Way {
  readonly sql: string;
  readonly bounds: readonly bigint[];
  readonly rowids: 'grow' | 'fall' | 'none';
}

/** Reads rows until the end or the damage; `last` is the rowid of the last good one. */
function readRows(source: Database.Database, way: Way, put: Put): { ended: boolean; last: bigint | undefined } {
  let last: bigint | undefined;
  try {
    const rows = source
      .prepare<unknown[], unknown[]>(way.sql)
      .raw()
      .safeIntegers()
      .iterate(...way.bounds);
    for (const row of rows) {
      const rowid = row[0] as bigint;
      // Damaged pages can lead back to pages that were read: rowids that do not go on are no rows.
      if (last !== undefined && (way.rowids === 'grow' ? rowid <= last : way.rowids === 'fall' && rowid >= last))
        return { ended: false, last };
      last = rowid;
      putOrEnd(put, row.slice(1));
    }
    return { ended: true, last };
  } catch (error) {
    if (error instanceof PutFailed) throw error.cause;
    return { ended: false, last };
  }
}

/** A failure of the new file, told apart from those of the damaged one. */
class PutFailed extends Error {}

function putOrEnd(put: Put, row: readonly unknown[]): void {
  try {
    put(row);
  } catch (cause) {
    throw new PutFailed('', { cause });
  }
}

/** AUTOINCREMENT goes on where it stood, also when the newest rows are lost or had been pruned. */
function copySequences(source: Database.Database, into: Database.Database): void {
  try {
    const rows = source.prepare<[], { name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence').all();
    const raise = into.prepare<[number, string]>('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?');
    const add = into.prepare<[string, number]>('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)');
    for (const { name, seq } of rows) if (raise.run(seq, name).changes === 0) add.run(name, seq);
  } catch (error) {
    if (mishapOf(error) !== 'damage' && mishapOf(error) !== 'other') throw error;
  }
}

function repair(into: Database.Database, migrations: readonly Migrations[]): void {
  into.transaction(() => {
    for (const { repair: steps = [] } of migrations) for (const step of steps) into.exec(step);
  })();
}
