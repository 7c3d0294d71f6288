// Leaps: after the store has lost its memory no number is given that may have been given before. An old confirmation of the hub must never mean a new entry.
import type { Database } from 'better-sqlite3';
import type { EntryClass, Gap } from '#model';
import type { ThreadWorld } from '#store';
import type { Writing } from './append.ts';
import type { Destinations } from './destinations.ts';
import { openOwnGap } from './gaps.ts';

const classes: readonly EntryClass[] = ['alarm', 'condition', 'inventory', 'grant', 'audit', 'reading', 'gap'];
/** The least leap: more than can have been forgotten since the last commit that is still known. */
const stepSize = 10 ** 8;
const minuteMs = 60_000;
const plausibleFromMs = Date.UTC(2025, 0, 1);
/** Up to here the minutes fit into a number that 16 digits and a double hold. */
const plausibleToMs = Date.UTC(2139, 0, 1);

/**
 * The number after which it is safe to go on, where `known` is the last that is still known. By a clock that is set it grows by 10⁸ with each minute since
 * 2025: faster than any gateway counts, so that it lies beyond all that was given before, even when nothing of that is known any more.
 */
export function numberAfter(known: number, nowMs: number): number {
  const isPlausible = nowMs >= plausibleFromMs && nowMs < plausibleToMs;
  const byTime = isPlausible ? Math.floor((nowMs - plausibleFromMs) / minuteMs) * stepSize : 0;
  return Math.max(byTime, known + stepSize);
}

/**
 * Leaps, in one transaction, when the store tells of a lapse that was not answered by a leap yet. Each destination is told, for each class that it is owed,
 * which numbers will never come; after the making of a new file nobody is, for nothing is known of what was before.
 */
export function leap(db: Database, world: ThreadWorld, destinations: Destinations, writing: Writing): void {
  const answered = db.prepare<[string, number], number>('SELECT 1 FROM outbox_lapse WHERE what = ? AND time = ?');
  const due = (world.lapses ?? []).filter(({ what, time }) => answered.get(what, time) === undefined);
  if (due.length === 0) return;
  const answer = db.prepare<[string, number]>('INSERT OR REPLACE INTO outbox_lapse (what, time) VALUES (?, ?)');
  db.transaction(() => {
    const lapse = due.find(({ what }) => what !== 'made');
    const leapt = classes.filter((name) => name !== 'gap').map((name) => leapClass(db, world, destinations, name));
    const ofGaps = leapGaps(db, world, destinations);
    db.exec('DELETE FROM outbox_gap');
    if (lapse) leapPositions(db, world);
    if (lapse) tell(db, world, destinations, { writing, lapse, leapt, ofGaps });
    for (const { what, time } of due) answer.run(what, time);
  })();
}

type Lapse = NonNullable<ThreadWorld['lapses']>[number];

/** From the last number of a class to the one after which it goes on. */
interface Leapt {
  readonly name: EntryClass;
  readonly from: number;
  readonly to: number;
}

/** What is leapt over counts as given, confirmed by all and gone, so that what is pending stays what it was. */
function leapClass(db: Database, world: ThreadWorld, destinations: Destinations, name: EntryClass): Leapt {
  const read = db.prepare<[string], number>('SELECT last FROM outbox_class WHERE class = ?').pluck();
  const move = db.prepare<[string, number, number]>(
    `INSERT INTO outbox_class (class, last, gone) VALUES (?, ?, ?)
     ON CONFLICT (class) DO UPDATE SET last = last + excluded.last, gone = gone + excluded.gone`,
  );
  const confirm = db.prepare<[number, string, number]>(
    `INSERT INTO outbox_progress (slot, class, confirmed) VALUES (?, ?, ?)
     ON CONFLICT (slot, class) DO UPDATE SET confirmed = confirmed + excluded.confirmed`,
  );
  const from = read.get(name) ?? 0;
  const to = numberAfter(from, world.now());
  move.run(name, to - from, to - from);
  for (const slot of destinations.slots) confirm.run(slot, name, to - from);
  return { name, from, to };
}

/** Gaps are numbered for each destination. */
function leapGaps(db: Database, world: ThreadWorld, destinations: Destinations): ReadonlyMap<number, Leapt> {
  const read = db.prepare<[number], number>('SELECT gaps FROM outbox_destination WHERE slot = ?').pluck();
  const move = db.prepare<[number, number]>('UPDATE outbox_destination SET gaps = ? WHERE slot = ?');
  return new Map(
    destinations.slots.map((slot) => {
      const from = read.get(slot) ?? 0;
      const to = numberAfter(from, world.now());
      move.run(to, slot);
      return [slot, { name: 'gap', from, to }];
    }),
  );
}

/** A delivery that is under way knows entries by their position: what it brings back must not mean another one. */
function leapPositions(db: Database, world: ThreadWorld): void {
  const read = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'outbox_entry'").pluck();
  const known = read.get();
  const to = numberAfter(known ?? 0, world.now());
  if (known === undefined) db.prepare<[number]>("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox_entry', ?)").run(to);
  else db.prepare<[number]>("UPDATE sqlite_sequence SET seq = ? WHERE name = 'outbox_entry'").run(to);
}

interface Telling {
  readonly writing: Writing;
  readonly lapse: Lapse;
  readonly leapt: readonly Leapt[];
  readonly ofGaps: ReadonlyMap<number, Leapt>;
}

function tell(db: Database, world: ThreadWorld, destinations: Destinations, { writing, lapse, leapt, ofGaps }: Telling): void {
  const { what, time } = lapse;
  if (what === 'made') return;
  const append = openOwnGap(db, world, destinations, writing);
  for (const slot of destinations.slots) {
    const own = ofGaps.get(slot);
    for (const { name, from, to } of own ? [own, ...leapt] : leapt) {
      if (destinations.strangersTo(name).includes(slot)) continue;
      // Of a damaged file anything may be missing, from the first number on.
      const firstSequence = what === 'file' ? 1 : from + 1;
      const range = { class: name, firstSequence, lastSequence: to, from: Math.min(time, world.now()), to: world.now() };
      append(slot, { gapId: world.newId(), ...range, count: 0, kinds: {}, lapse: what } satisfies Gap);
    }
  }
}
