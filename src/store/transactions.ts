// One transaction at a time: calls in savepoints, a commit that is durable, and what becomes of the calls when it is not.
import type { Database } from 'better-sqlite3';
import type { Flushing } from './flushing.ts';
import { mishapOf } from './mishap.ts';
import { toWire, type WireFault } from './protocol.ts';
import type { SpaceGuard } from './space.ts';

/** A call that is ready to run. */
export interface BoundCall {
  readonly run: (argument: never) => unknown;
  readonly argument: unknown;
  readonly reserved: boolean;
}

/** What calls came to, in their order. */
export interface Ran {
  readonly values: unknown[];
  readonly faults: Map<number, WireFault>;
  /** How long the last commit took that waited for the disk. */
  readonly fsyncMs: number;
  /** The disk failed or the file is damaged: the connection is worth nothing any more. */
  readonly broken: unknown;
}

/** What a procedure threw, when its transaction was undone with it. */
class Undone extends Error {}

export type Transactions = ReturnType<typeof openTransactions>;

/** Opens the runner of one connection. */
export function openTransactions(db: Database, space: SpaceGuard, flushing: Flushing, monotonicMs: () => number) {
  const beginNow = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const save = db.prepare('SAVEPOINT call');
  const release = db.prepare('RELEASE call');
  const undo = db.prepare('ROLLBACK TO call');

  function begin(flush: boolean): void {
    flushing.choose(flush);
    beginNow.run();
  }
  /** One call in its savepoint: its failure undoes its own work and nobody else's, unless SQLite undid all. */
  function attempt(call: BoundCall, ran: Ran): void {
    space.allow(call.reserved);
    save.run();
    try {
      ran.values.push(call.run(call.argument as never));
      if (!db.inTransaction) throw new Undone('the transaction was undone');
      release.run();
    } catch (error) {
      const mishap = mishapOf(error);
      if (!db.inTransaction || mishap === 'io' || mishap === 'damage') throw error;
      undo.run();
      release.run();
      if (mishap === 'full') space.relieve();
      ran.faults.set(ran.values.push(undefined) - 1, toWire(error));
    }
  }
  function commitNow(): number {
    const startMs = monotonicMs();
    commit.run();
    return flushing.committed(monotonicMs() - startMs);
  }
  function leave(): void {
    if (db.inTransaction) rollback.run();
  }
  /** All calls that `next` gives, in one transaction. */
  function runTogether(next: () => BoundCall | undefined, flush: boolean): Ran {
    const taken: BoundCall[] = [];
    const ran: Ran = { values: [], faults: new Map(), fsyncMs: 0, broken: undefined };
    try {
      begin(flush);
      for (let call = next(); call; call = next()) {
        taken.push(call);
        attempt(call, ran);
      }
      return { ...ran, fsyncMs: commitNow() };
    } catch (error) {
      leave();
      const mishap = mishapOf(error);
      if (mishap === 'full' || error instanceof Undone) return runAlone(openList(taken), flush);
      return allFailed(taken, error, mishap === 'io' || mishap === 'damage');
    }
  }
  /** Each call in a transaction of its own, so that the one that does not fit fails alone. */
  function runAlone(next: () => BoundCall | undefined, flush: boolean): Ran {
    const ran = { values: [] as unknown[], faults: new Map<number, WireFault>(), fsyncMs: 0, broken: undefined as unknown };
    for (let call = next(); call; call = next()) {
      const index = ran.values.push(undefined) - 1;
      if (ran.broken !== undefined) {
        ran.faults.set(index, toWire(ran.broken));
        continue;
      }
      const one = runOne(call, flush);
      ran.values[index] = one.value;
      ran.fsyncMs = one.fsyncMs;
      if (one.error === undefined) continue;
      ran.faults.set(index, toWire(one.error));
      const mishap = mishapOf(one.error);
      if (mishap === 'io' || mishap === 'damage') ran.broken = one.error;
    }
    return ran;
  }
  function runOne(call: BoundCall, flush: boolean, again = true): { value: unknown; error: unknown; fsyncMs: number } {
    try {
      begin(flush);
      space.allow(call.reserved);
      const value = call.run(call.argument as never);
      return { value, error: undefined, fsyncMs: commitNow() };
    } catch (error) {
      leave();
      if (mishapOf(error) === 'full' && space.relieve() && again) return runOne(call, flush, false);
      return { value: undefined, error, fsyncMs: 0 };
    }
  }
  return {
    /** Runs what `next` gives until it gives nothing; answers in their order after the commit, which waits for the disk where `flush` says so. */
    run: (next: () => BoundCall | undefined, flush: boolean): Ran => (space.isTight() ? runAlone(next, flush) : runTogether(next, flush)),
  };
}

function openList(calls: readonly BoundCall[]): () => BoundCall | undefined {
  let at = 0;
  return () => calls[at++];
}

function allFailed(calls: readonly BoundCall[], error: unknown, isBroken: boolean): Ran {
  const fault = toWire(error);
  return {
    values: calls.map(() => undefined),
    faults: new Map(calls.map((_, index) => [index, fault])),
    fsyncMs: 0,
    broken: isBroken ? error : undefined,
  };
}
