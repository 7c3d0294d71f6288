// The account of everything: whatever happens to entries when room is short, each destination gets them, or is told that they are missing.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EntryBody, Gap } from '#model';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { ampleSpace } from '../fakes/store.ts';
import { alarmBody, auditBody, conditionBody, readingBody } from './bodies.ts';
import { bracket, openTestDatabase, openTestWorld } from './thread.ts';

const destinations = ['hub', 'platform'] as const;
const kib = 2 ** 10;

const body = fc.oneof(
  fc
    .tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('critical' as const, 'minor' as const, 'warning' as const))
    .map(([id, severity]) => alarmBody(id, severity)),
  fc.constantFrom('x', 'y').map((device) => conditionBody(device)),
  fc.nat(9).map((value) => readingBody(value)),
  fc.nat(9).map(auditBody),
);
const destination = fc.constantFrom(...destinations);
const picks = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('append' as const), body, undo: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('room' as const), free: fc.constantFrom(64 * kib, 200 * kib, 2 ** 30) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('claim' as const), destination, limit: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('confirm' as const), destination, picks, undo: fc.boolean() }) },
  fc.record({ act: fc.constant('refuse' as const), destination, picks }),
  fc.record({ act: fc.constant('retry' as const), picks }),
  fc.record({ act: fc.constant('drop' as const), picks, undo: fc.boolean() }),
  fc.record({ act: fc.constant('rest' as const) }),
  fc.record({ act: fc.constant('crash' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What one destination knows. */
interface Known {
  readonly held: Map<number, { readonly class: string; readonly sequence: number; readonly value: string }>;
  readonly got: Map<string, Set<number>>;
  readonly gaps: Map<string, Gap>;
}

function openRun() {
  const db = openTestDatabase([outboxMigrations]);
  let freeBytes = 2 ** 30;
  const world = Object.assign(openTestWorld(), { space: () => ({ ...ampleSpace(), freeBytes }) });
  let outbox = openOutboxProcedures(db, world, destinations);
  const fresh = (): Known => ({ held: new Map(), got: new Map(), gaps: new Map() });
  const known = { hub: fresh(), platform: fresh() };
  const totals = new Map<string, number>();
  let ticket = 0;
  const pick = <T>(all: readonly T[], indexes: readonly number[]): T[] => [
    ...new Set(indexes.flatMap((index) => all[index % (all.length || 1)] ?? [])),
  ];
  const letters = () => outbox.procedures.dead({ limit: 1000 });

  function append(one: EntryBody): void {
    try {
      bracket(db, () => {
        db.exec('SAVEPOINT call');
        try {
          outbox.append(one);
        } catch (error) {
          db.exec('ROLLBACK TO call');
          throw error;
        }
      });
      totals.set(one.class, (totals.get(one.class) ?? 0) + 1);
    } catch (error) {
      expect(error).toMatchObject({ code: 'outbox.full' });
    }
  }
  function claim(to: 'hub' | 'platform', limit: number): number {
    ticket += 1;
    const rows = outbox.procedures.claim({ destination: to, limit, ticket });
    for (const { seq, ...row } of rows) known[to].held.set(seq, row);
    return rows.length;
  }
  function confirm(to: 'hub' | 'platform', seqs: readonly number[]): void {
    bracket(db, () => outbox.procedures.confirm({ destination: to, seqs }));
    const { held, got, gaps } = known[to];
    for (const seq of seqs) {
      const row = held.get(seq);
      held.delete(seq);
      if (!row) continue;
      got.set(row.class, (got.get(row.class) ?? new Set()).add(row.sequence));
      if (row.class !== 'gap') continue;
      const gap = JSON.parse(row.value) as Gap;
      expect(gap.count).toBeGreaterThan(gaps.get(gap.gapId)?.count ?? 0);
      gaps.set(gap.gapId, gap);
    }
  }
  function apply(one: Step): void {
    switch (one.act) {
      case 'append':
        if (one.undo) {
          try {
            bracket(db, () => outbox.append(one.body), true);
          } catch {
            // Full: undone all the same.
          }
        }
        append(one.body);
        break;
      case 'room':
        freeBytes = one.free;
        break;
      case 'claim':
        claim(one.destination, one.limit);
        break;
      case 'confirm': {
        const seqs = pick([...known[one.destination].held.keys()], one.picks);
        if (one.undo) bracket(db, () => outbox.procedures.confirm({ destination: one.destination, seqs }), true);
        confirm(one.destination, seqs);
        break;
      }
      case 'refuse': {
        const seqs = pick([...known[one.destination].held.keys()], one.picks);
        const items = seqs.map((seq) => ({ seq, code: 1, text: '' }));
        bracket(db, () => outbox.procedures.setAside({ destination: one.destination, items }));
        for (const seq of seqs) known[one.destination].held.delete(seq);
        break;
      }
      case 'retry':
        bracket(db, () => outbox.procedures.retryDead({ ids: pick(letters(), one.picks).map(({ id }) => id) }));
        break;
      case 'drop': {
        const ids = pick(
          letters().filter((letter) => letter.class !== 'gap'),
          one.picks,
        ).map(({ id }) => id);
        const act = () => outbox.procedures.dropDead({ ids, reason: 'r', by: 'b' });
        if (one.undo) bracket(db, act, true);
        bracket(db, act);
        break;
      }
      case 'rest':
        world.time += 2 * 3_600_000;
        break;
      case 'crash':
        outbox = openOutboxProcedures(db, world, destinations);
        for (const to of destinations) known[to].held.clear();
        break;
    }
  }
  return {
    apply,
    finish(): void {
      freeBytes = 2 ** 30;
      bracket(db, () => outbox.procedures.retryDead({ ids: letters().map(({ id }) => id) }));
      for (const to of destinations) {
        while (claim(to, 10) > 0 || known[to].held.size > 0) confirm(to, [...known[to].held.keys()]);
        const { got, gaps } = known[to];
        for (const [name, total] of totals) {
          const arrived = got.get(name)?.size ?? 0;
          const missing = [...gaps.values()].filter((gap) => gap.class === name).reduce((sum, gap) => sum + gap.count, 0);
          expect([to, name, arrived + missing]).toEqual([to, name, total]);
        }
        const told = [...(got.get('gap') ?? [])].toSorted((one, other) => one - other);
        expect(told).toEqual(told.map((_, index) => index + 1));
      }
      expect(outbox.procedures.stats()).toMatchObject({ entries: 0, destinations: destinations.map(() => ({ pending: 0, dead: 0 })) });
      db.close();
    },
  };
}

it('comes out even for each destination, whatever is undone, refused, dropped or given up', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = openRun();
      for (const one of steps) run.apply(one);
      run.finish();
    }),
    { numRuns: 400 },
  );
});
