// Looking for damage in bounded steps: small tables whole with their indexes, large ones row by row, a piece at a time.
import type { Database } from 'better-sqlite3';
import { DamageFound } from './mishap.ts';
import { quoted, shapesOf, type TableShape } from './tables.ts';

/** A table of at most so much is checked at once, with its indexes (`quick_check` takes some milliseconds for it). */
const whole = { rows: 5000, bytes: 2 ** 21 };
/** Of a larger one so much is read at a time. */
const piece = { rows: 500, bytes: 2 ** 19 };

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
    const { isEnd } = readPiece(
      db
        .prepare<[], unknown[]>(`SELECT * FROM ${quoted(shape.name)}`)
        .raw()
        .safeIntegers()
        .iterate(),
      whole,
    );
    if (isEnd) checkTable(db, shape.name);
    else large.push(shape);
    yield;
  }
  for (const shape of large) yield* walk(db, shape);
}

function checkTable(db: Database, name: string): void {
  const found = String(db.pragma(`quick_check(${quoted(name)})`, { simple: true }));
  if (found !== 'ok') throw new DamageFound(`${name}: ${found}`);
}

/** Reads every row once: a page that cannot be a page is met on the way. */
function* walk(db: Database, { name, key }: TableShape): Generator<undefined, void> {
  const keys = key.map(quoted).join(', ');
  const from = `SELECT ${keys}, * FROM ${quoted(name)}`;
  const order = `ORDER BY ${keys}`;
  const first = db.prepare<[], unknown[]>(`${from} ${order}`).raw().safeIntegers();
  const next = db
    .prepare<unknown[], unknown[]>(`${from} WHERE (${keys}) > (${key.map(() => '?').join(', ')}) ${order}`)
    .raw()
    .safeIntegers();
  for (let { last, isEnd } = readPiece(first.iterate(), piece); !isEnd; ) {
    yield;
    const after = last.slice(0, key.length);
    ({ last, isEnd } = readPiece(next.iterate(...after), piece));
    // Damaged pages can lead back to pages that were read.
    if (key[0] === 'rowid' && Number(last[0]) <= Number(after[0])) throw new DamageFound(`${name}: rowids do not grow`);
  }
}

/** Reads rows until there are no more, or enough of them: the last one, and whether it was the last of all. */
function readPiece(rows: IterableIterator<unknown[]>, most: { readonly rows: number; readonly bytes: number }) {
  let last: readonly unknown[] = [];
  let count = 0;
  let bytes = 0;
  for (const row of rows) {
    last = row;
    count += 1;
    for (const value of row) bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
    if (count >= most.rows || bytes >= most.bytes) return { last, isEnd: false };
  }
  return { last, isEnd: true };
}
