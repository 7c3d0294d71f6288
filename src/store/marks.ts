// Marks in the file itself: what happened to it and has not been dealt with, so that the next start can tell and audit it.
import type { Database } from 'better-sqlite3';
import type { Damage, Restored } from './contract.ts';
import type { Marks } from './protocol.ts';

export type MarkName = 'damage' | 'restored';

/** What the store remembers of the file's past. */
export function readMarks(db: Database): Marks {
  const read = db.prepare<[string], string>('SELECT value FROM store_mark WHERE name = ?').pluck();
  const parse = (name: MarkName): unknown => {
    const value = read.get(name);
    return value === undefined ? undefined : JSON.parse(value);
  };
  return { damage: parse('damage') as Damage | undefined, restored: parse('restored') as Restored | undefined };
}

/** Writes a mark over an earlier one of its name. */
export function writeMark(db: Database, name: MarkName, value: Damage | Restored): void {
  db.prepare('INSERT OR REPLACE INTO store_mark (name, value) VALUES (?, ?)').run(name, JSON.stringify(value));
}

/** Where the mark of the last exchange says that the former file goes; empty when there is none. */
export function setAsideOf(db: Database): string {
  const { damage, restored } = readMarks(db);
  const newest = damage && restored ? (damage.time > restored.time ? damage : restored) : (damage ?? restored);
  return newest?.setAside ?? '';
}

/** Forgets a mark; whether there was one. */
export function dropMark(db: Database, name: MarkName): boolean {
  return db.prepare('DELETE FROM store_mark WHERE name = ?').run(name).changes > 0;
}
