// Marks in the file itself: what happened to it and has not been dealt with, so that the next start can tell and audit it.
import type { Database } from 'better-sqlite3';
import type { Damage, Lapse, Restored } from './contract.ts';
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

/** Writes down that the file is new. A salvage puts the mark of the former file over it. */
export function markMade(db: Database, nowMs: number): void {
  db.prepare("INSERT INTO store_mark (name, value) VALUES ('made', ?)").run(JSON.stringify({ time: nowMs }));
}

/** What the file may have forgotten, as far as its marks still tell. */
export function readLapses(db: Database): readonly Lapse[] {
  const { damage, restored } = readMarks(db);
  const made = db.prepare<[], string>("SELECT value FROM store_mark WHERE name = 'made'").pluck().get();
  return [
    ...(made === undefined ? [] : [{ what: 'made', time: (JSON.parse(made) as { time: number }).time } as const]),
    ...(damage && damage.what !== 'next' ? [{ what: damage.what, time: damage.time }] : []),
    ...(restored ? [{ what: 'restored', time: restored.time } as const] : []),
  ];
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
