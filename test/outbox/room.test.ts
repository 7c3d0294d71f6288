// The limit of the file: what gives way goes in its order and is told exactly; critical and major alarms never go.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Condition, EntryBody, Gap, Reading, Severity } from '#model';
import { openOutboxProcedures, outboxMigrations } from '#outbox/tables';
import { openSpace } from '../../src/store/space.ts';
import { alarmBody, auditBody, conditionBody, reading } from './bodies.ts';
import { openTestDatabase, openTestWorld } from './thread.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bongsu-room-'));
});
afterAll(() => rm(folder, { recursive: true }));

const mebibyte = 2 ** 20;
let files = 0;

/** An outbox on a file of 3 MiB, 1 MiB of it reserved; calls are ordinary ones unless said. */
function opened({ destinations = ['hub'], history = 0 } = {}) {
  files += 1;
  const db = new Database(join(folder, `${files}.db`));
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  for (const step of outboxMigrations.steps) db.exec(step);
  const reserve = { heldBytes: () => 0, diskFreeBytes: () => 2 ** 40, spend: () => {}, make: () => true };
  const guard = openSpace(db, { limitBytes: 3 * mebibyte, reservedBytes: mebibyte, logBytes: mebibyte }, reserve, () => performance.now());
  const world = { ...openTestWorld(), space: () => guard.now() };
  db.exec('CREATE TABLE history (id INTEGER PRIMARY KEY, text TEXT)');
  for (let row = 0; row < history; row += 1) db.prepare('INSERT INTO history (text) VALUES (?)').run('x'.repeat(1000));
  const forget = db.prepare('DELETE FROM history WHERE id IN (SELECT id FROM history ORDER BY id LIMIT ?)');
  const hooks = { forgetHistory: (limit: number) => forget.run(limit).changes };
  const outbox = openOutboxProcedures(db, world, destinations, hooks);
  let ticket = 0;
  const call = <T>(act: () => T, reserved = false): T => {
    db.exec('BEGIN IMMEDIATE');
    guard.allow(reserved);
    try {
      const value = act();
      db.exec('COMMIT');
      return value;
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  const claim = (limit: number, destination = 'hub') => {
    ticket += 1;
    return outbox.procedures.claim({ destination, limit, ticket });
  };
  return {
    db,
    world,
    procedures: outbox.procedures,
    append: (body: EntryBody, reserved = false) => call(() => outbox.append(body), reserved),
    claim,
    /** All that a destination gets, as a hub keeps it: by class the sequences, and of each gap the newest telling. */
    drain(destination = 'hub') {
      const got = new Map<string, Set<number>>();
      const gaps = new Map<string, Gap>();
      for (let rows = claim(500, destination); rows.length > 0; rows = claim(500, destination)) {
        for (const row of rows) {
          got.set(row.class, (got.get(row.class) ?? new Set()).add(row.sequence));
          if (row.class !== 'gap') continue;
          const gap = JSON.parse(row.value) as Gap;
          gaps.set(gap.gapId, gap);
        }
        call(() => outbox.procedures.confirm({ destination, seqs: rows.map(({ seq }) => seq) }));
      }
      return { got, gaps: [...gaps.values()] };
    },
  };
}

const text = 'x'.repeat(800);
let named = 0;
const fire = (severity: Severity): EntryBody => {
  named += 1;
  return alarmBody(`a-${named}`, severity, { kind: severity === 'warning' ? 'motion' : 'smoke', detail: { text } });
};
const condition = (): EntryBody => {
  named += 1;
  const body = conditionBody(`c-${named}`);
  return { class: 'condition', value: { ...(body.value as Condition), message: { ko: text, en: text } } };
};
const ownCondition = (kind: string): EntryBody => {
  const { value } = conditionBody('gateway');
  return { class: 'condition', value: { ...(value as Condition), kind: kind as Condition['kind'] } };
};
const batch = (kind: string): EntryBody => ({
  class: 'reading',
  value: Array.from({ length: 12 }, (_, index): Reading => reading(index, kind)),
});

/** That what came and what is told as missing are together exactly what was appended, of each class. */
function expectExact({ got, gaps }: ReturnType<ReturnType<typeof opened>['drain']>, appended: Readonly<Record<string, number>>): void {
  for (const [name, total] of Object.entries(appended)) {
    const missing = gaps.filter((gap) => gap.class === name);
    const arrived = got.get(name) ?? new Set();
    const gone = Array.from({ length: total }, (_, index) => index + 1).filter((sequence) => !arrived.has(sequence));
    expect([name, missing.reduce((sum, gap) => sum + gap.count, 0)]).toEqual([name, gone.length]);
    if (gone.length === 0) continue;
    expect(Math.min(...missing.map((gap) => gap.firstSequence))).toBe(gone[0]);
    expect(Math.max(...missing.map((gap) => gap.lastSequence))).toBe(gone.at(-1));
    for (const gap of missing) expect(Object.values(gap.kinds).reduce((sum, count) => sum + count, 0)).toBe(gap.count);
  }
}

describe('a full file', () => {
  it('gives up readings, then conditions, then warnings, then minor alarms, and tells all of it', () => {
    const { append, db, drain, procedures } = opened();
    const left = (): Record<string, number> =>
      Object.fromEntries(db.prepare<[], [string, number]>('SELECT gives_way, count(*) FROM outbox_entry GROUP BY 1').raw().all());
    for (let index = 0; index < 200; index += 1)
      for (const body of [batch('temperature'), condition(), fire('warning'), fire('minor')]) append(body);
    for (let index = 0; index < 100; index += 1) append(fire('critical'));
    const totals = { reading: 200, condition: 200, alarm: 500 };
    const order = [1, 2, 3, 4];
    let refused = 0;
    for (let index = 0; index < 4000 && refused === 0; index += 1) {
      const now = left();
      const first = order.find((turn) => (now[turn] ?? 0) > 0);
      for (const later of order.filter((turn) => turn > (first ?? 5))) expect(now[later]).toBe(200);
      try {
        append(fire(index % 2 === 0 ? 'critical' : 'major'));
        totals.alarm += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: 'outbox.full', retryable: true });
        refused += 1;
      }
    }
    expect(refused).toBe(1);
    expect(order.map((turn) => left()[turn] ?? 0)).toEqual([0, 0, 0, 0]);
    const { pendingByClass, gaps } = procedures.stats().destinations[0] ?? {};
    expect(pendingByClass).toMatchObject({ reading: 0, condition: 0, gap: 3 });
    expect(gaps).toMatchObject([
      { class: 'alarm', count: 400, from: expect.any(Number), to: expect.any(Number) },
      { class: 'condition', count: 200 },
      { class: 'reading', count: 200 },
    ]);
    const drained = drain();
    expectExact(drained, totals);
    expect(drained.gaps.map(({ class: name, kinds }) => [name, kinds])).toEqual([
      ['reading', { temperature: 200 }],
      ['condition', { 'camera-lost': 200 }],
      ['alarm', { motion: 200, smoke: 200 }],
    ]);
    expect(procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0 }] });
  });

  it('still takes ledger and audit in its reserve, and counts what gives way at once', () => {
    const { append, drain } = opened();
    expect(() => {
      for (;;) append(fire('critical'));
    }).toThrowError(expect.objectContaining({ code: 'outbox.full' }));
    append(ownCondition('outbox-full'));
    for (let index = 0; index < 500; index += 1) append(auditBody(index), true);
    for (let index = 0; index < 50; index += 1) append(batch('humidity'));
    const drained = drain();
    expect(drained.got.get('audit')?.size).toBe(500);
    expect(drained.got.get('condition')?.size).toBe(1);
    expectExact(drained, { reading: 50, audit: 500 });
  });

  it('forgets confirmed history before anything that waits', () => {
    const { append, db, drain } = opened({ history: 1500 });
    let count = 0;
    while (Number(db.prepare('SELECT count(*) FROM history').pluck().get()) > 0) {
      append(batch('temperature'));
      count += 1;
      expect(count).toBeLessThan(3000);
    }
    expectExact(drain(), { reading: count });
    expect(drain().gaps).toEqual([]);
  });

  it('tells a gap that grew after it was handed out under a new id, and a later one as another gap', () => {
    const { append, claim, drain, procedures, world } = opened();
    const flood = (): void => {
      for (let index = 0; index < 3000; index += 1) append(batch('temperature'));
    };
    flood();
    const told = claim(500).filter((row) => row.class === 'gap');
    expect(told).toHaveLength(1);
    flood();
    procedures.releaseAll({ destination: 'hub' });
    const early = JSON.parse(told[0]?.value ?? '') as Gap;
    const first = drain();
    expect(first.got.get('gap')?.size).toBe(2);
    expect(first.gaps).toMatchObject([{ gapId: early.gapId }]);
    expect(first.gaps[0]?.count).toBeGreaterThan(early.count);
    expectExact(first, { reading: 6000 });
    world.time += 2 * 3_600_000;
    flood();
    const second = drain();
    expect(second.gaps.map(({ gapId }) => gapId)).not.toContain(early.gapId);
    expect(
      (first.gaps[0]?.count ?? 0) +
        (second.gaps[0]?.count ?? 0) +
        (first.got.get('reading')?.size ?? 0) +
        (second.got.get('reading')?.size ?? 0),
    ).toBe(9000);
  });

  it('takes nothing from under a delivery, and tells each destination what that one misses', () => {
    const { append, claim, drain, procedures } = opened({ destinations: ['hub', 'platform'] });
    for (let index = 0; index < 200; index += 1) append(batch('temperature'));
    procedures.confirm({ destination: 'hub', seqs: claim(100).map(({ seq }) => seq) });
    const held = claim(50).map(({ sequence }) => sequence);
    for (let index = 0; index < 3000; index += 1) append(batch('temperature'));
    procedures.releaseAll({ destination: 'hub' });
    const [hub, platform] = [drain('hub'), drain('platform')];
    for (const { got } of [hub, platform]) expect([...(got.get('gap') ?? [])]).toEqual([1]);
    for (const sequence of held) expect(hub.got.get('reading')?.has(sequence)).toBe(true);
    const arrived = hub.got.get('reading') ?? new Set();
    expect(hub.gaps[0]?.count).toBe(3200 - 100 - arrived.size);
    expectExact(platform, { reading: 3200 });
    expect(procedures.stats()).toMatchObject({ entries: 0, destinations: [{ pending: 0 }, { pending: 0 }] });
  });

  it('gives up first what only others than the hub are still owed, of any severity, so that a dead destination costs the hub nothing', () => {
    const { append, claim, db, drain, procedures } = opened({ destinations: ['hub', 'dead'], history: 200 });
    for (let index = 0; index < 3; index += 1) append(fire('critical'));
    // The hub's own dead letters are not what it has.
    procedures.setAside({ destination: 'hub', items: claim(3).map(({ seq }) => ({ seq, code: 0x97, text: 'quota' })) });
    let total = 3;
    for (let index = 0; index < 60; index += 1) {
      for (let one = 0; one < 50; one += 1) append(fire(one % 2 === 0 ? 'critical' : 'minor'));
      total += 50;
      expectExact(drain('hub'), {});
    }
    expect(db.prepare('SELECT count(*) FROM history').pluck().get()).toBe(200);
    const [hub, dead] = procedures.stats().destinations;
    expect(hub).toMatchObject({ pending: 0, dead: 3, gaps: [] });
    expect(dead?.gaps).toMatchObject([{ class: 'alarm' }]);
    expect((dead?.pendingByClass.alarm ?? 0) + (dead?.gaps[0]?.count ?? 0)).toBe(total);
    const late = drain('dead');
    expectExact(late, { alarm: total });
    expect(late.gaps).toHaveLength(1);
    expect(procedures.dead({ limit: 9 })).toHaveLength(3);
    expect(db.prepare('SELECT count(*) FROM outbox_entry').pluck().get()).toBe(3);
  });

  it('keeps what another destination is under way with', () => {
    const { append, claim, drain } = opened({ destinations: ['hub', 'slow'] });
    for (let index = 0; index < 10; index += 1) append(fire('critical'));
    const held = claim(10, 'slow').map(({ sequence }) => sequence);
    drain('hub');
    for (let index = 0; index < 60; index += 1) {
      for (let one = 0; one < 50; one += 1) append(fire('critical'));
      drain('hub');
    }
    const { got, gaps } = drain('slow');
    expect(gaps[0]?.firstSequence).toBe(11);
    expect(held.filter((sequence) => got.get('alarm')?.has(sequence))).toEqual([]);
  });

  it('keeps the steps of a minor alarm that has become critical', () => {
    const { append, drain } = opened();
    append(alarmBody('grown', 'warning'));
    append(alarmBody('grown', 'critical'));
    for (let index = 0; index < 4000; index += 1) append(fire('warning'));
    const { got } = drain();
    expect(got.get('alarm')?.has(1) && got.get('alarm')?.has(2)).toBe(true);
  });
});

it('brings an outbox of the former schema over', () => {
  const db = openTestDatabase([{ room: 'outbox', steps: outboxMigrations.steps.slice(0, 2) }]);
  db.exec(`INSERT INTO outbox_destination (slot, name) VALUES (0, 'hub');
    INSERT INTO outbox_class (class, last) VALUES ('alarm', 2), ('audit', 1), ('condition', 1);
    INSERT INTO outbox_entry (id, class, sequence, boot_id, recorded_time, lane, owed, subject, value) VALUES
      ('1', 'alarm', 1, 'b', 1, 2, 1, 'a', '{"severity":"warning"}'), ('2', 'audit', 1, 'b', 1, 4, 1, NULL, '{}'),
      ('3', 'condition', 1, 'b', 1, 3, 1, 'c', '{}'), ('4', 'alarm', 2, 'b', 1, 2, 1, 'b', '{"severity":"major"}');
    INSERT INTO outbox_ready (slot, lane, seq) VALUES (0, 2, 1), (0, 4, 2), (0, 3, 3);
    INSERT INTO outbox_aside (slot, seq) VALUES (0, 4)`);
  for (const step of outboxMigrations.steps.slice(2)) db.exec(step);
  const { procedures } = openOutboxProcedures(db, openTestWorld(), ['hub']);
  expect(procedures.claim({ destination: 'hub', limit: 9, ticket: 1 }).map(({ seq, lane }) => [seq, lane])).toEqual([
    [1, 2],
    [4, 2],
    [2, 6],
    [3, 6],
  ]);
  expect(db.prepare('SELECT gives_way FROM outbox_entry ORDER BY seq').pluck().all()).toEqual([3, 0, 2, 0]);
});
