// Reading any table in the order of its key, without knowing what it holds: what the check and the salvage have in common.
import type { Database } from 'better-sqlite3';

/** A table as far as a walk needs it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of its key in order; `rowid` where the table has one. */
  readonly key: readonly string[];
  readonly hasRowid: boolean;
}

interface Column {
  readonly name: string;
  readonly pk: number;
}

/** `name` as an identifier in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The tables of the file, the smallest names first as the schema has them; none of SQLite's own. */
export function shapesOf(db: Database): readonly TableShape[] {
  const tables = db
    .prepare<[], { name: string; wr: number }>(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .all();
  return tables.map(({ name, wr }) => {
    const columns = db.prepare<[string], Column>('SELECT name, pk FROM pragma_table_info(?)').all(name);
    const key = columns.filter(({ pk }) => pk > 0).toSorted((left, right) => left.pk - right.pk);
    return {
      name,
      columns: columns.map((column) => column.name),
      key: wr === 1 ? key.map((column) => column.name) : ['rowid'],
      hasRowid: wr === 0,
    };
  });
}
