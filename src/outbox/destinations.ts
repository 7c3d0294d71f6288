// Destinations as the store's thread knows them: each has a slot, whose bit in an entry says that the entry is still owed to it.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import { outboxFaults } from './errors.ts';

/** A destination as it is configured: its name alone, where it is owed everything. */
export type ConfiguredDestination = string | { readonly name: string; readonly classes: readonly EntryClass[] };

/** A removed destination and how many entries were still owed to it. */
export interface DroppedDestination {
  readonly destination: string;
  readonly entries: number;
}

/** The slots in use. They do not change while the thread lives. */
export interface Destinations {
  readonly names: readonly string[];
  readonly slots: readonly number[];
  /** The bits of all slots. */
  readonly mask: number;
  /** What was dropped when the thread was opened. */
  readonly dropped: readonly DroppedDestination[];
  /** The bits of the slots that entries of a class are owed to. */
  owedOf(name: EntryClass): number;
  /** The slots of those that want nothing of a class. */
  strangersTo(name: EntryClass): readonly number[];
  /** @throws outbox.unknown-destination */
  slotOf(name: string): number;
  /** Removes what was owed only to removed destinations, looking at no more than `limit` entries. */
  sweep(limit: number): Sweep;
}

/** What one step of sweeping did; `done` when no removed destination is left. */
export interface Sweep {
  readonly removed: number;
  readonly done: boolean;
}

const maxDestinations = 16;
// Bits 0 to 29: masks stay small integers in JavaScript and SQLite alike.
const slotCount = 30;
const sweepAtOnce = 1000;

/** The bit of a slot. */
export function bitOf(slot: number): number {
  return 1 << slot;
}

/**
 * Brings the slots in line with the `configured` destinations, in one transaction: a new one starts at the present, what was owed to a removed one
 * is dropped and told in `dropped`. Whoever wants other classes than before gets them from now on, and still what it was owed. Gaps are owed to all:
 * they tell each what it misses.
 * @throws outbox.too-many-destinations
 */
export function openDestinations(db: Database, configured: readonly ConfiguredDestination[]): Destinations {
  const names = configured.map((one) => (typeof one === 'string' ? one : one.name));
  if (names.length > maxDestinations || new Set(names).size < names.length) {
    throw outboxFaults.fault('too-many-destinations', { detail: `${names.length} configured` });
  }
  return db.transaction(() => {
    adoptLost(db, names);
    const dropped = retireOthers(db, names);
    const bySlot = new Map(names.map((name) => [name, findSlot(db, name) ?? addSlot(db, name)]));
    const slots = [...bySlot.values()];
    const strangers = openStrangers(configured, slots);
    const mask = slots.reduce((bits, slot) => bits | bitOf(slot), 0);
    return {
      names: [...names],
      slots,
      mask,
      dropped,
      owedOf: (name: EntryClass) => strangers(name).reduce((bits, slot) => bits & ~bitOf(slot), mask),
      strangersTo: strangers,
      slotOf(name: string) {
        const slot = bySlot.get(name);
        if (slot === undefined) throw outboxFaults.fault('unknown-destination', { detail: name.slice(0, 60) });
        return slot;
      },
      sweep: openSweeper(db),
    };
  })();
}

const nobody: readonly number[] = [];

function openStrangers(configured: readonly ConfiguredDestination[], slots: readonly number[]): (name: EntryClass) => readonly number[] {
  const choosy = configured.flatMap((one, index) => {
    const slot = slots[index];
    return typeof one === 'string' || slot === undefined ? [] : [{ slot, classes: one.classes }];
  });
  if (choosy.length === 0) return () => nobody;
  return (name) => (name === 'gap' ? nobody : choosy.filter(({ classes }) => !classes.includes(name)).map(({ slot }) => slot));
}

function findSlot(db: Database, name: string): number | undefined {
  return db.prepare<[string], number>('SELECT slot FROM outbox_destination WHERE name = ? AND retired = 0').pluck().get(name);
}

/** A salvage may have lost names, not slots: `lost <slot>` goes to the first configured destination that has none, so that what it is owed is kept. */
function adoptLost(db: Database, names: readonly string[]): void {
  const lost = db
    .prepare<[], number>("SELECT slot FROM outbox_destination WHERE retired = 0 AND name GLOB 'lost [0-9]*' ORDER BY slot")
    .pluck()
    .all();
  const adopt = db.prepare<[string, number]>('UPDATE outbox_destination SET name = ? WHERE slot = ?');
  for (const name of names.filter((one) => findSlot(db, one) === undefined)) {
    const slot = lost.shift();
    if (slot !== undefined) adopt.run(name, slot);
  }
}

function addSlot(db: Database, name: string): number {
  const taken = new Set(db.prepare<[], number>('SELECT slot FROM outbox_destination').pluck().all());
  const free = Array.from({ length: slotCount }, (_, slot) => slot).find((slot) => !taken.has(slot));
  if (free === undefined) {
    const sweep = openSweeper(db);
    while (!sweep(sweepAtOnce).done);
    return addSlot(db, name);
  }
  db.prepare('INSERT INTO outbox_destination (slot, name) VALUES (?, ?)').run(free, name);
  db.prepare('INSERT INTO outbox_progress (slot, class, confirmed) SELECT ?, class, last FROM outbox_class').run(free);
  return free;
}

function retireOthers(db: Database, names: readonly string[]): DroppedDestination[] {
  const known = db.prepare<[], { slot: number; name: string }>('SELECT slot, name FROM outbox_destination WHERE retired = 0').all();
  const pending = db
    .prepare<[number], number>(
      `SELECT coalesce(sum(c.last - coalesce(p.confirmed, 0)), 0) FROM outbox_class c
       LEFT JOIN outbox_progress p ON p.slot = ? AND p.class = c.class`,
    )
    .pluck();
  const retire = db.prepare(
    `UPDATE outbox_destination SET retired = 1, swept = 0,
       head = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox_entry'), 0) WHERE slot = ?`,
  );
  const forget = ['outbox_ready', 'outbox_dead', 'outbox_gap', 'outbox_progress'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE slot = ?`),
  );
  return known
    .filter(({ name }) => !names.includes(name))
    .map(({ slot, name }) => {
      const entries = pending.get(slot) ?? 0;
      for (const statement of [...forget, retire]) statement.run(slot);
      return { destination: name, entries };
    });
}

/** Takes the bits of retired slots out of the entries, in steps, and frees the slots. The mark lies in the table: a step that is rolled back is done again. */
function openSweeper(db: Database): (limit: number) => Sweep {
  const retired = db.prepare<[], { slot: number; swept: number; head: number }>(
    'SELECT slot, swept, head FROM outbox_destination WHERE retired = 1 ORDER BY slot LIMIT 1',
  );
  const reach = db.prepare<[number, number, number], number>(
    'SELECT seq FROM outbox_entry WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT 1 OFFSET ?',
  );
  const settle = db.prepare<[number, number, number, number]>(
    'UPDATE outbox_entry SET owed = owed & ~? WHERE seq > ? AND seq <= ? AND owed & ? <> 0',
  );
  const remove = db.prepare<[number, number], string>(
    `DELETE FROM outbox_entry WHERE seq > ? AND seq <= ? AND owed = 0
       AND NOT EXISTS (SELECT 1 FROM outbox_dead d WHERE d.seq = outbox_entry.seq AND d.dropped_time IS NULL) RETURNING class`,
  );
  const countGone = db.prepare('UPDATE outbox_class SET gone = gone + 1 WHERE class = ?');
  const mark = db.prepare('UPDATE outbox_destination SET swept = ? WHERE slot = ?');
  const free = db.prepare('DELETE FROM outbox_destination WHERE slot = ?');
  return (limit) => {
    const next = retired.get();
    if (!next) return { removed: 0, done: true };
    const end = reach.pluck().get(next.swept, next.head, limit - 1) ?? next.head;
    settle.run(bitOf(next.slot), next.swept, end, bitOf(next.slot));
    const classes = remove.pluck().all(next.swept, end);
    for (const name of classes) countGone.run(name);
    if (end < next.head) mark.run(end, next.slot);
    else free.run(next.slot);
    return { removed: classes.length, done: end >= next.head && !retired.get() };
  };
}
