// Appending: an entry is committed in the transaction of what it tells of, and becomes claimable for every destination in its subject's turn.
import type { Database } from 'better-sqlite3';
import { type EntryBody, laneOf } from '#model';
import type { ThreadWorld } from '#store';
import { bitOf, type Destinations } from './destinations.ts';
import { outboxFaults } from './errors.ts';
import { turnToGiveWay } from './gives-way.ts';
import { lanes } from './lanes.ts';
import type { Memory } from './memory.ts';
import { openReady } from './ready.ts';
import { newestOfSubject } from './schema.ts';

/** The topic that is announced whenever an entry becomes claimable. */
export const outboxTopic = 'outbox';

const maxEntryBytes = 256 * 2 ** 10;

interface Waiting {
  readonly seq: number;
  readonly lane: number;
  readonly owed: number;
}

/** An entry that is ready to be written. */
export interface Draft {
  readonly id: string;
  readonly body: EntryBody;
  /** Its value as JSON text. */
  readonly value: string;
  /** Contiguous in its class, from `count`. */
  readonly sequence: number;
  readonly subject: string | undefined;
  /** Bits of the slots that it is owed to. */
  readonly owed: number;
}

/** Writing entries, without asking for room. */
export interface Writing {
  /** @throws outbox.entry-too-large */
  textOf(body: EntryBody): string;
  /** The next sequence of a class. */
  count(name: string): number;
  /** Answers its position. */
  insert(draft: Draft): number;
}

/** Opens the statements of an append. */
export function openWriting(db: Database, world: ThreadWorld, destinations: Destinations, memory: Memory): Writing {
  const countUp = db
    .prepare<[string], number>(
      'INSERT INTO outbox_class (class, last) VALUES (?, 1) ON CONFLICT (class) DO UPDATE SET last = last + 1 RETURNING last',
    )
    .pluck();
  const write = db.prepare<[string, string, number, string, number, number, number, string | null, string, number]>(
    `INSERT INTO outbox_entry (id, class, sequence, boot_id, recorded_time, lane, owed, subject, value, gives_way)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const last = db.prepare<[string], Waiting>(newestOfSubject);
  const ready = openReady(db);
  const hasten = openHasten(db, destinations, memory);

  return {
    textOf(body) {
      const value = JSON.stringify(body.value);
      if (value.length > maxEntryBytes)
        throw outboxFaults.fault('entry-too-large', { detail: `${body.class}, ${value.length} characters` });
      return value;
    },
    count: (name) => countUp.get(name) ?? 0,
    insert({ id, body, value, sequence, subject, owed }) {
      const lane = laneOf(body);
      const earlier = subject === undefined ? undefined : last.get(subject);
      const way = turnToGiveWay(body);
      const { lastInsertRowid } = write.run(id, body.class, sequence, world.bootId, world.now(), lane, owed, subject ?? null, value, way);
      const seq = Number(lastInsertRowid);
      for (const slot of destinations.slots) {
        const bit = bitOf(slot);
        if ((owed & bit) !== 0 && (!earlier || (earlier.owed & bit) === 0)) ready.add(slot, lane, seq);
      }
      if (subject !== undefined && earlier && earlier.lane > lane) hasten(subject, lane);
      world.announce(outboxTopic);
      return seq;
    },
  };
}

/**
 * Lends the lane of a grave entry to the earlier ones of its subject: since it may not overtake them, they must not make it wait among lesser things,
 * nor among those of the past, nor give way. Lanes along a subject therefore never become graver towards its older end.
 */
function openHasten(db: Database, destinations: Destinations, memory: Memory): (subject: string, lane: number) => void {
  const slower = db.prepare<[string, number], Waiting>(
    'SELECT seq, lane, owed FROM outbox_entry WHERE subject = CAST(? AS TEXT) AND lane > ?',
  );
  const lend = db.prepare<[number, number]>('UPDATE outbox_entry SET lane = ?, gives_way = 0 WHERE seq = ?');
  const ready = openReady(db);
  return (subject, lane) => {
    for (const entry of slower.all(subject, lane)) {
      lend.run(lane, entry.seq);
      for (const slot of destinations.slots) {
        ready.move(slot, entry.seq, entry.lane, lane);
        memory.loosen(slot, entry.seq);
        if (lane === lanes.critical) memory.hasten(slot, entry.seq);
      }
    }
  };
}
