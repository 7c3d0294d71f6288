// The life of the connection: a file is looked at before it is called lost, and a bad read of last year is forgotten.
import { readdir } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '#base';
import { openLife } from '../../src/store/life.ts';
import type { FromThread } from '../../src/store/protocol.ts';
import { openFakeClock } from '../fakes/clock.ts';
import { openFolder } from './file.ts';
import { openNotes } from './thread-entry.ts';

const minuteMs = 60_000;
const damaged = new Database.SqliteError('malformed', 'SQLITE_CORRUPT');
const unreadable = new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');

async function openSite() {
  const at = await openFolder();
  const clock = openFakeClock(1_760_000_000_000);
  const said: FromThread[] = [];
  const migrations = {
    room: 'notes',
    steps: [
      'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT',
      'CREATE TABLE count (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT; CREATE TABLE ticket (seq INTEGER PRIMARY KEY AUTOINCREMENT) STRICT',
    ],
  };
  const life = openLife(
    { path: at.path, bootId: 'boot', migrations: [migrations], open: (db, world) => ({ notes: openNotes(db, world) }) },
    { now: clock.now, clock, random: systemRandom, announce() {}, send: (message) => void said.push(message) },
  );
  return {
    life,
    clock,
    /** The connection breaks for this reason, and is there again. */
    breaks(error: unknown): void {
      life.breakOff(error);
      expect(life.session()).toBeUndefined();
      clock.advance(10_000);
      expect(life.session()).toBeDefined();
    },
    salvages: async () => (await readdir(at.folder)).filter((name) => /\.damaged-[\d.]+$/.test(name)).length,
    async [Symbol.asyncDispose]() {
      life.end();
      await at[Symbol.asyncDispose]();
    },
  };
}

describe('a sound file', () => {
  it('is not salvaged for places that could not be read for a moment, however often in its life', async () => {
    await using site = await openSite();
    for (let time = 0; time < 9; time += 1) {
      site.breaks(unreadable);
      site.clock.advance(11 * minuteMs);
    }
    expect(await site.salvages()).toBe(0);
  });

  it('is looked at first when it cannot be read again and again, and when it is said to be damaged', async () => {
    await using site = await openSite();
    for (let time = 0; time < 3; time += 1) site.breaks(unreadable);
    expect(await site.salvages()).toBe(0);
    site.clock.advance(11 * minuteMs);
    site.breaks(damaged);
    expect(await site.salvages()).toBe(0);
  });
});

describe('a file that was seen to be sound', () => {
  it('and is found damaged again within ten minutes is salvaged: the look does not see everything', async () => {
    await using site = await openSite();
    site.breaks(damaged);
    site.clock.advance(5 * minuteMs);
    site.breaks(damaged);
    expect(await site.salvages()).toBe(1);
    expect(site.life.session()?.marks.damage).toMatchObject({ what: 'file', error: 'malformed' });
  });

  it('and cannot be read again and again is salvaged', async () => {
    await using site = await openSite();
    for (let time = 0; time < 6; time += 1) site.breaks(unreadable);
    expect(await site.salvages()).toBe(1);
  });
});
