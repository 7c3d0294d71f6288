// The outbox as the main thread sees it: what waits for each destination, handed out gravest first and given up after confirmation.
import type { Entry } from '#model';
import type { Calls, Store } from '#store';
import { outboxTopic } from './append.ts';
import type { EntryRow } from './claims.ts';
import type { DroppedDestination, Sweep } from './destinations.ts';
import type { OutboxStats } from './stats.ts';
import type { OutboxProcedures } from './tables.ts';

/** The durable queue. Every promise rejects with the store's faults, and with `outbox.unknown-destination` where a destination is named. */
export interface Outbox {
  /**
   * Hands out up to `limit` (1 … 1,000) entries: the gravest lane first, then the oldest. Of each subject (an alarm, a condition, a device, a grant) one entry
   * at a time: the next is claimable when that is confirmed. None while 4,096 are claimed. Claims are memory: a crash makes them pending again.
   * `lanes`: only of the lanes below this number (1: the critical alarms).
   */
  claim(destination: string, limit: number, options?: { readonly lanes?: number | undefined }): Promise<readonly Entry[]>;
  /**
   * Tells that the destination has the entries; durable when it resolves. Again it does nothing. When it rejects, the outbox remembers and tells them
   * with the next claim or confirmation.
   */
  confirm(destination: string, seqs: readonly number[]): Promise<void>;
  /** Makes claimed entries claimable again, at their old place. */
  release(destination: string, seqs: readonly number[]): Promise<void>;
  /** The same for all claimed entries of a destination, and for all that were set aside. */
  releaseAll(destination: string): Promise<void>;
  /**
   * Takes claimed entries that the destination will not take as they are out of the way of all others, however many, until `releaseAll`; durable. They stay
   * pending, and what follows of their subjects waits behind them.
   */
  setAside(destination: string, seqs: readonly number[]): Promise<void>;
  /** The newest position ever given; what was there before is `replay`. */
  head(): Promise<number>;
  stats(): Promise<OutboxStats>;
  /** What was dropped at the start because its destination is no longer configured: for the log. */
  dropped(): Promise<readonly DroppedDestination[]>;
  /** One bounded step of removing what only removed destinations were owed; repeat until `done`. Look at `limit` entries. */
  sweep(limit: number): Promise<Sweep>;
  /** Calls `listener` after each commit that made an entry claimable. */
  watch(listener: () => void): Disposable;
}

/** Opens the outbox over the store. */
export function openOutbox({ store }: { readonly store: Store }): Outbox {
  const calls = store.procedures<OutboxProcedures>('outbox');
  const cursors = new Map<string, Cursor>();
  const cursorOf = (destination: string): Cursor => {
    const cursor = cursors.get(destination) ?? openCursor(calls, destination);
    cursors.set(destination, cursor);
    return cursor;
  };
  return {
    claim: (destination, limit, options) => cursorOf(destination).claim(limit, options?.lanes),
    confirm: (destination, seqs) => cursorOf(destination).confirm(seqs),
    release: (destination, seqs) => calls.release({ destination, seqs }),
    async releaseAll(destination) {
      while (!(await calls.releaseAll({ destination })).done);
    },
    setAside: (destination, seqs) => calls.setAside({ destination, seqs }),
    head: () => calls.head(),
    stats: () => calls.stats(),
    dropped: () => calls.dropped(),
    sweep: (limit) => calls.sweep({ limit }),
    watch: (listener) => store.watch(outboxTopic, listener),
  };
}

interface Cursor {
  claim(limit: number, lanes: number | undefined): Promise<readonly Entry[]>;
  confirm(seqs: readonly number[]): Promise<void>;
}

/** One destination's way through calls that may fail: nothing stays claimed for nobody, nothing confirmed is forgotten. */
function openCursor(calls: Calls<OutboxProcedures>, destination: string): Cursor {
  let ticket = 1;
  let turn: Promise<unknown> = Promise.resolve();
  // At most what can be claimed: only claimed entries are confirmed.
  const untold = new Set<number>();
  const confirm = async (seqs: readonly number[]): Promise<void> => {
    const all = [...untold, ...seqs];
    untold.clear();
    try {
      if (all.length > 0) await calls.confirm({ destination, seqs: all });
    } catch (error) {
      for (const seq of all) untold.add(seq);
      throw error;
    }
  };
  const claim = async (limit: number, lanes: number | undefined): Promise<readonly Entry[]> => {
    if (untold.size > 0) await confirm([]);
    const rows = await calls.claim({ destination, limit, ticket, lanes });
    // A ticket is used up by success alone: a failed claim is tried again under it, which gives back what that had marked.
    ticket += 1;
    return rows.map(toEntry);
  };
  return {
    confirm,
    claim(limit, lanes) {
      const mine = turn.then(() => claim(limit, lanes));
      turn = mine.catch(() => {});
      return mine;
    },
  };
}

function toEntry({ class: name, value, ...row }: EntryRow): Entry {
  return { ...row, body: { class: name, value: JSON.parse(value) } };
}
