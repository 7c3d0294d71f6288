// The alarms and the outbox in one file whose room is short: every append forgets history, and no step of an alarm is disturbed by it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { alarmsMigrations, openAlarmsProcedures, openForgetHistory, openForgetKeys } from '#alarms/tables';
import type { Report } from '#model';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { ampleSpace } from '../fakes/store.ts';
import { bracket, openTestDatabase, openTestWorld } from '../outbox/thread.ts';
import { report } from './thread.ts';

/** Less than the outbox likes, enough for an entry. */
const shortSpace = { ...ampleSpace(), freeBytes: 200 * 2 ** 10 };

function opened() {
  const db = openTestDatabase([outboxMigrations, alarmsMigrations]);
  db.pragma('foreign_keys = ON');
  const base = Object.assign(openTestWorld(), { space: () => shortSpace });
  const outbox = openOutboxProcedures(db, base, ['hub'], { forgetHistory: openForgetHistory(db, () => base.now()) });
  const world = Object.assign(base, { append: outbox.append });
  return { db, world, outbox: outbox.procedures, alarms: openAlarmsProcedures(db, world, { floodLimit: 5, latch: [] }) };
}

const step = fc.record({
  one: fc
    .record({
      channel: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('smoke' as const, 'motion' as const),
      state: fc.constantFrom('active' as const, 'inactive' as const, 'pulse' as const),
    })
    .map((changes): Report => report(changes)),
  restMs: fc.constantFrom(0, 1000, 61_000),
  confirms: fc.boolean(),
});

it('forgets only what is over, told and a minute old', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const { db, world, outbox, alarms } = opened();
      const entries = db.prepare<[], string>('SELECT DISTINCT subject FROM outbox_entry').pluck();
      for (const [ticket, { one, restMs, confirms }] of steps.entries()) {
        world.time += restMs;
        const before = alarms.list({ limit: 1000 });
        const owed = new Set(entries.all());
        const outcome = bracket(db, () => alarms.report(one));
        const left = new Set(alarms.list({ limit: 1000 }).map(({ alarmId }) => alarmId));
        if (outcome.result === 'raised') expect(left.has(outcome.alarmId ?? '')).toBe(true);
        // What a motion waits with may give way itself, counted into a gap.
        const kept = before.filter(({ alarmId, clearedAt, kind }) => clearedAt === undefined || (kind === 'smoke' && owed.has(alarmId)));
        for (const { alarmId } of kept) expect(left.has(alarmId)).toBe(true);
        if (!confirms) continue;
        const seqs = outbox.claim({ destination: 'hub', limit: 10, ticket }).map(({ seq }) => seq);
        bracket(db, () => outbox.confirm({ destination: 'hub', seqs }));
      }
      expect(db.pragma('foreign_key_check')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('gives the entry the name that its caller made', () => {
  const { db, outbox, alarms } = opened();
  const ids = { entry: '019a0000-0000-7000-8000-000000000001', alarm: '019a0000-0000-7000-8000-000000000002' };
  bracket(db, () => alarms.report({ ...report(), ids }));
  expect(outbox.claim({ destination: 'hub', limit: 1, ticket: 1 })).toMatchObject([{ id: ids.entry }]);
});

it('makes room out of history at all', () => {
  const { db, world, outbox, alarms } = opened();
  bracket(db, () => alarms.report(report()));
  bracket(db, () => alarms.report(report({ state: 'inactive' })));
  for (const ticket of [1, 2]) {
    const seqs = outbox.claim({ destination: 'hub', limit: 10, ticket }).map(({ seq }) => seq);
    bracket(db, () => outbox.confirm({ destination: 'hub', seqs }));
  }
  world.time += 61_000;
  const { alarmId } = bracket(db, () => alarms.report(report({ channel: 'next' })));
  expect(alarms.list({ limit: 10 }).map((alarm) => alarm.alarmId)).toEqual([alarmId]);
});

it('looks behind alarms that wait for told ones before it lets go of keys or of what waits', () => {
  const db = openTestDatabase([outboxMigrations, alarmsMigrations]);
  const told = db.prepare<[], number>("SELECT count(*) FROM alarm WHERE device = 'archive'").pluck();
  let isShort = false;
  // Too little for any entry, until half of the told ones are gone.
  const space = () => ({ ...ampleSpace(), freeBytes: isShort && (told.get() ?? 0) > 300 ? 2 ** 10 : 2 ** 28 });
  const base = Object.assign(openTestWorld(), { space });
  const hooks = { forgetHistory: openForgetHistory(db, () => base.now()), forgetLast: openForgetKeys(db) };
  const outbox = openOutboxProcedures(db, base, ['hub'], hooks);
  const world = Object.assign(base, { append: outbox.append });
  const alarms = openAlarmsProcedures(db, world, { floodLimit: 6000, latch: [] }, outbox);
  const happen = (index: number, device = 'radar-1', kind: 'fall' | 'motion' = 'fall'): void => {
    for (const state of ['active', 'inactive'] as const)
      bracket(db, () => alarms.report(report({ device, kind, state, occurrence: `${device}-${index}`, channel: `z-${index % 30}` })));
  };
  for (let index = 0; index < 2500; index += 1) happen(index);
  for (let index = 0; index < 50; index += 1) happen(index, 'camera-1', 'motion');
  for (let index = 0; index < 600; index += 1)
    db.prepare(
      `INSERT INTO alarm (alarm_id, device, channel, kind, test, severity, raised_at, cleared_at, closed_at, detail)
       VALUES (?, 'archive', 'fall', 'fall', 0, 'critical', 1, 1, 1, '{}')`,
    ).run(`archive-${index}`);
  const keys = db.prepare<[], number>('SELECT count(*) FROM alarm_occurrence').pluck();
  const waiting = db.prepare<[], number>("SELECT count(*) FROM outbox_entry WHERE class = 'alarm'").pluck();
  const before = { keys: keys.get() ?? 0, waiting: waiting.get() ?? 0 };
  world.time += 61_000;
  isShort = true;
  for (let index = 9000; told.get() === 600 && index < 12_000; index += 1) {
    try {
      happen(index);
    } catch (error) {
      // For one that came too early: the next looks further on.
      expect(error).toMatchObject({ code: 'outbox.full' });
    }
  }
  expect(told.get()).toBeLessThan(600);
  expect(keys.get()).toBeGreaterThanOrEqual(before.keys);
  expect(waiting.get()).toBeGreaterThanOrEqual(before.waiting);
});
