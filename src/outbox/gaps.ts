// Gaps: the exact account of what left the outbox undelivered, one growing entry for each destination and class.
import type { Database } from 'better-sqlite3';
import type { EntryClass, Gap } from '#model';
import type { ThreadWorld } from '#store';
import type { Writing } from './append.ts';
import { bitOf, type Destinations } from './destinations.ts';
import { kindInSql } from './gives-way.ts';
import type { Memory } from './memory.ts';
import { openTallies } from './settle.ts';

/** One missing entry. */
export interface Missing {
  readonly class: EntryClass;
  readonly sequence: number;
  readonly kind: string;
  /** When it was recorded, wall milliseconds. */
  readonly time: number;
}

/** Gathers what one call finds missing; `write` puts it into the gap entries. */
export interface Gathering {
  /** The entry at `seq`, which is still there, is about to go without `slot` having it. */
  note(slot: number, seq: number): void;
  add(slot: number, missing: Missing): void;
  write(): void;
}

/** A gap that has been told, and has not grown for so long, is over: what goes then is another. */
const quietMs = 3_600_000;

type Growth = Omit<Gap, 'gapId'>;

/** Opens the account: each call gathers for itself, so that what is undone with it leaves nothing behind. */
export function openGaps(
  db: Database,
  world: ThreadWorld,
  destinations: Destinations,
  deps: { memory: Memory; writing: Writing },
): () => Gathering {
  const read = db.prepare<[number], Missing>(
    `SELECT class, sequence, coalesce(${kindInSql}, class) AS kind, recorded_time AS time FROM outbox_entry WHERE seq = ?`,
  );
  const tell = openTelling(db, world, destinations, deps);
  return () => {
    const gathered = new Map<string, { readonly slot: number; growth: Growth }>();
    const add = (slot: number, { class: name, sequence, kind, time }: Missing): void => {
      const key = `${slot} ${name}`;
      const one = { class: name, firstSequence: sequence, lastSequence: sequence, count: 1, kinds: { [kind]: 1 }, from: time, to: time };
      const known = gathered.get(key);
      if (known) known.growth = join(known.growth, one);
      else gathered.set(key, { slot, growth: one });
    };
    return {
      note(slot, seq) {
        const missing = read.get(seq);
        if (missing) add(slot, missing);
      },
      add,
      write() {
        for (const { slot, growth } of gathered.values()) tell(slot, growth);
      },
    };
  };
}

/** Opens the append of gaps that concern one destination alone: numbered for it, and counted as confirmed by all others. Answers the position. */
export function openOwnGap(
  db: Database,
  world: ThreadWorld,
  destinations: Destinations,
  writing: Writing,
): (slot: number, gap: Gap) => number {
  const countUp = db.prepare<[number], number>('UPDATE outbox_destination SET gaps = gaps + 1 WHERE slot = ? RETURNING gaps').pluck();
  const tallies = openTallies(db);
  return (slot, gap) => {
    writing.count('gap');
    const sequence = countUp.get(slot) ?? 0;
    const tally = tallies();
    for (const other of destinations.slots) if (other !== slot) tally.add(other, 'gap', { confirmed: 1 });
    tally.write();
    const subject = `gap/${slot}/${gap.class}`;
    const body = { class: 'gap', value: gap } as const;
    return writing.insert({ id: world.newId(), body, value: JSON.stringify(gap), sequence, subject, owed: bitOf(slot) });
  };
}

interface Told {
  readonly seq: number;
  readonly grownTime: number;
  readonly value: string;
}

/** Lets the gap of a class grow: in its entry while nobody was handed that, in a new one else. Each telling has an id of its own. */
function openTelling(
  db: Database,
  world: ThreadWorld,
  destinations: Destinations,
  { memory, writing }: { memory: Memory; writing: Writing },
): (slot: number, growth: Growth) => void {
  const find = db.prepare<[number, string], Told>(
    'SELECT seq, grown_time AS grownTime, value FROM outbox_gap WHERE slot = ? AND class = ?',
  );
  const owedOf = db.prepare<[number], number>('SELECT owed FROM outbox_entry WHERE seq = ?').pluck();
  const change = db.prepare<[string, string, number]>('UPDATE outbox_entry SET id = ?, value = ? WHERE seq = ?');
  const keep = db.prepare<[number, string, number, number, string]>(
    'INSERT OR REPLACE INTO outbox_gap (slot, class, seq, grown_time, value) VALUES (?, ?, ?, ?, ?)',
  );
  const append = openOwnGap(db, world, destinations, writing);
  return (slot, growth) => {
    const now = world.now();
    const told = find.get(slot, growth.class);
    const owed = told && owedOf.get(told.seq);
    const known = told && gapOf(told.value);
    const isOver = !told || (owed === undefined && Math.abs(now - told.grownTime) > quietMs);
    const gap: Gap = isOver || !known ? { gapId: world.newId(), ...growth } : grow(known, growth);
    const value = JSON.stringify(gap);
    const isOurs = told && ((owed ?? 0) & bitOf(slot)) !== 0 && !memory.isClaimed(told.seq);
    if (isOurs) change.run(world.newId(), value, told.seq);
    keep.run(slot, growth.class, isOurs ? told.seq : append(slot, gap), now, value);
  };
}

/** A gap as it is kept; undefined when its text is damaged: then another begins. */
export function gapOf(value: string): Gap | undefined {
  try {
    return JSON.parse(value) as Gap;
  } catch {
    return undefined;
  }
}

function grow(gap: Gap, growth: Growth): Gap {
  return { gapId: gap.gapId, ...join(gap, growth) };
}

function join(one: Growth, other: Growth): Growth {
  const kinds: Record<string, number> = { ...one.kinds };
  for (const [kind, count] of Object.entries(other.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  return {
    class: one.class,
    firstSequence: Math.min(one.firstSequence, other.firstSequence),
    lastSequence: Math.max(one.lastSequence, other.lastSequence),
    count: one.count + other.count,
    kinds,
    from: Math.min(one.from, other.from),
    to: Math.max(one.to, other.to),
  };
}
