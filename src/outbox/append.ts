// Appending: an entry is committed in the transaction of what it tells of, and becomes claimable for every destination in its subject's turn.
import type { Database } from 'better-sqlite3';
import { type EntryBody, laneOf } from '#model';
import type { ThreadWorld } from '#store';
import { bitOf, type Destinations } from './destinations.ts';
import { outboxFaults } from './errors.ts';
import { newestOfSubject } from './schema.ts';
import { subjectOf } from './subject.ts';

/** The topic that is announced whenever an entry becomes claimable. */
export const outboxTopic = 'outbox';

const maxEntryBytes = 256 * 2 ** 10;

interface Waiting {
  readonly seq: number;
  readonly lane: number;
  readonly owed: number;
}

/**
 * Opens the append that is handed to the procedures of other rooms.
 * Without a configured destination an entry is counted in its class and not kept: it is owed to none.
 */
export function openAppend(db: Database, world: ThreadWorld, destinations: Destinations): (body: EntryBody) => void {
  const countUp = db
    .prepare<[string], number>(
      'INSERT INTO outbox_class (class, last) VALUES (?, 1) ON CONFLICT (class) DO UPDATE SET last = last + 1 RETURNING last',
    )
    .pluck();
  const insert = db.prepare<[string, string, number, string, number, number, number, string | null, string]>(
    `INSERT INTO outbox_entry (id, class, sequence, boot_id, recorded_time, lane, owed, subject, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const last = db.prepare<[string], Waiting>(newestOfSubject);
  const makeReady = db.prepare<[number, number, number]>('INSERT INTO outbox_ready (slot, lane, seq) VALUES (?, ?, ?)');
  const hasten = openHasten(db, destinations);

  return (body) => {
    const value = JSON.stringify(body.value);
    if (value.length > maxEntryBytes) throw outboxFaults.fault('entry-too-large', { detail: `${body.class}, ${value.length} characters` });
    const sequence = countUp.get(body.class) ?? 0;
    if (destinations.mask === 0) return;
    const subject = subjectOf(body);
    const lane = laneOf(body);
    const earlier = subject === undefined ? undefined : last.get(subject);
    const { lastInsertRowid } = insert.run(
      world.newId(),
      body.class,
      sequence,
      world.bootId,
      world.now(),
      lane,
      destinations.mask,
      subject ?? null,
      value,
    );
    for (const slot of destinations.slots) {
      if (!earlier || (earlier.owed & bitOf(slot)) === 0) makeReady.run(slot, lane, Number(lastInsertRowid));
    }
    if (subject !== undefined && earlier && earlier.lane > lane) hasten(subject, lane);
    world.announce(outboxTopic);
  };
}

/**
 * Lends the lane of a grave entry to the earlier ones of its subject: since it may not overtake them, they must not make it wait among lesser things.
 * Lanes along a subject therefore never become graver towards its older end.
 */
function openHasten(db: Database, destinations: Destinations): (subject: string, lane: number) => void {
  const slower = db.prepare<[string, number], Waiting>('SELECT seq, lane, owed FROM outbox_entry WHERE subject = ? AND lane > ?');
  const lend = db.prepare<[number, number]>('UPDATE outbox_entry SET lane = ? WHERE seq = ?');
  const move = db.prepare<[number, number, number, number]>('UPDATE outbox_ready SET lane = ? WHERE slot = ? AND lane = ? AND seq = ?');
  return (subject, lane) => {
    for (const entry of slower.all(subject, lane)) {
      lend.run(lane, entry.seq);
      for (const slot of destinations.slots) move.run(lane, slot, entry.lane, entry.seq);
    }
  };
}
