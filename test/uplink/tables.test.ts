// The table of commands: what it decides, what it forgets, and its bound.
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type AcceptAsk, maxCommands, openUplinkProcedures, uplinkMigrations } from '../../src/uplink/tables.ts';
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

/** By default a command of a hub whose clock is the gateway's. */
const ask = (over: Partial<AcceptAsk> = {}): AcceptAsk => {
  const { expiresAt = 60_000, now = 0 } = over;
  return { id: 'c-1', hash: 'h1', expiresAt, now, issuedAt: now, expires: expiresAt, ...over };
};

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

describe('a recorded command', () => {
  const wall = Date.parse('2026-11-20T04:00:00Z');
  const weekMs = 7 * 24 * hourMs;
  /** A command as the parser gives it at `now`, issued at `at` by the hub's clock, to live for a minute. */
  const sent = (id: string, at: number, now = at): AcceptAsk => {
    const expires = at + 60_000;
    return { id, hash: id, issuedAt: at, expires, expiresAt: at > now ? now + 60_000 : expires, now };
  };

  it.each([
    ['in 1970', 300_000],
    ['put back by three hours', wall - 3 * hourMs],
  ])('is worth nothing when it is forgotten and the clock is %s', (_what, later) => {
    const { db, table } = openTable();
    expect(table.accept(sent('fire', wall, wall + 1000))).toEqual({ result: 'new' });
    table.finish({ id: 'fire', outcome: Buffer.from('sealed') });
    expect(table.accept(sent('other', wall + weekMs))).toEqual({ result: 'new' });
    expect(db.prepare('SELECT id FROM command').pluck().all()).toEqual(['other']);
    const next = openTable('boot-2', db).table;
    expect(next.accept(sent('fire', wall, later))).toEqual({ result: 'expired', known: false });
    expect(next.accept(sent('fresh', wall + weekMs + 1000, later))).toEqual({ result: 'new' });
  });

  it('that never arrived is worth nothing once a later one has', () => {
    const { table } = openTable();
    expect(table.accept(sent('later', wall + weekMs))).toEqual({ result: 'new' });
    expect(table.accept(sent('held back', wall, 300_000))).toEqual({ result: 'expired', known: false });
  });

  it('is known as long as no clock was ever set', () => {
    const { db, table } = openTable();
    expect(table.accept(sent('fire', wall, 60_000))).toEqual({ result: 'new' });
    expect(table.accept(sent('other', wall + weekMs, weekMs))).toEqual({ result: 'new' });
    expect(openTable('boot-2', db).table.accept(sent('fire', wall, 90_000))).toEqual({ result: 'unfinished', sameBoot: false });
  });

  it('makes room when ten thousand are known and no clock was ever set, and is refused then', () => {
    const { db, table } = openTable();
    db.transaction(() => {
      for (let index = 0; index < maxCommands; index += 1) table.accept(sent(`f-${index}`, wall + index * 1000, 60_000 + index));
    })();
    expect(table.accept(sent('more', wall + weekMs, 70_000))).toEqual({ result: 'full' });
    const next = openTable('boot-2', db).table;
    expect(next.accept(sent('more', wall + weekMs, 60_000))).toEqual({ result: 'new' });
    expect(next.accept(sent('f-0', wall, 61_000))).toEqual({ result: 'expired', known: false });
    expect(next.accept(sent('f-9999', wall + 9_999_000, 61_000))).toEqual({ result: 'unfinished', sameBoot: false });
  });

  it.each([
    ['the gateway’s', (at: number) => sent('odd', at, at + 70 * 365 * 24 * hourMs)],
    ['the hub’s', (at: number) => sent('odd', at + 70 * 365 * 24 * hourMs, at)],
  ])('does not hinder a later one when %s clock alone ran far ahead for a while', (_whose, odd) => {
    const { table } = openTable();
    table.accept(odd(wall));
    for (let at = 1; at < 5; at += 1) expect(table.accept(sent(`c-${at}`, wall + at * 2 * hourMs))).toEqual({ result: 'new' });
  });

  it('is brought over from the former table', () => {
    const db = new Database(':memory:');
    db.exec(uplinkMigrations.steps[0] ?? '');
    db.prepare("INSERT INTO command (id, hash, expires, boot) VALUES ('fire', 'fire', ?, 'boot-0')").run(wall + 60_000);
    for (const step of uplinkMigrations.steps.slice(1)) db.exec(step);
    db.pragma('user_version = 1');
    const { table } = openTable('boot-1', db);
    table.accept(sent('other', wall + weekMs));
    expect(table.accept(sent('fire', wall, 300_000))).toEqual({ result: 'expired', known: false });
  });
});
