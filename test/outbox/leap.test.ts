// Numbers after the store has lost its memory: none is given twice, so that no old confirmation of the hub can mean a new entry.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gap } from '#model';
import { outboxMigrations } from '#outbox/tables';
import type { ThreadWorld } from '#store';
import { numberAfter } from '../../src/outbox/leap.ts';
import type { EntryRow } from '../../src/outbox/ready.ts';
import { alarmBody, conditionBody } from './bodies.ts';
import { openTestDatabase, openTestOutbox } from './thread.ts';

type Lapses = NonNullable<ThreadWorld['lapses']>;
type Outbox = ReturnType<typeof openTestOutbox>;

const classes = ['alarm', 'audit', 'condition', 'gap', 'grant', 'inventory', 'reading'];
const step = 10 ** 8;

/** What the hub has confirmed of a gateway: the first so many of every class. */
const heardSoFar = (count: number) => ({ destination: 'hub', class: 'alarm' as const, ranges: [[1, count]] as const });

function openCopy({ db }: Outbox, lapses: Lapses, destinations: Parameters<typeof openTestOutbox>[0] = ['hub']): Outbox {
  return openTestOutbox(destinations, openTestDatabaseFrom(db.serialize()), lapses);
}

function openTestDatabaseFrom(bytes: Buffer) {
  const db = openTestDatabase([]);
  return new (db.constructor as new (bytes: Buffer) => typeof db)(bytes);
}

/** All that a destination gets until nothing waits. */
function drained({ procedures }: Outbox, destination = 'hub'): EntryRow[] {
  const got: EntryRow[] = [];
  for (let ticket = 500; ; ticket += 1) {
    const rows = procedures.claim({ destination, limit: 100, ticket });
    if (rows.length === 0) return got;
    got.push(...rows);
    procedures.confirm({ destination, seqs: rows.map(({ seq }) => seq) });
  }
}

const leaps = (rows: readonly { class: string; value: unknown }[]): Gap[] =>
  rows.filter((row) => row.class === 'gap').map(({ value }) => JSON.parse(String(value)) as Gap);

describe('a store that has forgotten what it gave', () => {
  it.each(['file', 'log', 'restored'] as const)('(%s) gives new entries no number that the hub has confirmed', (what) => {
    const outbox = openTestOutbox(['hub']);
    for (let index = 0; index < 3; index += 1) outbox.append(alarmBody(`kept-${index}`));
    const copy = outbox.db.serialize();
    for (let index = 0; index < 7; index += 1) outbox.append(alarmBody(`lost-${index}`));
    drained(outbox);

    const later = openTestOutbox(['hub'], openTestDatabaseFrom(copy), [{ what, time: 5000 }]);
    later.append(alarmBody('new'));
    const claimed = later.procedures.claim({ destination: 'hub', limit: 100, ticket: 1 });
    const fresh = claimed.find(({ value }) => value.includes('"new"'));
    expect(claimed.filter((row) => row.class === 'alarm')).toHaveLength(4);
    // The hub tells again all that it has of the time before: what it really has is confirmed, the new one is not.
    expect(later.procedures.confirmRanges(heardSoFar(10))).toBe(3);
    expect(fresh?.sequence).toBeGreaterThan(10);
    expect(later.procedures.stats().destinations[0]?.pendingByClass).toMatchObject({ alarm: 1 });
  });

  it('says of every class which numbers will never come, once', () => {
    const outbox = openTestOutbox(['hub']);
    for (let index = 0; index < 5; index += 1) outbox.append(alarmBody(`a-${index}`));
    outbox.append(conditionBody('c-1'));
    drained(outbox);
    const lapses: Lapses = [{ what: 'log', time: 5000 }];
    const later = openCopy(outbox, lapses);
    const told = leaps(drained(later));
    expect(told.map((gap) => gap.class).toSorted()).toEqual(classes);
    later.append(alarmBody('new'));
    later.append(conditionBody('c-2'));
    for (const row of drained(later)) {
      const gap = told.find((one) => one.class === row.class);
      expect(gap).toMatchObject({ lapse: 'log', count: 0, kinds: {}, firstSequence: row.class === 'alarm' ? 6 : 2 });
      expect(gap?.lastSequence).toBe(row.sequence - 1);
    }
    const again = openCopy(later, lapses);
    again.append(alarmBody('next'));
    const [next, ...more] = drained(again);
    expect(more).toEqual([]);
    expect(next?.sequence).toBe((told.find((gap) => gap.class === 'alarm')?.lastSequence ?? 0) + 2);
  });

  it('damaged, may miss anything, from the first number on', () => {
    const outbox = openTestOutbox(['hub']);
    for (let index = 0; index < 5; index += 1) outbox.append(alarmBody(`a-${index}`));
    const told = leaps(drained(openCopy(outbox, [{ what: 'file', time: 5000 }])));
    expect(told.map(({ firstSequence, lapse }) => [firstSequence, lapse])).toEqual(classes.map(() => [1, 'file']));
  });

  it('keeps its counts', () => {
    const outbox = openTestOutbox(['hub', { name: 'platform', classes: ['alarm'] }]);
    for (let index = 0; index < 5; index += 1) outbox.append(alarmBody(`a-${index}`));
    outbox.append(conditionBody('c-1'));
    const later = openCopy(outbox, [{ what: 'file', time: 5000 }], ['hub', { name: 'platform', classes: ['alarm'] }]);
    const { entries, destinations } = later.procedures.stats();
    expect(destinations.map(({ pendingByClass }) => pendingByClass)).toMatchObject([
      { alarm: 5, condition: 1, gap: 7 },
      // It is told of its own class and of the gaps themselves.
      { alarm: 5, condition: 0, gap: 2 },
    ]);
    expect(entries).toBe(15);
    drained(later, 'platform');
    drained(later);
    expect(later.procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0 }, { pending: 0 }] });
  });

  it('gives no position again either, since a delivery that is under way knows entries by it', () => {
    const outbox = openTestOutbox(['hub']);
    for (let index = 0; index < 5; index += 1) outbox.append(alarmBody(`a-${index}`));
    const head = outbox.procedures.head();
    outbox.db.exec('DELETE FROM outbox_entry; DELETE FROM sqlite_sequence');
    const later = openCopy(outbox, [{ what: 'file', time: 5000 }]);
    later.append(alarmBody('new'));
    expect(Math.min(...drained(later).map(({ seq }) => seq))).toBeGreaterThan(head);
  });

  it('whole, and for the second time, begins behind all that it ever gave', () => {
    const first = openTestOutbox(['hub'], openTestDatabase([outboxMigrations]), [{ what: 'file', time: 5000 }]);
    first.append(alarmBody('one'));
    const [one] = drained(first).filter((row) => row.class === 'alarm');
    const second = openTestOutboxAt(first.world.time + 60_000, [{ what: 'file', time: 6000 }]);
    second.append(alarmBody('two'));
    const [two] = drained(second).filter((row) => row.class === 'alarm');
    expect(two?.sequence).toBeGreaterThan(one?.sequence ?? Number.NaN);
  });
});

describe('a new store', () => {
  it('begins behind what a former one on this gateway may have given, and has nothing to say of it', () => {
    const outbox = openTestOutboxAt(Date.UTC(2026, 10, 20), [{ what: 'made', time: 1 }]);
    outbox.append(alarmBody('one'));
    const rows = drained(outbox);
    expect(rows.map((row) => row.class)).toEqual(['alarm']);
    expect(rows[0]?.sequence).toBeGreaterThan(10 ** 13);
  });
});

describe('numberAfter', () => {
  const times = fc.oneof(fc.integer({ min: -1e15, max: 1e15 }), fc.integer({ min: Date.UTC(2025, 0), max: Date.UTC(2100, 0) }));

  it('always leaps, and stays a number that 16 digits hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 * 10 ** 15 }), times, (known, now) => {
        const next = numberAfter(known, now);
        expect(Number.isSafeInteger(next)).toBe(true);
        expect(next - known).toBeGreaterThanOrEqual(step);
      }),
    );
  });

  it('grows faster with time than any gateway counts', () => {
    const when = fc.integer({ min: Date.UTC(2025, 1), max: Date.UTC(2100, 0) });
    fc.assert(
      fc.property(when, fc.integer({ min: 60_000, max: 10 ** 12 }), (then, passed) => {
        // A thousand entries in each second since, and all of it forgotten.
        expect(numberAfter(0, then + passed)).toBeGreaterThan(numberAfter(0, then) + passed);
      }),
    );
  });
});

function openTestOutboxAt(time: number, lapses: Lapses): Outbox {
  return openTestOutbox(['hub'], openTestDatabase([outboxMigrations]), lapses, time);
}
