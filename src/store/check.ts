// Looking for damage in bounded steps: small tables whole with their indexes, large ones row by row, a piece at a time.
import type { Database } from 'better-sqlite3';
import { DamageFound } from './mishap.ts';
import { quoted, shapesOf, type TableShape } from './tables.ts';

/** Tables of at most so many rows are checked at once, with their indexes (`quick_check` takes some milliseconds for them). */
const wholeRows = 5000;
const rowsAtOnce = 500;

/** A look through the whole file that can be interrupted. */
export interface Check {
  /** Goes on until `mayGoOn` says no (asked every few milliseconds at the latest), or all is seen: then true. @throws DamageFound, SQLITE_CORRUPT */
  step(mayGoOn: () => boolean): boolean;
}

/** Opens a check of all tables, small ones first. What is written meanwhile does no harm. */
export function openCheck(db: Database): Check {
  const pieces = look(db);
  return {
    step(mayGoOn) {
      do {
        if (pieces.next().done === true) return true;
      } while (mayGoOn());
      return false;
    },
  };
}

function* look(db: Database): Generator<undefined, void> {
  const large: TableShape[] = [];
  for (const shape of shapesOf(db)) {
    const name = quoted(shape.name);
    const rows =
      db
        .prepare<[], number>(`SELECT count(*) FROM (SELECT 1 FROM ${name} LIMIT ${wholeRows + 1})`)
        .pluck()
        .get() ?? 0;
    if (rows > wholeRows) large.push(shape);
    else {
      const found = String(db.pragma(`quick_check(${name})`, { simple: true }));
      if (found !== 'ok') throw new DamageFound(`${shape.name}: ${found}`);
    }
    yield;
  }
  for (const shape of large) yield* walk(db, shape);
}

/** Reads every row once: a page that cannot be a page is met on the way. */
function* walk(db: Database, { name, key }: TableShape): Generator<undefined, void> {
  const keys = key.map(quoted).join(', ');
  const from = `SELECT ${keys}, * FROM ${quoted(name)}`;
  const rest = `ORDER BY ${keys} LIMIT ${rowsAtOnce}`;
  const first = db.prepare<[], unknown[]>(`${from} ${rest}`).raw().safeIntegers();
  const next = db
    .prepare<unknown[], unknown[]>(`${from} WHERE (${keys}) > (${key.map(() => '?').join(', ')}) ${rest}`)
    .raw()
    .safeIntegers();
  for (let rows = first.all(); rows.length > 0; ) {
    yield;
    rows = next.all(...(rows.at(-1)?.slice(0, key.length) ?? []));
  }
}
