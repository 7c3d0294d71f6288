// Marks in the file itself: what happened to it and has not been dealt with, so that the next start can tell and audit it.
import type { Database } from 'better-sqlite3';
import type { Damage, Lapse, Restored } from './contract.ts';
import type { Marks } from './protocol.ts';

export type MarkName = 'damage' | 'restored';

/** What the store remembers of the file's past. Of a mark that damage has changed what can be told: that there is one, at least. */
export function readMarks(db: Database): Marks {
  const damage = readMark(db, 'damage');
  const restored = readMark(db, 'restored');
  return { damage: damage && damageOf(damage), restored: restored && restoredOf(restored) };
}

type Changed = Readonly<Record<string, unknown>>;

/** A mark as it stands there; empty when it is no JSON of an object, undefined when there is none. */
function readMark(db: Database, name: MarkName | 'made'): Changed | undefined {
  const value = db.prepare<[string], string>('SELECT value FROM store_mark WHERE name = ?').pluck().get(name);
  if (value === undefined) return undefined;
  try {
    return { ...(JSON.parse(value) as Changed) };
  } catch {
    return {};
  }
}

function damageOf({ time, what, setAside, salvagedRows, lostTables, error }: Changed): Damage {
  return {
    time: numberOf(time),
    what: what === 'log' || what === 'next' ? what : 'file',
    setAside: textOf(setAside),
    salvagedRows: typeof salvagedRows === 'object' && salvagedRows !== null ? (salvagedRows as Damage['salvagedRows']) : {},
    lostTables: Array.isArray(lostTables) ? lostTables.map(String) : [],
    error: textOf(error),
  };
}

function restoredOf({ time, from, setAside, by }: Changed): Restored {
  return { time: numberOf(time), from: textOf(from), setAside: textOf(setAside), ...(typeof by === 'string' ? { by } : {}) };
}

function numberOf(value: unknown): number {
  return Number.isSafeInteger(value) ? Number(value) : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
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
  const made = numberOf(readMark(db, 'made')?.['time']);
  return [
    ...(made === 0 ? [] : [{ what: 'made', time: made } as const]),
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
