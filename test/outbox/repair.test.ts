// Repair after a salvage: whatever rows are gone, what is left is delivered once, in order, and counted right.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outboxMigrations } from '#outbox/tables';
import { alarmBody, auditBody, conditionBody, readingBody } from './bodies.ts';
import { openTestOutbox } from './thread.ts';

const tables = [
  'outbox_entry',
  'outbox_ready',
  'outbox_class',
  'outbox_progress',
  'outbox_destination',
  'outbox_dead',
  'outbox_gap',
] as const;
const destinations = ['hub', 'platform'];

/** An outbox in the middle of its life: confirmed here and there, with dead letters. */
function openWorn() {
  const outbox = openTestOutbox(destinations);
  for (let index = 0; index < 40; index += 1) {
    outbox.append(alarmBody(`a-${index % 7}`, index % 5 === 0 ? 'critical' : 'minor'));
    outbox.append(conditionBody(`c-${index % 3}`));
    outbox.append(index % 2 === 0 ? auditBody(index) : readingBody(index));
  }
  let ticket = 0;
  for (const [destination, rounds] of [
    ['hub', 3],
    ['platform', 1],
  ] as const) {
    for (let round = 0; round < rounds; round += 1) {
      ticket += 1;
      const seqs = outbox.procedures.claim({ destination, limit: 12, ticket }).map(({ seq }) => seq);
      outbox.procedures.confirm({ destination, seqs: seqs.slice(2) });
      outbox.procedures.setAside({ destination, items: seqs.slice(0, 2).map((seq) => ({ seq, code: 1, text: 'no' })) });
    }
  }
  return outbox;
}

function repaired(outbox: ReturnType<typeof openTestOutbox>) {
  for (const step of outboxMigrations.repair ?? []) outbox.db.exec(step);
  return openTestOutbox(destinations, outbox.db);
}

/** What a destination gets when all is confirmed, and checks each subject’s order on the way. */
function drained({ procedures }: ReturnType<typeof openTestOutbox>, destination: string): number[] {
  const got: number[] = [];
  for (let ticket = 1000; ; ticket += 1) {
    const seqs = procedures.claim({ destination, limit: 7, ticket }).map(({ seq }) => seq);
    if (seqs.length === 0) return got;
    got.push(...seqs);
    expect(procedures.confirm({ destination, seqs })).toBe(seqs.length);
  }
}

describe('repair', () => {
  it('changes nothing where nothing is missing', () => {
    const worn = openWorn();
    const look = () => tables.map((table) => worn.db.prepare<[], object>(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all());
    // A class of which a destination has nothing may be counted as nought.
    const [before, stats] = [
      look().map((rows) => rows.filter((row) => !('confirmed' in row) || row.confirmed !== 0)),
      worn.procedures.stats(),
    ];
    const again = repaired(worn);
    expect(look().map((rows) => rows.filter((row) => !('confirmed' in row) || row.confirmed !== 0))).toEqual(before);
    expect({ ...again.procedures.stats(), destinations: [] }).toEqual({ ...stats, destinations: [] });
  });

  it('lets all be delivered that is left, whatever is missing', () => {
    const loss = fc.record({ table: fc.constantFrom(...tables), keep: fc.integer({ min: 1, max: 6 }), of: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.array(loss, { minLength: 1, maxLength: 5 }), (losses) => {
        const worn = openWorn();
        for (const { table, keep, of } of losses) {
          const column =
            table === 'outbox_entry' || table === 'outbox_ready'
              ? 'seq'
              : table === 'outbox_dead'
                ? 'id'
                : table === 'outbox_destination'
                  ? 'slot'
                  : 'length(class)';
          worn.db.prepare(`DELETE FROM ${table} WHERE ${column} % ? = ?`).run(keep, of % keep);
        }
        const entries = worn.db
          .prepare<[], { seq: number; owed: number; subject: string | null; class: string; sequence: number }>(
            'SELECT seq, owed, subject, class, sequence FROM outbox_entry ORDER BY seq',
          )
          .all();
        const outbox = repaired(worn);
        const dead = outbox.procedures.dead({ limit: 1000 });
        for (const [slot, destination] of destinations.entries()) {
          const buried = new Set(dead.filter((letter) => letter.destination === destination).map(({ seq }) => seq));
          const owed = entries.filter((entry) => (entry.owed & (1 << slot)) !== 0 && !buried.has(entry.seq));
          expect(outbox.procedures.stats().destinations[slot]).toMatchObject({ pending: owed.length, dead: buried.size });
          const got = drained(outbox, destination);
          expect(got.toSorted((one, other) => one - other)).toEqual(owed.map(({ seq }) => seq));
          for (const lives of Map.groupBy(owed, ({ subject }) => subject ?? '').entries()) {
            const [subject, life] = lives;
            if (subject !== '') expect(got.filter((seq) => life.some((one) => one.seq === seq))).toEqual(life.map(({ seq }) => seq));
          }
        }
        expect(outbox.procedures.retryDead({ ids: dead.map(({ id }) => id) })).toBe(dead.length);
        for (const destination of destinations) drained(outbox, destination);
        expect(outbox.procedures.stats()).toMatchObject({ entries: 0 });
        outbox.append(auditBody(99));
        const sequences = entries.filter((entry) => entry.class === 'audit').map(({ sequence }) => sequence);
        const fresh = outbox.db.prepare<[], number>("SELECT sequence FROM outbox_entry WHERE class = 'audit'").pluck().get() ?? 0;
        expect(fresh).toBeGreaterThan(Math.max(0, ...sequences));
        worn.db.close();
      }),
      { numRuns: 150 },
    );
  });
});
