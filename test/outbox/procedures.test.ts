// The outbox's procedures: order, confirmation, several destinations, crashes, and the plans of their statements.
import { describe, expect, it } from 'vitest';
import type { EntryBody } from '#model';
import { readyInLane } from '../../src/outbox/ready.ts';
import { givingWay, newestOfSubject, nextOfSubject } from '../../src/outbox/schema.ts';
import { alarmBody, auditBody, conditionBody, grantBody } from './bodies.ts';
import { bracket, openTestOutbox } from './thread.ts';

const hub = 'hub';
let ticket = 0;

function claimer(outbox: ReturnType<typeof openTestOutbox>) {
  return (limit = 100, destination = hub) => {
    ticket += 1;
    return outbox.procedures.claim({ destination, limit, ticket }).map((row) => row.seq);
  };
}

function opened(bodies: readonly EntryBody[], destinations: readonly string[] = [hub]) {
  const outbox = openTestOutbox(destinations);
  for (const body of bodies) outbox.append(body);
  return { ...outbox, claim: claimer(outbox) };
}

describe('claim', () => {
  it('hands out the gravest lane first, then the oldest', () => {
    const { claim } = opened([
      auditBody(1),
      conditionBody('cam-1'),
      alarmBody('a', 'warning'),
      grantBody('g'),
      alarmBody('b'),
      alarmBody('c'),
    ]);
    expect(claim(2)).toEqual([5, 6]);
    expect(claim()).toEqual([4, 3, 1, 2]);
    expect(claim()).toEqual([]);
  });

  it('keeps one entry of a subject in flight: the next follows the confirmation', () => {
    const { claim, procedures, world } = opened([
      alarmBody('a'),
      alarmBody('a'),
      alarmBody('b'),
      conditionBody('c'),
      conditionBody('c', 'cleared'),
    ]);
    expect(claim()).toEqual([1, 3, 4]);
    expect(claim()).toEqual([]);
    world.topics.length = 0;
    expect(procedures.confirm({ destination: hub, seqs: [1, 4] })).toBe(2);
    expect(world.topics).toContain('outbox');
    expect(claim()).toEqual([2, 5]);
  });

  it('lends the lane of a grave step to the earlier steps of its alarm', () => {
    const { claim, procedures } = opened([
      alarmBody('z', 'major'),
      alarmBody('y', 'minor'),
      alarmBody('a', 'minor'),
      alarmBody('a', 'minor'),
      alarmBody('a'),
    ]);
    expect(claim(1)).toEqual([3]);
    procedures.confirm({ destination: hub, seqs: [3] });
    expect(claim(1)).toEqual([4]);
    procedures.confirm({ destination: hub, seqs: [4] });
    expect(claim(1)).toEqual([5]);
    expect(claim()).toEqual([1, 2]);
  });

  it('carries the whole entry', () => {
    const { procedures, world } = opened([alarmBody('a')]);
    const [row] = procedures.claim({ destination: hub, limit: 1, ticket: 1 });
    expect(row).toMatchObject({ seq: 1, class: 'alarm', sequence: 1, bootId: 'boot-1', recordedTime: world.time });
    expect(row?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(row?.value ?? '')).toEqual(alarmBody('a').value);
  });

  it('is bounded by what is claimed already', () => {
    const { claim, procedures } = opened(Array.from({ length: 16_500 }, (_, index) => auditBody(index)));
    let count = 0;
    for (let got = claim(1000); got.length > 0; got = claim(1000)) count += got.length;
    expect(count).toBe(16_384);
    procedures.release({ destination: hub, seqs: [7] });
    expect(claim()).toEqual([7]);
  });

  it('looks into the graver lanes alone when it is told to', () => {
    const { procedures } = opened([auditBody(1), alarmBody('a', 'minor'), alarmBody('b'), alarmBody('c'), conditionBody('d')]);
    const seqs = (limit: number, lanes: number, under: number) =>
      procedures.claim({ destination: hub, limit, ticket: under, lanes }).map((row) => [row.seq, row.lane]);
    expect(seqs(1, 1, 60)).toEqual([[3, 0]]);
    expect(seqs(9, 1, 61)).toEqual([[4, 0]]);
    expect(seqs(9, 1, 62)).toEqual([]);
    expect(seqs(9, 7, 63)).toEqual([
      [2, 2],
      [1, 6],
      [5, 6],
    ]);
  });

  it('gives back what a failed try under the same ticket had marked', () => {
    const { procedures } = opened([alarmBody('a'), alarmBody('b'), alarmBody('c')]);
    const seqs = (limit: number, under: number) => procedures.claim({ destination: hub, limit, ticket: under }).map((row) => row.seq);
    expect(seqs(1, 50)).toEqual([1]);
    expect(seqs(1, 51)).toEqual([2]);
    expect(seqs(3, 51)).toEqual([2, 3]);
  });

  it('refuses an unknown destination', () => {
    expect(() => opened([]).claim(1, 'nobody')).toThrowError(expect.objectContaining({ code: 'outbox.unknown-destination' }));
  });
});

describe('confirm', () => {
  it('deletes an entry that is owed to none, and does nothing the second time', () => {
    const { claim, procedures, db } = opened([alarmBody('a')]);
    claim();
    expect(procedures.confirm({ destination: hub, seqs: [1, 1, 99] })).toBe(1);
    expect(procedures.confirm({ destination: hub, seqs: [1] })).toBe(0);
    expect(db.prepare('SELECT count(*) FROM outbox_entry').pluck().get()).toBe(0);
  });

  it('takes no confirmation out of a subject’s turn', () => {
    const { claim, procedures } = opened([alarmBody('a'), alarmBody('a')]);
    expect(procedures.confirm({ destination: hub, seqs: [2] })).toBe(0);
    expect(claim()).toEqual([1]);
  });

  it('is claimable again when its transaction is undone', () => {
    const { claim, procedures, db } = opened([alarmBody('a')]);
    claim();
    bracket(db, () => procedures.confirm({ destination: hub, seqs: [1] }), true);
    expect(claim()).toEqual([1]);
  });

  it('never uses a position twice', () => {
    const { claim, procedures, append } = opened([alarmBody('a')]);
    claim();
    procedures.confirm({ destination: hub, seqs: [1] });
    append(alarmBody('b'));
    expect(claim()).toEqual([2]);
    expect(procedures.head()).toBe(2);
  });
});

describe('destinations', () => {
  it('have each their own cursor; an entry stays until all have it', () => {
    const { claim, procedures } = opened([alarmBody('a'), alarmBody('a'), alarmBody('b')], [hub, 'platform']);
    expect(claim()).toEqual([1, 3]);
    procedures.confirm({ destination: hub, seqs: [1, 3] });
    expect(claim()).toEqual([2]);
    expect(claim(10, 'platform')).toEqual([1, 3]);
    expect(procedures.stats()).toMatchObject({
      entries: 3,
      destinations: [
        { name: hub, pending: 1, pendingByClass: { alarm: 1 }, claimed: 1 },
        { name: 'platform', pending: 3, claimed: 2 },
      ],
    });
    procedures.confirm({ destination: 'platform', seqs: [1, 3] });
    expect(procedures.stats().entries).toBe(1);
  });

  it('start at the present when new, and are dropped with a count when removed', () => {
    const { db, ...first } = opened([alarmBody('a'), conditionBody('c')]);
    const both = openTestOutbox([hub, 'late'], db);
    expect(claimer(both)(10, 'late')).toEqual([]);
    both.append(alarmBody('a'));
    expect(claimer(both)(10, 'late')).toEqual([3]);
    expect(both.procedures.dropped()).toEqual([]);
    first.procedures.releaseAll({ destination: hub });

    const late = openTestOutbox(['late'], db);
    expect(late.procedures.dropped()).toEqual([{ destination: hub, entries: 3 }]);
    expect(late.procedures.sweep({ limit: 1 })).toEqual({ removed: 1, done: false });
    expect(late.procedures.sweep({ limit: 1 })).toEqual({ removed: 1, done: false });
    expect(late.procedures.sweep({ limit: 1 })).toEqual({ removed: 0, done: true });
    expect(late.procedures.stats()).toMatchObject({ entries: 1, destinations: [{ pending: 1 }] });
    expect(claimer(late)(10, 'late')).toEqual([3]);
  });

  it('find a slot however often the configuration changes', () => {
    const { db } = openTestOutbox([hub]);
    for (let round = 0; round < 70; round += 1) {
      const outbox = openTestOutbox([hub, `other-${round}`], db);
      outbox.append(alarmBody(`a-${round}`));
    }
    const outbox = openTestOutbox([hub], db);
    expect(claimer(outbox)()).toHaveLength(70);
    expect(() => openTestOutbox(Array.from({ length: 17 }, (_, index) => `d-${index}`))).toThrowError(
      expect.objectContaining({ code: 'outbox.too-many-destinations' }),
    );
  });

  it('may be none: entries are counted and not kept', () => {
    const { db, ...none } = opened([alarmBody('a')], []);
    expect(none.procedures.stats()).toMatchObject({ entries: 1, destinations: [] });
    openTestOutbox([hub], db).append(alarmBody('b'));
    expect(db.prepare('SELECT sequence FROM outbox_entry').pluck().all()).toEqual([2]);
  });
});

it('tells the oldest pending entry by the time of its commit', () => {
  const { world, append, procedures } = opened([]);
  expect(procedures.stats().destinations[0]?.oldestRecordedTime).toBeUndefined();
  append(auditBody(1));
  world.time += 5000;
  append(alarmBody('a'));
  expect(procedures.stats().destinations[0]?.oldestRecordedTime).toBe(world.time - 5000);
});

it('refuses an entry that no message could carry', () => {
  const { append } = opened([]);
  expect(() => append(alarmBody('a', 'critical', { detail: { text: 'x'.repeat(300_000) } }))).toThrowError(
    expect.objectContaining({ code: 'outbox.entry-too-large' }),
  );
});

describe('query plans', () => {
  const { db } = openTestOutbox([hub]);
  const plan = (sql: string, parameters: readonly unknown[]): string =>
    db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map((row) => row.detail)
      .join('; ');

  it.each([
    [
      'a claim',
      readyInLane,
      [1, 8, 0, 9, 64],
      /SEARCH r USING PRIMARY KEY \(slot=\? AND lane=\? AND seq>\? AND seq<\?\); SEARCH e USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
    ],
    ['making room', givingWay, [1, 0, 64], /SEARCH outbox_entry USING COVERING INDEX outbox_entry_gives_way \(gives_way=\? AND seq>\?\)$/],
    ['the step before', newestOfSubject, ['a'], /SEARCH outbox_entry USING INDEX outbox_entry_subject \(subject=\?\)$/],
    ['the step after', nextOfSubject, ['a', 5, 1], /SEARCH outbox_entry USING INDEX outbox_entry_subject \(subject=\? AND /],
  ])('%s walks an index and sorts nothing', (_, sql, parameters, expected) => {
    expect(plan(sql, parameters)).toMatch(expected);
    expect(plan(sql, parameters)).not.toMatch(/SCAN|TEMP B-TREE/);
  });
});
