// Claiming and confirming: who has been handed what is known to the thread's memory alone, so that a crash makes all of it pending again.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { ThreadWorld } from '#store';
import { outboxTopic } from './append.ts';
import { openAside } from './aside.ts';
import { bitOf, type Destinations } from './destinations.ts';
import { laneCount, nextOfSubject, readyForSlot } from './schema.ts';

/** A claimed entry as it crosses the thread's channel: its value still JSON text. */
export interface EntryRow {
  readonly seq: number;
  readonly id: string;
  readonly class: EntryClass;
  readonly sequence: number;
  readonly bootId: string;
  readonly recordedTime: number;
  readonly lane: number;
  readonly value: string;
}

/** A claim. Tried again under the same `ticket`, it first gives back what a failed try had marked. */
export interface ClaimAsk {
  readonly destination: string;
  /** 1 … 1,000. */
  readonly limit: number;
  readonly ticket: number;
  /** Only of the lanes below this number. Default: all. */
  readonly lanes?: number | undefined;
}

/** Entries of one destination by their position. */
export interface Positions {
  readonly destination: string;
  readonly seqs: readonly number[];
}

/** At most so many entries are claimed and unconfirmed for a destination; a claim beyond it gets none. */
const maxClaimed = 4096;
const maxClaim = 1000;
const maxClaimBytes = 4 * 2 ** 20;
/** What was set aside comes back in steps of so many, so that no transaction delays an alarm for long. */
const asideAtOnce = 1000;

/** Opens the procedures that deliver: claim, confirm, release. */
export function openClaims(db: Database, world: ThreadWorld, destinations: Destinations) {
  const claimed = new Map(destinations.slots.map((slot) => [slot, new Map<number, number>()]));
  const marksOf = (destination: string): Map<number, number> => claimed.get(destinations.slotOf(destination)) ?? new Map<number, number>();
  const ready = db.prepare<[number, number, number], number>(readyForSlot).pluck();
  const read = db.prepare<[number], EntryRow>(
    `SELECT seq, id, class, sequence, boot_id AS bootId, recorded_time AS recordedTime, lane, value FROM outbox_entry WHERE seq = ?`,
  );
  const confirmOne = openConfirm(db, world, destinations);
  const count = openCounting(db);
  const aside = openAside(db);

  return {
    /** The gravest first, then the oldest; of each subject only its oldest unconfirmed entry. */
    claim({ destination, limit, ticket, lanes = laneCount }: ClaimAsk): readonly EntryRow[] {
      const marks = marksOf(destination);
      for (const [seq, by] of marks) if (by === ticket) marks.delete(seq);
      const wanted = Math.min(limit, maxClaim, maxClaimed - marks.size);
      if (wanted <= 0) return [];
      const rows: EntryRow[] = [];
      let bytes = 0;
      // What is claimed stands in the way of the walk, and nothing else does: its length is bounded by the claims, not by the backlog.
      for (const seq of ready.all(destinations.slotOf(destination), lanes, wanted + marks.size)) {
        const row = marks.has(seq) ? undefined : read.get(seq);
        if (!row) continue;
        rows.push(row);
        bytes += row.value.length;
        if (rows.length >= wanted || bytes >= maxClaimBytes) break;
      }
      for (const { seq } of rows) marks.set(seq, ticket);
      return rows;
    },
    /** Counts only what was owed and in its subject's turn: again or out of turn it does nothing. Answers how many were counted. */
    confirm({ destination, seqs }: Positions): number {
      const slot = destinations.slotOf(destination);
      const marks = marksOf(destination);
      const tally = count(slot);
      for (const seq of seqs) {
        confirmOne(slot, seq, tally);
        marks.delete(seq);
      }
      return tally.write();
    },
    /** Makes claimed entries claimable again. */
    release({ destination, seqs }: Positions): void {
      const marks = marksOf(destination);
      for (const seq of seqs) marks.delete(seq);
      world.announce(outboxTopic);
    },
    /** Takes claimed entries out of the way until `releaseAll`; they stay pending. One that nobody may claim is left as it is. */
    setAside({ destination, seqs }: Positions): void {
      const slot = destinations.slotOf(destination);
      const marks = marksOf(destination);
      for (const seq of seqs) {
        aside.put(slot, seq);
        marks.delete(seq);
      }
    },
    /** Makes all that `destination` has claimed claimable again, and 1,000 of what it set aside; repeat until `done`. */
    releaseAll({ destination }: { readonly destination: string }): { readonly done: boolean } {
      marksOf(destination).clear();
      const done = aside.bringBack(destinations.slotOf(destination), asideAtOnce);
      world.announce(outboxTopic);
      return { done };
    },
    /** How many entries a destination has claimed. */
    claimedBy: (destination: string): number => marksOf(destination).size,
  };
}

interface Owed {
  readonly class: EntryClass;
  readonly lane: number;
  readonly owed: number;
  readonly subject: string | null;
}

function openConfirm(db: Database, world: ThreadWorld, destinations: Destinations) {
  const find = db.prepare<[number], Owed>('SELECT class, lane, owed, subject FROM outbox_entry WHERE seq = ?');
  const unready = db.prepare<[number, number, number]>('DELETE FROM outbox_ready WHERE slot = ? AND lane = ? AND seq = ?');
  const remove = db.prepare<[number]>('DELETE FROM outbox_entry WHERE seq = ?');
  const owe = db.prepare<[number, number]>('UPDATE outbox_entry SET owed = ? WHERE seq = ?');
  const following = db.prepare<[string, number], { seq: number; lane: number; owed: number }>(nextOfSubject);
  const makeReady = db.prepare<[number, number, number]>('INSERT INTO outbox_ready (slot, lane, seq) VALUES (?, ?, ?)');
  return (slot: number, seq: number, tally: Tally): void => {
    const entry = find.get(seq);
    if (!entry || unready.run(slot, entry.lane, seq).changes === 0) return;
    const owed = entry.owed & ~bitOf(slot) & destinations.mask;
    if (owed === 0) remove.run(seq);
    else owe.run(owed, seq);
    tally.add(entry.class, owed === 0);
    const next = entry.subject === null ? undefined : following.get(entry.subject, seq);
    if (!next || (next.owed & bitOf(slot)) === 0) return;
    makeReady.run(slot, next.lane, next.seq);
    world.announce(outboxTopic);
  };
}

interface Tally {
  add(name: EntryClass, gone: boolean): void;
  /** Adds what was gathered to the counters and answers how many confirmations there were. */
  write(): number;
}

/** Gathers the counts of one call, so that each counter is written once a call. */
function openCounting(db: Database): (slot: number) => Tally {
  const countConfirmed = db.prepare<[number, string, number]>(
    `INSERT INTO outbox_progress (slot, class, confirmed) VALUES (?, ?, ?)
     ON CONFLICT (slot, class) DO UPDATE SET confirmed = confirmed + excluded.confirmed`,
  );
  const countGone = db.prepare<[number, string]>('UPDATE outbox_class SET gone = gone + ? WHERE class = ?');
  return (slot) => {
    const classes = new Map<EntryClass, { confirmed: number; gone: number }>();
    return {
      add(name, gone) {
        const counts = classes.get(name) ?? { confirmed: 0, gone: 0 };
        classes.set(name, { confirmed: counts.confirmed + 1, gone: counts.gone + (gone ? 1 : 0) });
      },
      write() {
        let total = 0;
        for (const [name, counts] of classes) {
          countConfirmed.run(slot, name, counts.confirmed);
          if (counts.gone > 0) countGone.run(counts.gone, name);
          total += counts.confirmed;
        }
        return total;
      },
    };
  };
}
