// The table of commands and its procedures: a command is run once, whatever the line, the hub or a crash does.
import type { Migrations, OpenProcedures } from '#store';

export const uplinkMigrations: Migrations = {
  room: 'uplink',
  steps: [
    `CREATE TABLE command (
      id TEXT PRIMARY KEY,
      hash TEXT NOT NULL,
      expires INTEGER NOT NULL,
      boot TEXT NOT NULL,
      outcome BLOB
    ) STRICT;
    CREATE INDEX command_expires ON command (expires);`,
    // What the hub says of its life, by the hub's clock; and up to when commands, by that clock, are over for good.
    `ALTER TABLE command ADD COLUMN said_expires INTEGER NOT NULL DEFAULT 0;
    UPDATE command SET said_expires = expires;
    DROP INDEX command_expires;
    CREATE INDEX command_said_expires ON command (said_expires);
    CREATE TABLE command_past (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL) STRICT;
    INSERT INTO command_past (one, until) VALUES (1, 0);`,
    `CREATE TABLE hub_word (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      brokers TEXT NOT NULL,
      confirmation TEXT NOT NULL
    ) STRICT;`,
  ],
};

/** Commands remembered at most; only expired ones and those of an earlier boot make room, the oldest first. */
export const maxCommands = 10_000;
const keepAfterExpiryMs = 3_600_000;
const pruneBatch = 100;

/** A command that asks to be run. Times are wall milliseconds: `expiresAt` and `now` of the gateway's clock, `issuedAt` and `expires` of the hub's. */
export interface AcceptAsk {
  readonly id: string;
  /** SHA-256 of name and body, hexadecimal. */
  readonly hash: string;
  readonly expiresAt: number;
  readonly issuedAt: number;
  readonly expires: number;
  readonly now: number;
}

/** What the table knows of it. */
export type Acceptance =
  /** Written down as accepted: run it. */
  | { readonly result: 'new' }
  /** Same id, same body, run before: the sealed outcome, undefined when it was too large to keep or never came. */
  | { readonly result: 'repeat'; readonly outcome: Uint8Array | undefined }
  /** Same id and body, accepted before and without an outcome; `sameBoot` tells whether this very process accepted it. */
  | { readonly result: 'unfinished'; readonly sameBoot: boolean }
  /** The id belongs to another body. */
  | { readonly result: 'reused' }
  /** Its time is over; `known` when it was accepted before. */
  | { readonly result: 'expired'; readonly known: boolean }
  /** 10,000 commands that have not expired are remembered already. */
  | { readonly result: 'full' };

export interface UplinkProcedures {
  /**
   * Decides and writes the acceptance in one transaction: it is durable before the command runs. A command that is not remembered is over when it says to
   * expire before what was forgotten, or before a time that the gateway's clock and the hub's have both passed: so a recorded one does not run again,
   * however the gateway's clock is set. One clock that runs ahead moves neither mark.
   */
  accept(ask: AcceptAsk): Acceptance;
  /** Forgets an acceptance of this process that came too late: the command was not run. */
  withdraw(ask: { readonly id: string }): void;
  /** Keeps the sealed outcome; an empty one means that it was too large to keep. */
  finish(done: { readonly id: string; readonly outcome: Uint8Array }): void;
  /** Keeps who confirms, as the hub behind these brokers has announced it; undefined: it announces nothing any more. */
  keepWord(word: { readonly brokers: string; readonly confirmation: string | undefined }): void;
  /** What was kept of the hub behind these brokers. Another address may be another hub. */
  word(ask: { readonly brokers: string }): string | undefined;
}

interface CommandRow {
  readonly hash: string;
  readonly expires: number;
  readonly boot: string;
  readonly outcome: Uint8Array | null;
}

export const openUplinkProcedures: OpenProcedures<UplinkProcedures> = (db, world) => {
  const find = db.prepare<[string], CommandRow>('SELECT hash, expires, boot, outcome FROM command WHERE id = ?');
  const insert = db.prepare<[string, string, number, string, number]>(
    'INSERT INTO command (id, hash, expires, boot, said_expires) VALUES (?, ?, ?, ?, ?)',
  );
  const setOutcome = db.prepare<[Uint8Array, string]>('UPDATE command SET outcome = ? WHERE id = ?');
  const withdraw = db.prepare<[string, string]>('DELETE FROM command WHERE id = ? AND boot = ? AND outcome IS NULL');
  const pruneOld = db
    .prepare<[number, number], number>(
      `DELETE FROM command WHERE id IN (SELECT id FROM command WHERE said_expires < CAST(? AS INTEGER) ORDER BY said_expires LIMIT ?)
       RETURNING said_expires`,
    )
    .pluck();
  const pruneOver = db
    .prepare<[number, number, string], number>(
      `DELETE FROM command WHERE id IN (SELECT id FROM (SELECT id, expires, boot FROM command ORDER BY said_expires LIMIT ?)
         WHERE expires <= ? OR boot <> ?) RETURNING said_expires`,
    )
    .pluck();
  const past = db.prepare<[], number>('SELECT until FROM command_past').pluck();
  const setPast = db.prepare<[number, number]>('UPDATE command_past SET until = ? WHERE until < ?');
  const countRows = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM command');
  const keepWord = db.prepare<[string, string]>('INSERT OR REPLACE INTO hub_word (id, brokers, confirmation) VALUES (1, ?, ?)');
  const forgetWord = db.prepare('DELETE FROM hub_word');
  const word = db.prepare<[string], string>('SELECT confirmation FROM hub_word WHERE brokers = ?').pluck();
  let rows = countRows.get()?.n ?? 0;
  const passTo = (until: number): void => void setPast.run(until, until);
  const forget = (forgotten: readonly number[]): void => {
    rows -= forgotten.length;
    if (forgotten.length > 0) passTo(Math.max(...forgotten));
  };

  return {
    accept(ask) {
      const row = find.get(ask.id);
      if (row && row.hash !== ask.hash) return { result: 'reused' };
      // Where the clock was behind, the first coming counts: asking again lengthens no life.
      const expiresAt = Math.min(ask.expiresAt, row?.expires ?? ask.expiresAt);
      if (expiresAt <= ask.now) return { result: 'expired', known: row !== undefined };
      if (row) return row.outcome ? repeatOf(row.outcome) : { result: 'unfinished', sameBoot: row.boot === world.bootId };
      if (ask.expires <= (past.get() ?? 0)) return { result: 'expired', known: false };
      forget(pruneOld.all(ask.now - keepAfterExpiryMs, pruneBatch));
      if (rows >= maxCommands) forget(pruneOver.all(pruneBatch, ask.now, world.bootId));
      if (rows >= maxCommands) {
        rows = countRows.get()?.n ?? rows;
        if (rows >= maxCommands) return { result: 'full' };
      }
      insert.run(ask.id, ask.hash, ask.expiresAt, world.bootId, ask.expires);
      passTo(Math.min(ask.now, ask.issuedAt));
      rows += 1;
      return { result: 'new' };
    },
    withdraw({ id }) {
      rows -= withdraw.run(id, world.bootId).changes;
    },
    finish(done) {
      setOutcome.run(done.outcome, done.id);
    },
    keepWord({ brokers, confirmation }) {
      if (confirmation === undefined) forgetWord.run();
      else keepWord.run(brokers, confirmation);
    },
    word: ({ brokers }) => word.get(brokers),
  };
};

function repeatOf(outcome: Uint8Array): Acceptance {
  return { result: 'repeat', outcome: outcome.byteLength === 0 ? undefined : outcome };
}
