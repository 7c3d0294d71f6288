// The table of commands: what it decides, what it forgets, and its bound.
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { maxCommands, openUplinkProcedures, uplinkMigrations } from '../../src/uplink/tables.ts';
import { ampleSpace } from '../fakes/store.ts';

const hourMs = 3_600_000;

function openTable(bootId = 'boot-1', db = new Database(':memory:')) {
  if (db.pragma('user_version', { simple: true }) === 0) {
    for (const step of uplinkMigrations.steps) db.exec(step);
    db.pragma('user_version = 1');
  }
  const world = { now: () => 0, newId: () => '', bootId, announce: () => {}, append: () => {}, space: ampleSpace };
  return { db, table: openUplinkProcedures(db, world) };
}

const ask = (over: object = {}) => ({ id: 'c-1', hash: 'h1', expiresAt: 60_000, now: 0, ...over });

describe('accept', () => {
  it('tells new, unfinished, repeat, reused and expired apart', () => {
    const { db, table } = openTable();
    expect(table.accept(ask())).toEqual({ result: 'new' });
    expect(table.accept(ask())).toEqual({ result: 'unfinished', sameBoot: true });
    expect(openTable('boot-2', db).table.accept(ask())).toEqual({ result: 'unfinished', sameBoot: false });
    expect(table.accept(ask({ hash: 'h2' }))).toEqual({ result: 'reused' });
    table.finish({ id: 'c-1', outcome: Buffer.from('sealed') });
    expect(table.accept(ask())).toEqual({ result: 'repeat', outcome: Buffer.from('sealed') });
    expect(table.accept(ask({ now: 60_000 }))).toEqual({ result: 'expired', known: true });
    expect(table.accept(ask({ id: 'c-2', now: 60_000 }))).toEqual({ result: 'expired', known: false });
    table.finish({ id: 'c-1', outcome: Buffer.alloc(0) });
    expect(table.accept(ask())).toEqual({ result: 'repeat', outcome: undefined });
  });

  it('lengthens no life when a command of the future comes again', () => {
    const { table } = openTable();
    expect(table.accept(ask())).toEqual({ result: 'new' });
    expect(table.accept(ask({ now: 70_000, expiresAt: 130_000 }))).toEqual({ result: 'expired', known: true });
  });

  it('forgets a command an hour after its expiry', () => {
    const { db, table } = openTable();
    const count = () => db.prepare('SELECT count(*) FROM command').pluck().get();
    table.accept(ask());
    table.accept(ask({ id: 'c-2', expiresAt: 60_000 + hourMs, now: 60_000 + hourMs - 1 }));
    expect(count()).toBe(2);
    table.accept(ask({ id: 'c-3', expiresAt: 60_000 + 2 * hourMs, now: 60_001 + hourMs }));
    expect(count()).toBe(2);
  });

  it('holds 10,000, lets only expired ones go, and says when it is full', () => {
    const { db, table } = openTable();
    db.transaction(() => {
      for (let index = 0; index < maxCommands; index += 1)
        table.accept(ask({ id: `f-${index}`, expiresAt: index === 0 ? 10_000 : 90_000 }));
    })();
    expect(table.accept(ask({ id: 'more', now: 5000 }))).toEqual({ result: 'full' });
    expect(table.accept(ask({ id: 'more', now: 10_001 }))).toEqual({ result: 'new' });
    expect(table.accept(ask({ id: 'most', now: 10_002 }))).toEqual({ result: 'full' });
    expect(table.accept(ask({ id: 'f-1', now: 10_003 }))).toEqual({ result: 'unfinished', sameBoot: true });
  });
});
