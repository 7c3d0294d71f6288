// Dead letters: out of everybody's way, kept through crashes, retried in their place or dropped with a gap that says so.
import { describe, expect, it } from 'vitest';
import type { EntryBody, Gap } from '#model';
import { alarmBody, auditBody } from './bodies.ts';
import { openTestOutbox } from './thread.ts';

function opened(
  bodies: readonly EntryBody[],
  destinations: readonly string[] = ['hub'],
  db = undefined as undefined | ReturnType<typeof openTestOutbox>['db'],
) {
  const outbox = db ? openTestOutbox(destinations, db) : openTestOutbox(destinations);
  for (const body of bodies) outbox.append(body);
  let ticket = 0;
  const rows = (limit = 100, destination = 'hub') => {
    ticket += 1;
    return outbox.procedures.claim({ destination, limit, ticket });
  };
  return {
    ...outbox,
    rows,
    claim: (limit = 100, destination = 'hub') => rows(limit, destination).map(({ seq }) => seq),
    refuse: (seqs: readonly number[], destination = 'hub') =>
      outbox.procedures.setAside({ destination, items: seqs.map((seq) => ({ seq, code: 0x87, text: 'not authorized' })) }),
    letters: () => outbox.procedures.dead({ limit: 1000 }),
  };
}
const idsOf = (letters: readonly { readonly id: number }[]): number[] => letters.map(({ id }) => id);

describe('a dead letter', () => {
  it('hinders no other entry, however many they are, and is not pending', () => {
    const { claim, refuse, append, procedures } = opened(Array.from({ length: 9000 }, (_, index) => auditBody(index)));
    for (let got = claim(1000); got.length > 0; got = claim(1000)) refuse(got);
    append(alarmBody('a'));
    expect(claim()).toEqual([9001]);
    expect(procedures.stats()).toMatchObject({ entries: 9001, destinations: [{ pending: 1, dead: 9000, claimed: 1 }] });
  });

  it('lets the next step of its alarm go', () => {
    const { claim, refuse, append } = opened([alarmBody('a'), alarmBody('a')]);
    expect(claim()).toEqual([1]);
    refuse([1, 1, 99]);
    expect(claim()).toEqual([2]);
    refuse([2]);
    append(alarmBody('a'));
    expect(claim()).toEqual([3]);
  });

  it('is told with its reason and what it carries, survives a crash and is not confirmed unseen', () => {
    const { db, world, ...first } = opened([alarmBody('a'), auditBody(1)]);
    first.claim();
    first.refuse([2]);
    first.refuse([1]);
    const { letters, claim, procedures } = opened([], ['hub'], db);
    const [audit, alarm] = letters();
    expect(audit).toMatchObject({
      destination: 'hub',
      seq: 2,
      class: 'audit',
      sequence: 1,
      code: 0x87,
      text: 'not authorized',
      time: world.time,
    });
    expect(JSON.parse(alarm?.value ?? '')).toEqual(alarmBody('a').value);
    expect(procedures.dead({ destination: 'hub', limit: 1, after: audit?.id })).toEqual([alarm]);
    expect(claim()).toEqual([]);
    expect(procedures.confirm({ destination: 'hub', seqs: [1, 2] })).toBe(0);
  });

  it('takes its place before what waits of its alarm when it is retried', () => {
    const { claim, refuse, letters, procedures } = opened([alarmBody('a'), alarmBody('a'), alarmBody('a')]);
    claim();
    refuse([1]);
    claim();
    refuse([2]);
    expect(procedures.retryDead({ ids: [...idsOf(letters()), 99] })).toBe(2);
    for (const seq of [1, 2, 3]) {
      expect(claim()).toEqual([seq]);
      procedures.confirm({ destination: 'hub', seqs: [seq] });
    }
    expect(procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0, dead: 0 }] });
  });

  it('carries the lane that it was lent meanwhile', () => {
    const { claim, refuse, append, letters, procedures, rows } = opened([alarmBody('a', 'minor'), alarmBody('a', 'minor')]);
    claim();
    refuse([1]);
    append(alarmBody('a'));
    procedures.retryDead({ ids: idsOf(letters()) });
    expect(rows()).toMatchObject([{ seq: 1, lane: 0 }]);
  });

  it('is one destination’s own: the other gets the entry, and it is gone when both are done', () => {
    const { claim, refuse, letters, procedures } = opened([alarmBody('a')], ['hub', 'platform']);
    claim();
    refuse([1]);
    expect(claim(9, 'platform')).toEqual([1]);
    procedures.confirm({ destination: 'platform', seqs: [1] });
    expect(procedures.stats().entries).toBe(1);
    procedures.retryDead({ ids: idsOf(letters()) });
    expect(claim()).toEqual([1]);
    procedures.confirm({ destination: 'hub', seqs: [1] });
    expect(procedures.stats().entries).toBe(0);
  });

  it('that is dropped is told as missing, and who dropped it is kept', () => {
    const { db, claim, refuse, letters, procedures, rows } = opened([alarmBody('a'), alarmBody('b')]);
    claim();
    refuse([1, 2]);
    expect(procedures.dropDead({ ids: idsOf(letters()), reason: 'of no use', by: 'cli:kim' })).toBe(2);
    expect(letters()).toEqual([]);
    const [row] = rows();
    const gap = JSON.parse(row?.value ?? '') as Gap;
    expect(gap).toMatchObject({ class: 'alarm', firstSequence: 1, lastSequence: 2, count: 2, kinds: { smoke: 2 } });
    expect(db.prepare('SELECT seq, dropped_by, dropped_reason FROM outbox_dead ORDER BY seq').raw().all()).toEqual([
      [1, 'cli:kim', 'of no use'],
      [2, 'cli:kim', 'of no use'],
    ]);
    expect(procedures.stats()).toMatchObject({ entries: 1, destinations: [{ pending: 1, dead: 0 }] });
  });

  it('goes with its destination', () => {
    const { db, claim, refuse } = opened([alarmBody('a'), alarmBody('b')], ['hub', 'platform']);
    claim();
    refuse([1]);
    const { claim: claimed, procedures } = opened([], ['platform'], db);
    while (!procedures.sweep({ limit: 10 }).done);
    expect(claimed(9, 'platform')).toEqual([1, 2]);
    procedures.confirm({ destination: 'platform', seqs: [1, 2] });
    expect(procedures.stats().entries).toBe(0);
  });
});

describe('grave dead letters', () => {
  it('are critical and major alarms that may pass another time, and are retried by themselves', () => {
    const bodies = [
      alarmBody('a'),
      alarmBody('b', 'major'),
      alarmBody('c', 'minor'),
      auditBody(1),
      alarmBody('d'),
      alarmBody('e'),
      alarmBody('f'),
    ];
    const { claim, procedures, refuse } = opened(bodies);
    claim();
    refuse([1, 2, 3, 4]);
    for (const [seq, code] of [5, 6, 7].map((each, index) => [each, [0x80, 0x90, 0x99][index] ?? 0] as const))
      procedures.setAside({ destination: 'hub', items: [{ seq, code, text: '' }] });
    const grave = (after = 0, limit = 10) => procedures.graveDead({ destination: 'hub', after, limit });
    expect(grave()).toMatchObject([
      { letter: 1, seq: 1, class: 'alarm', sequence: 1, lane: 0, value: JSON.stringify(alarmBody('a').value) },
      { letter: 2, seq: 2, lane: 2 },
    ]);
    expect([grave(1), grave(0, 1)].map((rows) => rows.map(({ seq }) => seq))).toEqual([[2], [1]]);
    expect(procedures.retryGraveDead({ destination: 'hub' })).toBe(2);
    expect([claim(), procedures.retryGraveDead({ destination: 'hub' })]).toEqual([[1, 2], 0]);
    expect(procedures.stats().destinations[0]).toMatchObject({ pending: 2, dead: 5 });
  });
});
