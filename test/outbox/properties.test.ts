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
  lane: number;
}

/** What the model knows of one destination. */
interface Side {
  owed: Item[];
  /** Of each subject the oldest that is owed, unless a retried one came later. */
  readonly ready: Set<number>;
  readonly claimed: Set<number>;
  readonly dead: Set<number>;
  /** Was dead once: its order is lost. */
  readonly refused: Set<number>;
  readonly delivered: Item[];
  /** Of the past but made graver since, in that order. */
  hastened: number[];
  past: number;
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
  fc.record({ act: fc.constant('retry' as const), destination, picks }),
  fc.record({ act: fc.constant('past' as const), destination }),
  fc.record({ act: fc.constant('crash' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function subjectIn(item: EntryBody, seq: number): string {
  if (item.class === 'alarm') return item.value.alarmId;
  if (item.class === 'condition') return item.value.device;
  if (item.class === 'grant') return item.value.grant;
  return `${item.class} ${seq}`;
}

/** A run of the real procedures beside the model. */
function openRun() {
  const db = openTestDatabase([outboxMigrations]);
  let outbox = openTestOutbox(destinations, db);
  const openSide = (): Side => ({
    owed: [],
    ready: new Set(),
    claimed: new Set(),
    dead: new Set(),
    refused: new Set(),
    delivered: [],
    hastened: [],
    past: 0,
  });
  const sides: Record<Destination, Side> = { hub: openSide(), platform: openSide() };
  const appended: Item[] = [];
  const sequences = new Map<string, number>();
  let ticket = 1;

  const isThere = ({ seq }: Item): boolean =>
    destinations.some((to) => sides[to].dead.has(seq) || sides[to].owed.some((item) => item.seq === seq));
  const candidates = ({ owed, ready, claimed, hastened, past }: Side): (readonly [lane: number, item: Item])[] => {
    const rank = (seq: number): number => (hastened.includes(seq) && seq <= past ? hastened.indexOf(seq) - hastened.length : seq);
    return owed
      .filter(({ seq }) => ready.has(seq) && !claimed.has(seq))
      .map((item) => [item.lane < 3 && item.seq <= past && rank(item.seq) > 0 ? item.lane + 3 : item.lane, item] as const)
      .toSorted((one, other) => one[0] - other[0] || rank(one[1].seq) - rank(other[1].seq));
  };
  /** Takes an entry out of its turn; false when it is not in it. */
  const leave = (side: Side, seq: number): Item | undefined => {
    side.claimed.delete(seq);
    const item = side.ready.delete(seq) ? side.owed.find((one) => one.seq === seq) : undefined;
    if (!item) return undefined;
    side.owed = side.owed.filter((one) => one !== item);
    side.hastened = side.hastened.filter((one) => one !== seq);
    const next = side.owed.find((one) => one.subject === item.subject && one.seq > seq);
    if (next) side.ready.add(next.seq);
    return item;
  };
  return {
    db,
    sides,
    appended,
    stats: () => outbox.procedures.stats(),
    append(entry: EntryBody, undo: boolean): void {
      if (undo) bracket(db, () => outbox.append(entry), true);
      const lane = laneOf(entry);
      bracket(db, () => outbox.append(entry));
      const seq = outbox.procedures.head();
      const sequence = (sequences.get(entry.class) ?? 0) + 1;
      sequences.set(entry.class, sequence);
      const id = String(db.prepare('SELECT id FROM outbox_entry WHERE seq = ?').pluck().get(seq));
      const item: Item = { seq, id, sequence, subject: subjectIn(entry, seq), body: entry, lane };
      for (const slower of appended.filter((one) => one.subject === item.subject && one.lane > lane && isThere(one))) {
        slower.lane = lane;
        for (const to of destinations) if (!sides[to].hastened.includes(slower.seq)) sides[to].hastened.push(slower.seq);
      }
      appended.push(item);
      for (const to of destinations) {
        if (!sides[to].owed.some((one) => one.subject === item.subject)) sides[to].ready.add(seq);
        sides[to].owed.push(item);
      }
    },
    /** A claim whose answer is `lost` with its transaction is tried again under its ticket. */
    claim(to: Destination, limit: number, lost = false): void {
      const ask = { destination: to, limit, ticket, past: sides[to].past };
      if (lost) outbox.procedures.claim(ask);
      const rows = outbox.procedures.claim(ask);
      ticket += 1;
      const expected = candidates(sides[to]).slice(0, limit);
      expect(rows.map((row) => [row.lane, row.seq, row.id, row.sequence, JSON.parse(row.value)])).toEqual(
        expected.map(([lane, item]) => [lane, item.seq, item.id, item.sequence, item.body.value]),
      );
      for (const [, item] of expected) sides[to].claimed.add(item.seq);
    },
    confirm(to: Destination, seqs: readonly number[], undo = false): void {
      bracket(db, () => outbox.procedures.confirm({ destination: to, seqs }), undo);
      for (const seq of seqs) {
        sides[to].claimed.delete(seq);
        const item = undo ? undefined : leave(sides[to], seq);
        if (item) sides[to].delivered.push(item);
        // What was graver than its past is forgotten with an undone confirmation: it travels as what it is.
        else sides[to].hastened = sides[to].hastened.filter((one) => one !== seq);
      }
    },
    release(to: Destination, seqs: readonly number[]): void {
      outbox.procedures.release({ destination: to, seqs });
      for (const seq of seqs) sides[to].claimed.delete(seq);
    },
    setAside(to: Destination, seqs: readonly number[], undo: boolean): void {
      const items = seqs.map((seq) => ({ seq, code: 0x87, text: 'no' }));
      bracket(db, () => outbox.procedures.setAside({ destination: to, items }), undo);
      for (const seq of seqs) {
        sides[to].claimed.delete(seq);
        if (!undo && leave(sides[to], seq)) {
          sides[to].dead.add(seq);
          sides[to].refused.add(seq);
        } else sides[to].hastened = sides[to].hastened.filter((one) => one !== seq);
      }
    },
    retry(to: Destination, seqs: readonly number[]): void {
      const side = sides[to];
      const ids = outbox.procedures
        .dead({ destination: to, limit: 1000 })
        .filter(({ seq }) => seqs.includes(seq))
        .map(({ id }) => id);
      bracket(db, () => outbox.procedures.retryDead({ ids }));
      for (const seq of [...new Set(seqs)].toSorted((one, other) => other - one)) {
        const item = side.dead.delete(seq) ? appended.find((one) => one.seq === seq) : undefined;
        if (!item) continue;
        const own = side.owed.filter((one) => one.subject === item.subject);
        side.owed = [...side.owed, item].toSorted((one, other) => one.seq - other.seq);
        if (own.some((one) => one.seq < seq)) continue;
        const next = own.find((one) => one.seq > seq);
        if (next && !side.claimed.has(next.seq)) side.ready.delete(next.seq);
        side.ready.add(seq);
      }
    },
    past(to: Destination): void {
      const head = outbox.procedures.head();
      if (sides[to].past !== head) sides[to].hastened = [];
      sides[to].past = head;
      // The page is turned by the next claim.
      outbox.procedures.claim({ destination: to, limit: 0, ticket, past: head });
    },
    releaseAll(to: Destination): void {
      outbox.procedures.releaseAll({ destination: to });
      sides[to].claimed.clear();
    },
    crash(): void {
      outbox = openTestOutbox(destinations, db);
      for (const to of destinations) {
        sides[to].claimed.clear();
        sides[to].hastened = [];
        // The page of the session is turned by its first claim.
        outbox.procedures.claim({ destination: to, limit: 0, ticket, past: sides[to].past });
      }
    },
  };
}
type Run = ReturnType<typeof openRun>;

function apply(run: Run, one: Step): void {
  const chosen = (held: readonly number[], indexes: readonly number[]): number[] =>
    held.length === 0 ? [] : indexes.map((index) => held[index % held.length] ?? 0);
  const claimedBy = (to: Destination, indexes: readonly number[]): number[] => chosen([...run.sides[to].claimed], indexes);
  switch (one.act) {
    case 'append':
      run.append(one.body, one.undo);
      break;
    case 'claim':
      run.claim(one.destination, one.limit, one.lost);
      break;
    case 'confirm':
      run.confirm(one.destination, claimedBy(one.destination, one.picks), one.undo);
      break;
    case 'release':
      run.release(one.destination, claimedBy(one.destination, one.picks));
      break;
    case 'setAside':
      run.setAside(one.destination, claimedBy(one.destination, one.picks), one.undo);
      break;
    case 'retry':
      run.retry(one.destination, chosen([...run.sides[one.destination].dead], one.picks));
      break;
    case 'past':
      run.past(one.destination);
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
    const side = run.sides[to];
    run.releaseAll(to);
    run.retry(to, [...side.dead]);
    while (side.owed.length > 0) {
      run.claim(to, 3);
      run.confirm(to, [...side.claimed]);
    }
    expect(side.delivered.toSorted((one, other) => one.seq - other.seq)).toEqual(run.appended);
    for (const subject of new Set(run.appended.map((item) => item.subject))) {
      const seqs = side.delivered.filter((item) => item.subject === subject && !side.refused.has(item.seq)).map((item) => item.seq);
      expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
    }
  }
  expect(run.stats().entries).toBe(0);
  for (const table of ['outbox_entry', 'outbox_ready', 'outbox_dead'])
    expect(run.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
}

it('loses nothing, keeps each subject’s order, counts without gaps and hands out the gravest first', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = openRun();
      for (const one of steps) {
        apply(run, one);
        for (const stats of run.stats().destinations) {
          const { owed, claimed, dead } = run.sides[stats.name as Destination];
          expect(stats).toMatchObject({ pending: owed.length, claimed: claimed.size, dead: dead.size });
        }
      }
      drain(run);
      run.db.close();
    }),
    { numRuns: 400 },
  );
});
