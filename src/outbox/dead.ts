// Dead letters: what a destination will never take as it is, out of the way of everything, kept until a person retries it or lets it go.
import type { Database } from 'better-sqlite3';
import type { EntryClass } from '#model';
import type { ThreadWorld } from '#store';
import { outboxTopic } from './append.ts';
import { bitOf, type Destinations } from './destinations.ts';
import type { Gathering } from './gaps.ts';
import type { Memory } from './memory.ts';
import { type EntryRow, openReady } from './ready.ts';
import { nextOfSubject } from './schema.ts';
import { type Owed, openTallies, type Settling, type Tally } from './settle.ts';

/** An entry that a destination will not take, and why: its reason code and words. */
export interface Refusal {
  readonly seq: number;
  /** MQTT 5 reason code, HTTP status or the like. */
  readonly code: number;
  /** At most 300 characters are kept. */
  readonly text: string;
}

/** Which dead letters to list, the oldest first. */
export interface DeadFilter {
  readonly destination?: string | undefined;
  /** 1 … 1,000. */
  readonly limit: number;
  /** Only those with a greater id. */
  readonly after?: number | undefined;
}

/** A dead letter as it crosses the thread's channel. */
export interface DeadRow {
  readonly id: number;
  readonly destination: string;
  readonly seq: number;
  /** The entry's own id. */
  readonly entryId: string;
  readonly class: EntryClass;
  readonly sequence: number;
  readonly code: number;
  readonly text: string;
  /** When it was refused, wall milliseconds. */
  readonly time: number;
  readonly value: string;
}

/** Which grave dead letters: critical and major alarms of a destination, but none that can never be sent as it is. */
export interface GraveFilter {
  readonly destination: string;
  /** Only those with a greater id. */
  readonly after: number;
  /** 1 … 1,000. */
  readonly limit: number;
}

/** A grave dead letter as it may be sent once more. */
export interface GraveRow extends EntryRow {
  /** Id of the dead letter. */
  readonly letter: number;
}

/** What a person decides about dead letters. */
export interface Dropping {
  /** At most 1,000. */
  readonly ids: readonly number[];
  /** At most 300 characters are kept. */
  readonly reason: string;
  /** At most 100 characters are kept. */
  readonly by: string;
}

const maxText = 300;
const maxBy = 100;
const maxIds = 1000;
/** Accounts of dropped letters that are kept. */
const keptDrops = 10_000;

/** Opens the way into the dead letters; the counts go to the caller's tally. Whether the item was in its turn. */
export function openRefusals(
  db: Database,
  world: ThreadWorld,
  memory: Memory,
  settling: Settling,
): (slot: number, item: Refusal, tally: Tally) => boolean {
  const bury = db.prepare<[number, number, string, number, number]>(
    `INSERT INTO outbox_dead (slot, seq, entry_id, class, sequence, code, text, time)
     SELECT ?, seq, id, class, sequence, ?, ?, ? FROM outbox_entry WHERE seq = ?`,
  );
  return (slot, { seq, code, text }, tally) => {
    const own = memory.of(slot);
    const entry = settling.find(seq);
    own.claimed.delete(seq);
    if (!entry || !settling.leaveTurn(slot, entry)) return false;
    own.hastened.delete(seq);
    memory.hasDead = true;
    bury.run(slot, code, text.slice(0, maxText), world.now(), seq);
    settling.setOwed(entry, entry.owed & ~bitOf(slot));
    tally.add(slot, entry.class, { dead: 1 });
    return true;
  };
}

interface Letter {
  readonly id: number;
  readonly slot: number;
  readonly seq: number;
}

/** Opens what a person does with dead letters. */
export function openDead(
  db: Database,
  world: ThreadWorld,
  destinations: Destinations,
  deps: { memory: Memory; settling: Settling; gaps: () => Gathering },
) {
  const { memory, settling, gaps } = deps;
  const columns = `d.id, n.name AS destination, d.seq, d.entry_id AS entryId, d.class, d.sequence, d.code, d.text, d.time, e.value
    FROM outbox_dead d JOIN outbox_entry e ON e.seq = d.seq JOIN outbox_destination n ON n.slot = d.slot`;
  const listAll = db.prepare<[number, number], DeadRow>(
    `SELECT ${columns} WHERE d.dropped_time IS NULL AND d.id > ? ORDER BY d.id LIMIT ?`,
  );
  const listOf = db.prepare<[number, number, number], DeadRow>(
    `SELECT ${columns} WHERE d.dropped_time IS NULL AND d.slot = ? AND d.id > ? ORDER BY d.id LIMIT ?`,
  );
  // Refused for what they are: at their closing of the connection (0x80), for their topic (0x90), for their damage (0x99).
  const listGrave = db.prepare<[number, number, number], GraveRow>(
    `SELECT d.id AS letter, e.seq, e.id, e.class, e.sequence, e.boot_id AS bootId, e.recorded_time AS recordedTime, e.lane, e.value
     FROM outbox_dead d JOIN outbox_entry e ON e.seq = d.seq
     WHERE d.dropped_time IS NULL AND d.slot = ? AND d.id > ? AND e.class = 'alarm' AND e.gives_way = 0 AND d.code NOT IN (0x80, 0x90, 0x99)
     ORDER BY d.id LIMIT ?`,
  );
  const find = db.prepare<[number], Letter>('SELECT id, slot, seq FROM outbox_dead WHERE id = ? AND dropped_time IS NULL');
  const forget = db.prepare<[number]>('DELETE FROM outbox_dead WHERE id = ?');
  const keepDrop = db.prepare<[number, string, string, number]>(
    'UPDATE outbox_dead SET dropped_time = ?, dropped_by = ?, dropped_reason = ? WHERE id = ?',
  );
  const forgetOldDrops = db.prepare(
    `DELETE FROM outbox_dead WHERE dropped_time IS NOT NULL AND id <=
       (SELECT id FROM outbox_dead WHERE dropped_time IS NOT NULL ORDER BY id DESC LIMIT 1 OFFSET ${keptDrops})`,
  );
  const tallies = openTallies(db);
  const back = openReturn(db, memory);

  /** The letters with their entries, the newest entry first. */
  function lettersOf(ids: readonly number[]): { readonly letter: Letter; readonly entry: Owed }[] {
    return [...new Set(ids.slice(0, maxIds))]
      .flatMap((id) => {
        const letter = find.get(id);
        const entry = letter && destinations.slots.includes(letter.slot) ? settling.find(letter.seq) : undefined;
        return letter && entry ? [{ letter, entry }] : [];
      })
      .toSorted((one, other) => other.entry.seq - one.entry.seq);
  }

  const grave = ({ destination, after, limit }: GraveFilter): readonly GraveRow[] =>
    listGrave.all(destinations.slotOf(destination), after, Math.max(1, Math.min(limit, maxIds)));
  /** Makes them owed again, in their old place. Answers how many there were. */
  function retryDead({ ids }: { readonly ids: readonly number[] }): number {
    const letters = lettersOf(ids);
    const tally = tallies();
    for (const { letter, entry } of letters) {
      const owed = (settling.find(entry.seq)?.owed ?? entry.owed) | bitOf(letter.slot);
      settling.setOwed(entry, owed);
      forget.run(letter.id);
      tally.add(letter.slot, entry.class, { dead: -1 });
      back(letter.slot, entry);
    }
    tally.write();
    if (letters.length > 0) world.announce(outboxTopic);
    return letters.length;
  }

  return {
    /** Dead letters with what they carry, the oldest refusal first. */
    dead({ destination, limit, after = 0 }: DeadFilter): readonly DeadRow[] {
      const bounded = Math.max(1, Math.min(limit, maxIds));
      return destination === undefined ? listAll.all(after, bounded) : listOf.all(destinations.slotOf(destination), after, bounded);
    },
    retryDead,
    /** Grave dead letters as entries, the oldest refusal first. */
    graveDead: grave,
    /** Makes up to 1,000 grave dead letters owed again. Answers how many. */
    retryGraveDead: ({ destination }: { readonly destination: string }): number =>
      retryDead({ ids: grave({ destination, after: 0, limit: maxIds }).map(({ letter }) => letter) }),
    /** Gives them up: the destination is told in a gap. Who and why is kept, of the last 10,000. Answers how many there were. */
    dropDead({ ids, reason, by }: Dropping): number {
      const letters = lettersOf(ids);
      const tally = tallies();
      const missing = gaps();
      for (const { letter, entry } of letters) {
        missing.note(letter.slot, entry.seq);
        keepDrop.run(world.now(), by.slice(0, maxBy), reason.slice(0, maxText), letter.id);
        const gone = settling.setOwed(entry, settling.find(entry.seq)?.owed ?? 0);
        tally.add(letter.slot, entry.class, { dead: -1, confirmed: 1, gone });
      }
      tally.write();
      missing.write();
      forgetOldDrops.run();
      return letters.length;
    },
  };
}

/**
 * Lets an entry that is owed again take its turn: before what follows of its subject, unless that is on its way already, and behind what is older.
 */
function openReturn(db: Database, memory: Memory): (slot: number, entry: Owed) => void {
  const earlier = db
    .prepare<[string, number, number], number>(
      'SELECT 1 FROM outbox_entry WHERE subject = CAST(? AS TEXT) AND seq < ? AND owed & ? <> 0 LIMIT 1',
    )
    .pluck();
  const following = db.prepare<[string, number, number], { seq: number; lane: number }>(nextOfSubject);
  const ready = openReady(db);
  return (slot, { seq, lane, subject }) => {
    if (subject !== null) {
      if (earlier.get(subject, seq, bitOf(slot)) !== undefined) return;
      const next = following.get(subject, seq, bitOf(slot));
      if (next && !memory.of(slot).claimed.has(next.seq)) ready.remove(slot, next.lane, next.seq);
    }
    ready.add(slot, lane, seq);
    memory.loosen(slot, seq);
  };
}
