// Lanes of the way: live before past, the gravest first, readings with their share, and the hub's own confirmation of what was handed out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryBody, laneOf, type Severity, severities } from '#model';
import { alarmBody, auditBody, conditionBody, grantBody, readingBody } from './bodies.ts';
import { openTestOutbox } from './thread.ts';

function opened(bodies: readonly EntryBody[] = []) {
  const outbox = openTestOutbox(['hub']);
  for (const body of bodies) outbox.append(body);
  let ticket = 0;
  return {
    ...outbox,
    claim(limit: number, past = 0, lanes = 8) {
      ticket += 1;
      return outbox.procedures.claim({ destination: 'hub', limit, ticket, past, lanes });
    },
  };
}

const body = (index: number) =>
  fc.oneof(
    fc.constantFrom<Severity>(...severities).map((severity) => alarmBody(`a-${index}`, severity)),
    fc.constant(grantBody(`g-${index}`)),
    fc.constant(conditionBody(`c-${index}`)),
    fc.constant(auditBody(index)),
  );
const backlog = fc.integer({ min: 1, max: 60 }).chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => body(index))));

describe('lanes', () => {
  it('put live critical, outcomes and alarms before those of the past, and all else behind', () => {
    fc.assert(
      fc.property(backlog, fc.nat(60), fc.integer({ min: 1, max: 20 }), (bodies, past, limit) => {
        const { claim, db } = opened(bodies);
        const expected = bodies
          .map((one, index) => ({ seq: index + 1, lane: laneOf(one) + (laneOf(one) < 3 && index < past ? 3 : 0) }))
          .toSorted((one, other) => one.lane - other.lane || one.seq - other.seq);
        const got: { seq: number; lane: number }[] = [];
        for (let rows = claim(limit, past); rows.length > 0; rows = claim(limit, past)) {
          got.push(...rows.map(({ seq, lane }) => ({ seq, lane })));
        }
        expect(got).toEqual(expected);
        db.close();
      }),
    );
  });

  it('let a fresh fire overtake a day of older ones', () => {
    const { claim, append, procedures } = opened(Array.from({ length: 5000 }, (_, index) => alarmBody(`old-${index}`)));
    const past = procedures.head();
    expect(claim(64, past).map(({ lane }) => lane)).toEqual(Array.from({ length: 64 }, () => 3));
    append(alarmBody('fresh'));
    expect(claim(1, past)).toMatchObject([{ seq: 5001, lane: 0 }]);
  });

  it('let an old alarm that becomes a fire overtake them too, with the steps before it', () => {
    const { claim, append, procedures } = opened([alarmBody('b'), alarmBody('c'), alarmBody('a', 'minor'), alarmBody('a', 'minor')]);
    const past = procedures.head();
    expect(claim(1, past)).toMatchObject([{ seq: 1, lane: 3 }]);
    append(alarmBody('a'));
    for (const seq of [3, 4, 5]) {
      expect(claim(1, past, 1)).toMatchObject([{ seq, lane: 0 }]);
      expect(claim(1, past, 1)).toEqual([]);
      procedures.confirm({ destination: 'hub', seqs: [seq] });
    }
    expect(claim(9, past).map(({ seq }) => seq)).toEqual([2]);
  });

  it('find room for a fresh fire and an outcome however much is out and unconfirmed', () => {
    const { claim, append } = opened(Array.from({ length: 16_500 }, (_, index) => auditBody(index)));
    for (let rows = claim(1000); rows.length > 0; rows = claim(1000));
    append(conditionBody('c'));
    append(grantBody('g'));
    append(alarmBody('fresh'));
    expect(claim(10).map(({ lane }) => lane)).toEqual([0, 1]);
  });

  it('change sides with the session: what came during the last one is of the past', () => {
    const { claim, append, procedures } = opened([alarmBody('a')]);
    append(alarmBody('b'));
    expect(claim(9, 1).map(({ seq, lane }) => [seq, lane])).toEqual([
      [2, 0],
      [1, 3],
    ]);
    procedures.releaseAll({ destination: 'hub' });
    append(alarmBody('c'));
    expect(claim(9, 2).map(({ seq, lane }) => [seq, lane])).toEqual([
      [3, 0],
      [1, 3],
      [2, 3],
    ]);
  });
});

describe('readings', () => {
  const flood = (index: number): EntryBody => alarmBody(`m-${index}`, 'warning');
  it.each([1, 7, 64])('keep a twentieth of the slots while others wait, claimed by %i', (limit) => {
    const { claim } = opened([
      ...Array.from({ length: 400 }, (_, index) => readingBody(index)),
      ...Array.from({ length: 4000 }, (_, index) => flood(index)),
    ]);
    const classes: string[] = [];
    while (classes.length < 2000) classes.push(...claim(limit).map((row) => row.class));
    const readings = classes.filter((name) => name === 'reading').length;
    expect(readings / classes.length).toBeGreaterThanOrEqual(0.05);
    expect(readings / classes.length).toBeLessThan(0.07);
  });

  it('leave all slots to live critical alarms, and take all that nobody else wants', () => {
    const { claim } = opened([
      ...Array.from({ length: 300 }, (_, index) => readingBody(index)),
      ...Array.from({ length: 200 }, (_, index) => alarmBody(`f-${index}`)),
    ]);
    expect(new Set(claim(200).map((row) => row.class))).toEqual(new Set(['alarm']));
    expect(claim(500)).toHaveLength(300);
  });

  it('are handed out by bytes too, and use up no room of what goes before them', () => {
    const { procedures } = opened([
      ...Array.from({ length: 300 }, (_, index) => readingBody(index, 'temperature', 400)),
      ...Array.from({ length: 60 }, (_, index) => flood(index)),
    ]);
    const ask = { destination: 'hub', limit: 100, past: 0, bytes: 100_000 };
    const rows = procedures.claim({ ...ask, ticket: 1 });
    const bytesOf = (name: string): number => rows.reduce((sum, row) => sum + (row.class === name ? row.value.length : 0), 0);
    expect(rows.filter((row) => row.class === 'alarm')).toHaveLength(60);
    expect(bytesOf('reading')).toBeLessThan(200_000);
    expect(rows.filter((row) => row.class === 'reading').length).toBeGreaterThan(1);
    expect(procedures.claim({ ...ask, bytes: 1, ticket: 2 })).toHaveLength(1);
  });

  it('are saved up for no longer than while they wait', () => {
    const { claim, append } = opened(Array.from({ length: 900 }, (_, index) => flood(index)));
    for (let round = 0; round < 80; round += 1) claim(10);
    for (let index = 0; index < 50; index += 1) append(readingBody(index));
    expect(claim(20).filter((row) => row.class === 'reading').length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['none', []],
    ['too many', Array.from({ length: 501 }, () => readingBody())],
    ['two kinds', [readingBody(1, 'temperature'), readingBody(1, 'humidity')]],
  ])('are refused as a batch of %s', (_, bodies) => {
    const { procedures } = opened();
    const batch = bodies.flatMap((one) => (one.class === 'reading' ? one.value : []));
    expect(() => procedures.appendReadings([batch])).toThrowError(expect.objectContaining({ code: 'outbox.batch-invalid' }));
  });
});

describe('the hub’s own confirmation', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => auditBody(index));
  it('confirms by class and sequence, once, what was handed out', () => {
    const { claim, procedures } = opened([alarmBody('a'), ...many(6)]);
    claim(5);
    const ranges = [
      [2, 3],
      [1, 1],
      [4, 900_000_000],
    ] as const;
    expect(procedures.confirmRanges({ destination: 'hub', class: 'audit', ranges })).toBe(4);
    expect(procedures.confirmRanges({ destination: 'hub', class: 'audit', ranges })).toBe(0);
    expect(procedures.stats().destinations[0]).toMatchObject({ pendingByClass: { alarm: 1, audit: 2 }, claimed: 1 });
    expect(claim(9).map((row) => row.sequence)).toEqual([5, 6]);
  });

  it('does not take ranges of a former life for entries that were never sent', () => {
    const { procedures } = opened(many(3));
    expect(procedures.confirmRanges({ destination: 'hub', class: 'audit', ranges: [[1, 50_000]] })).toBe(0);
    expect(procedures.stats().destinations[0]).toMatchObject({ pending: 3 });
  });

  it('agrees with a plain look at each range', () => {
    const range = fc.tuple(fc.nat(40), fc.nat(40));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
        const { claim, procedures, db } = opened(many(30));
        claim(30);
        const hit = Array.from({ length: 30 }, (_, index) => index + 1).filter((one) =>
          ranges.some(([from, to]) => from <= one && one <= to),
        );
        expect(procedures.confirmRanges({ destination: 'hub', class: 'audit', ranges })).toBe(hit.length);
        db.close();
      }),
    );
  });

  it('has what it leaves unconfirmed handed out again, but not what is still under way', () => {
    const { claim, procedures } = opened(many(4));
    claim(3);
    const stale = (except: readonly number[]) => procedures.releaseUnconfirmed({ destination: 'hub', except });
    expect(stale([])).toBe(0);
    claim(1);
    procedures.confirm({ destination: 'hub', seqs: [1] });
    expect(stale([3])).toBe(1);
    expect(claim(9).map(({ seq }) => seq)).toEqual([2]);
    expect(stale([])).toBe(2);
    expect(claim(9).map(({ seq }) => seq)).toEqual([3, 4]);
  });
});
