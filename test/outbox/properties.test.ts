// Any order of appends, claims, confirmations, releases, undone transactions and crashes: compared with a model that is a plain list.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EntryBody, laneOf, type Severity, severities } from '#model';
import { outboxMigrations } from '#outbox/tables';
import { alarmBody, auditBody, conditionBody, grantBody } from './bodies.ts';
import { bracket, openTestDatabase, openTestOutbox } from './thread.ts';

const destinations = ['hub', 'platform'] as const;
type Destination = (typeof destinations)[number];

interface Item {
  readonly seq: number;
  readonly id: string;
  readonly sequence: number;
  readonly subject: string;
  readonly body: EntryBody;
}

const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom<Severity>(...severities))
      .map(([id, severity]) => alarmBody(id, severity)),
  },
  fc.constantFrom('x', 'y').map((device) => conditionBody(device)),
  fc.constantFrom('g', 'h').map(grantBody),
  fc.nat(9).map(auditBody),
);
const destination = fc.constantFrom(...destinations);
const picks = fc.array(fc.nat(50), { maxLength: 6 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('append' as const), body, undo: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('claim' as const), destination, limit: fc.integer({ min: 1, max: 5 }), lost: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('confirm' as const), destination, picks, undo: fc.boolean() }) },
  fc.record({ act: fc.constant('release' as const), destination, picks }),
  { weight: 2, arbitrary: fc.record({ act: fc.constant('setAside' as const), destination, picks, undo: fc.boolean() }) },
  fc.record({ act: fc.constant('releaseAll' as const), destination }),
  fc.record({ act: fc.constant('crash' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function subjectIn(item: EntryBody, seq: number): string {
  if (item.class === 'alarm') return item.value.alarmId;
  if (item.class === 'condition') return item.value.device;
  if (item.class === 'grant') return item.value.grant;
  return `${item.class} ${seq}`;
}

/** A run of the real procedures beside the model: what each destination is owed, has claimed and was delivered. */
function openRun() {
  const db = openTestDatabase([outboxMigrations]);
  let outbox = openTestOutbox(destinations, db);
  const owed: Record<Destination, Item[]> = { hub: [], platform: [] };
  const claimed: Record<Destination, Set<number>> = { hub: new Set(), platform: new Set() };
  const aside: Record<Destination, Set<number>> = { hub: new Set(), platform: new Set() };
  const delivered: Record<Destination, Item[]> = { hub: [], platform: [] };
  const appended: Item[] = [];
  const sequences = new Map<string, number>();
  let ticket = 1;

  const candidates = (to: Destination): Item[] => {
    const lane = (item: Item): number =>
      Math.min(...owed[to].filter((other) => other.subject === item.subject && other.seq >= item.seq).map((other) => laneOf(other.body)));
    return owed[to]
      .filter(
        (item) =>
          !claimed[to].has(item.seq) && !aside[to].has(item.seq) && owed[to].find((other) => other.subject === item.subject) === item,
      )
      .toSorted((one, other) => lane(one) - lane(other) || one.seq - other.seq);
  };
  return {
    db,
    owed,
    claimed,
    delivered,
    appended,
    stats: () => outbox.procedures.stats(),
    append(entry: EntryBody, undo: boolean): void {
      if (undo) bracket(db, () => outbox.append(entry), true);
      bracket(db, () => outbox.append(entry));
      const seq = outbox.procedures.head();
      const sequence = (sequences.get(entry.class) ?? 0) + 1;
      sequences.set(entry.class, sequence);
      const id = String(db.prepare('SELECT id FROM outbox_entry WHERE seq = ?').pluck().get(seq));
      const item = { seq, id, sequence, subject: subjectIn(entry, seq), body: entry };
      appended.push(item);
      for (const to of destinations) owed[to].push(item);
    },
    /** A claim whose answer is `lost` with its transaction is tried again under its ticket. */
    claim(to: Destination, limit: number, lost = false): void {
      if (lost) outbox.procedures.claim({ destination: to, limit, ticket });
      const rows = outbox.procedures.claim({ destination: to, limit, ticket });
      ticket += 1;
      const expected = candidates(to).slice(0, limit);
      expect(rows.map((row) => [row.seq, row.id, row.sequence, JSON.parse(row.value)])).toEqual(
        expected.map((item) => [item.seq, item.id, item.sequence, item.body.value]),
      );
      for (const item of expected) claimed[to].add(item.seq);
    },
    confirm(to: Destination, seqs: readonly number[], undo = false): void {
      bracket(db, () => outbox.procedures.confirm({ destination: to, seqs }), undo);
      for (const seq of seqs) claimed[to].delete(seq);
      if (undo) return;
      delivered[to].push(...owed[to].filter((item) => seqs.includes(item.seq)));
      owed[to] = owed[to].filter((item) => !seqs.includes(item.seq));
    },
    release(to: Destination, seqs: readonly number[]): void {
      outbox.procedures.release({ destination: to, seqs });
      for (const seq of seqs) claimed[to].delete(seq);
    },
    setAside(to: Destination, seqs: readonly number[], undo: boolean): void {
      bracket(db, () => outbox.procedures.setAside({ destination: to, seqs }), undo);
      for (const seq of seqs) claimed[to].delete(seq);
      if (!undo) for (const seq of seqs) aside[to].add(seq);
    },
    releaseAll(to: Destination): void {
      expect(outbox.procedures.releaseAll({ destination: to })).toEqual({ done: true });
      claimed[to].clear();
      aside[to].clear();
    },
    crash(): void {
      outbox = openTestOutbox(destinations, db);
      for (const to of destinations) claimed[to].clear();
    },
  };
}
type Run = ReturnType<typeof openRun>;

function apply(run: Run, one: Step): void {
  const chosen = (to: Destination, indexes: readonly number[]): number[] => {
    const held = [...run.claimed[to]];
    return held.length === 0 ? [] : indexes.map((index) => held[index % held.length] ?? 0);
  };
  switch (one.act) {
    case 'append':
      run.append(one.body, one.undo);
      break;
    case 'claim':
      run.claim(one.destination, one.limit, one.lost);
      break;
    case 'confirm':
      run.confirm(one.destination, chosen(one.destination, one.picks), one.undo);
      break;
    case 'release':
      run.release(one.destination, chosen(one.destination, one.picks));
      break;
    case 'setAside':
      run.setAside(one.destination, chosen(one.destination, one.picks), one.undo);
      break;
    case 'releaseAll':
      run.releaseAll(one.destination);
      break;
    case 'crash':
      run.crash();
      break;
  }
}

function drain(run: Run): void {
  for (const to of destinations) {
    run.releaseAll(to);
    while (run.owed[to].length > 0) {
      run.claim(to, 3);
      run.confirm(to, [...run.claimed[to]]);
    }
    expect(run.delivered[to].toSorted((one, other) => one.seq - other.seq)).toEqual(run.appended);
    for (const subject of new Set(run.appended.map((item) => item.subject))) {
      const seqs = run.delivered[to].filter((item) => item.subject === subject).map((item) => item.seq);
      expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
    }
  }
  expect(run.stats().entries).toBe(0);
  for (const table of ['outbox_entry', 'outbox_ready', 'outbox_aside'])
    expect(run.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
}

it('loses nothing, keeps each subject’s order, counts without gaps and hands out the gravest first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = openRun();
      for (const one of steps) {
        apply(run, one);
        for (const stats of run.stats().destinations) {
          const to = stats.name as Destination;
          expect(stats).toMatchObject({ pending: run.owed[to].length, claimed: run.claimed[to].size });
        }
      }
      drain(run);
      run.db.close();
    }),
    { numRuns: 300 },
  );
});
