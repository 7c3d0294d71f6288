// Settling: a destination is no longer owed an entry. The next of its subject takes its turn, and an entry that nobody needs any more goes.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { ThreadWorld } from '#store';
import { outboxTopic } from './append.ts';
import { bitOf, type Destinations } from './destinations.ts';
import type { Claimed, Memory } from './memory.ts';
import { openReady } from './ready.ts';
import { nextOfSubject } from './schema.ts';

/** An entry as far as its way out of the outbox needs it. */
export interface Owed {
  readonly seq: number;
  readonly class: EntryClass;
  readonly lane: number;
  readonly owed: number;
  readonly subject: string | null;
}

/** Takes entries out of what a destination is owed. */
export interface Settling {
  find(seq: number): Owed | undefined;
  /** Takes it out of what `slot` may claim and lets the next of its subject follow. Whether it was in its subject's turn. */
  leaveTurn(slot: number, entry: Owed): boolean;
  /** Both at once for what was claimed, and quickly; undefined, and nothing done, when it is not where it was claimed. Whether it is gone. */
  leaveClaimed(slot: number, seq: number, claimed: Claimed): boolean | undefined;
  /** Puts down what it is owed now, and deletes it when that is nothing and no destination has it as a dead letter. Whether it is gone. */
  setOwed(entry: Pick<Owed, 'seq'>, owed: number): boolean;
}

/** Opens the statements that all ways out share. */
export function openSettling(db: Database, world: ThreadWorld, destinations: Destinations, memory: Memory): Settling {
  const find = db.prepare<[number], Owed>('SELECT seq, class, lane, owed, subject FROM outbox_entry WHERE seq = ?');
  const ready = openReady(db);
  const remove = db.prepare<[number]>('DELETE FROM outbox_entry WHERE seq = ?');
  const owe = db.prepare<[number, number]>('UPDATE outbox_entry SET owed = ? WHERE seq = ?');
  const following = db.prepare<[string, number, number], { seq: number; lane: number; owed: number }>(nextOfSubject);
  const isDead = db.prepare<[number], number>('SELECT 1 FROM outbox_dead WHERE seq = ? AND dropped_time IS NULL LIMIT 1').pluck();
  const removeLast = db.prepare<[number, number, number]>(
    'DELETE FROM outbox_entry WHERE seq = CAST(? AS INTEGER) AND owed & CAST(? AS INTEGER) = CAST(? AS INTEGER)',
  );
  function follow(slot: number, seq: number, subject: string | null): void {
    const next = subject === null ? undefined : following.get(subject, seq, bitOf(slot));
    if (!next) return;
    ready.add(slot, next.lane, next.seq);
    memory.loosen(slot, next.seq, next.lane);
    world.announce(outboxTopic);
  }
  function setOwed({ seq }: Pick<Owed, 'seq'>, owed: number): boolean {
    const left = owed & destinations.mask;
    if (left === 0 && !(memory.hasDead && isDead.get(seq) !== undefined)) return remove.run(seq).changes > 0;
    owe.run(left, seq);
    return false;
  }
  return {
    find: (seq) => find.get(seq),
    leaveTurn(slot, entry) {
      if (!ready.remove(slot, entry.lane, entry.seq)) return false;
      follow(slot, entry.seq, entry.subject);
      return true;
    },
    leaveClaimed(slot, seq, { stored, subject }) {
      if (!ready.remove(slot, stored, seq)) return undefined;
      follow(slot, seq, subject);
      const bit = bitOf(slot);
      if (!memory.hasDead && removeLast.run(seq, destinations.mask, bit).changes > 0) return true;
      const entry = find.get(seq);
      return entry ? setOwed(entry, entry.owed & ~bit) : true;
    },
    setOwed,
  };
}

/** Gathers counts of one call. */
export interface Tally {
  /** `confirmed` and `dead`: by how much these change for a slot; `gone`: entries that left the outbox. */
  add(slot: number, name: EntryClass, change: { readonly confirmed?: number; readonly dead?: number; readonly gone?: boolean }): void;
  /** Adds what was gathered to the counters. */
  write(): void;
}

/** Opens tallies, so that each counter is written once a call. */
export function openTallies(db: Database): () => Tally {
  const progress = db.prepare<[number, string, number, number]>(
    `INSERT INTO outbox_progress (slot, class, confirmed, dead) VALUES (?, ?, ?, ?)
     ON CONFLICT (slot, class) DO UPDATE SET confirmed = confirmed + excluded.confirmed, dead = dead + excluded.dead`,
  );
  const countGone = db.prepare<[number, string]>('UPDATE outbox_class SET gone = gone + ? WHERE class = ?');
  return () => {
    const classes = new Map<EntryClass, { gone: number; slots: Map<number, { confirmed: number; dead: number }> }>();
    return {
      add(slot, name, { confirmed = 0, dead = 0, gone = false }) {
        const counts = classes.get(name) ?? { gone: 0, slots: new Map<number, { confirmed: number; dead: number }>() };
        classes.set(name, counts);
        if (gone) counts.gone += 1;
        const own = counts.slots.get(slot);
        if (own) {
          own.confirmed += confirmed;
          own.dead += dead;
        } else counts.slots.set(slot, { confirmed, dead });
      },
      write() {
        for (const [name, { gone, slots }] of classes) {
          for (const [slot, own] of slots) progress.run(slot, name, own.confirmed, own.dead);
          if (gone > 0) countGone.run(gone, name);
        }
      },
    };
  };
}
