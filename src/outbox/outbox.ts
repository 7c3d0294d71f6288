// The outbox as the main thread sees it: what waits for each destination, handed out gravest first and given up after confirmation.
import type { Entry, EntryBody, EntryClass, Reading } from '#model';
import type { Calls, Store } from '#store';
import { outboxTopic } from './append.ts';
import type { ClaimOptions } from './claims.ts';
import type { DeadFilter, DeadRow, GraveFilter, Refusal } from './dead.ts';
import type { DroppedDestination, Sweep } from './destinations.ts';
import type { EntryRow } from './ready.ts';
import type { OutboxStats } from './stats.ts';
import type { OutboxProcedures } from './tables.ts';

/** What a delivery tells and asks in one call. */
export interface DeliveryTurn {
  /** What the destination has. */
  readonly confirm?: readonly number[];
  /** What it will not take. */
  readonly setAside?: readonly Refusal[];
  readonly claim: ClaimOptions;
}

/** An entry that a destination would not take, with the reason; it waits for a person. */
export interface DeadLetter extends DeadRow {
  /** Undefined where the value is damaged: its text is all there is. */
  readonly body: EntryBody | undefined;
}

/** A dead letter of a critical or major alarm, as it may be sent once more. */
export interface GraveLetter {
  /** Id of the dead letter. */
  readonly letter: number;
  readonly entry: Entry;
}

/** The durable queue. Every promise rejects with the store's faults, and with `outbox.unknown-destination` where a destination is named. */
export interface Outbox {
  /**
   * Hands out up to `limit` (1 … 1,000) entries: by lanes of the way (`laneOf` of the model), the gravest first, then the oldest. Of each subject (an alarm,
   * a condition, a device, a grant) one entry at a time: the next is claimable when that is confirmed. Readings get at least a twentieth of what live critical
   * alarms leave. Beyond 16,384 claimed ones live critical alarms and outcomes alone. Claims are memory: a crash makes them pending again.
   * `past`: entries up to this position have waited for the line (default none); `lanes`: only of the first so many lanes (1: the live critical alarms).
   * An entry whose value is damaged becomes a dead letter of code 0x99.
   */
  claim(destination: string, limit: number, options?: Omit<ClaimOptions, 'limit'>): Promise<readonly Entry[]>;
  /**
   * Tells that the destination has the entries. Durable within a second: after a power cut before that they travel again. Again it does nothing. When it
   * rejects, the outbox remembers and tells them with the next claim or confirmation.
   */
  confirm(destination: string, seqs: readonly number[]): Promise<void>;
  /**
   * Confirms, sets aside and claims in one commit and one way to the thread; what it sets aside is durable when it resolves, what it confirms as by
   * `confirm`. When it rejects, what was told is remembered, and told with the next call.
   */
  turn(destination: string, turn: DeliveryTurn): Promise<readonly Entry[]>;
  /**
   * Confirms by the numbers that the hub knows: ranges of `sequence` of one class, both ends included, at most 1,000. Of these what is claimed is confirmed;
   * what was never handed out, or is confirmed already, is passed over. Resolves with how many were confirmed.
   */
  confirmRanges(destination: string, name: EntryClass, ranges: readonly (readonly [from: number, to: number])[]): Promise<number>;
  /** Makes claimed entries claimable again, at their old place. */
  release(destination: string, seqs: readonly number[]): Promise<void>;
  /** The same for all claimed entries of a destination. */
  releaseAll(destination: string): Promise<void>;
  /** The same for what was claimed before the last call of this and is still unconfirmed, `except` these. Resolves with how many. */
  releaseUnconfirmed(destination: string, except: readonly number[]): Promise<number>;
  /**
   * Makes dead letters of claimed entries that the destination will not take as they are; durable. What follows of their subjects goes on. They are not
   * pending any more and wait for a person.
   */
  setAside(destination: string, items: readonly Refusal[]): Promise<void>;
  /** Dead letters, the oldest refusal first; `after`: beyond this id. */
  dead(filter: DeadFilter): Promise<readonly DeadLetter[]>;
  /** Makes dead letters pending again, in their old places. At most 1,000; resolves with how many of the ids were dead letters. */
  retryDead(ids: readonly number[]): Promise<number>;
  /** Dead letters of critical and major alarms, the oldest refusal first; none that can never be sent as it is, or closed the connection. */
  graveDead(destination: string, page: Omit<GraveFilter, 'destination'>): Promise<readonly GraveLetter[]>;
  /** Makes up to 1,000 of these pending again, the oldest refusal first; resolves with how many. */
  retryGraveDead(destination: string): Promise<number>;
  /** Gives dead letters up, told to the destination in a gap; who and why is kept of the last 10,000. At most 1,000; resolves like `retryDead`. */
  dropDead(ids: readonly number[], reason: string, by: string): Promise<number>;
  /** Appends one entry for each batch: 1 to 500 readings of one kind, at most 64 KiB as JSON. All or none. @throws outbox.batch-invalid */
  appendReadings(batches: readonly (readonly Reading[])[]): Promise<void>;
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
  // What gives room or delivers passes what comes in; readings and looks wait their turn.
  const calls = store.procedures<OutboxProcedures>('outbox', { urgent: true, reserved: true });
  const patient = store.procedures<OutboxProcedures>('outbox');
  // What a power cut takes of these travels again under the same id; so nobody waits for the disk.
  const swift = store.procedures<OutboxProcedures>('outbox', { urgent: true, reserved: true, flush: false });
  const cursors = new Map<string, Cursor>();
  const cursorOf = (destination: string): Cursor => {
    const cursor = cursors.get(destination) ?? openCursor({ calls, swift }, destination);
    cursors.set(destination, cursor);
    return cursor;
  };
  return {
    claim: (destination, limit, options) => cursorOf(destination).turn({ claim: { limit, ...options } }),
    confirm: (destination, seqs) => cursorOf(destination).confirm(seqs),
    turn: (destination, turn) => cursorOf(destination).turn(turn),
    confirmRanges: (destination, name, ranges) => swift.confirmRanges({ destination, class: name, ranges }),
    release: (destination, seqs) => swift.release({ destination, seqs }),
    releaseAll: (destination) => swift.releaseAll({ destination }),
    releaseUnconfirmed: (destination, except) => swift.releaseUnconfirmed({ destination, except }),
    setAside: (destination, items) => calls.setAside({ destination, items }),
    dead: async (filter) => (await patient.dead(filter)).map(toLetter),
    retryDead: (ids) => calls.retryDead({ ids }),
    async graveDead(destination, page) {
      const rows = await patient.graveDead({ destination, ...page });
      return rows.flatMap(({ letter, ...row }) => readEntries([row]).map((entry) => ({ letter, entry })));
    },
    retryGraveDead: (destination) => calls.retryGraveDead({ destination }),
    dropDead: (ids, reason, by) => calls.dropDead({ ids, reason, by }),
    appendReadings: (batches) => patient.appendReadings(batches),
    head: () => calls.head(),
    stats: () => patient.stats(),
    dropped: () => calls.dropped(),
    sweep: (limit) => patient.sweep({ limit }),
    watch: (listener) => store.watch(outboxTopic, listener),
  };
}

interface Cursor {
  turn(turn: DeliveryTurn): Promise<readonly Entry[]>;
  confirm(seqs: readonly number[]): Promise<void>;
}

/** One destination's way through calls that may fail: nothing stays claimed for nobody, nothing confirmed or refused is forgotten. */
function openCursor({ calls, swift }: Readonly<Record<'calls' | 'swift', Calls<OutboxProcedures>>>, destination: string): Cursor {
  let ticket = 1;
  let queue: Promise<unknown> = Promise.resolve();
  // At most what can be claimed: only claimed entries are told of.
  const untold = { confirmed: new Set<number>(), refused: new Map<number, Refusal>() };
  /** Runs `tell` with all that was not told yet; what it cannot tell is kept. */
  async function telling<T>(
    seqs: readonly number[],
    items: readonly Refusal[],
    tell: (confirm: readonly number[], setAside: readonly Refusal[]) => Promise<T>,
  ): Promise<T> {
    const confirm = untold.confirmed.size === 0 ? seqs : [...untold.confirmed, ...seqs];
    const setAside = untold.refused.size === 0 ? items : [...untold.refused.values(), ...items];
    untold.confirmed.clear();
    untold.refused.clear();
    try {
      return await tell(confirm, setAside);
    } catch (error) {
      for (const seq of confirm) untold.confirmed.add(seq);
      for (const item of setAside) untold.refused.set(item.seq, item);
      throw error;
    }
  }
  async function turn({ confirm: seqs = [], setAside: items = [], claim }: DeliveryTurn): Promise<readonly Entry[]> {
    const rows = await telling(seqs, items, (confirm, setAside) =>
      (setAside.length > 0 ? calls : swift).turn({ destination, ticket, confirm, setAside, claim }),
    );
    // A ticket is used up by success alone: a failed claim is tried again under it, which gives back what that had marked.
    ticket += 1;
    const entries = readEntries(rows);
    const damaged = entries.length === rows.length ? [] : rows.filter(({ class: name, value }) => !bodyOf(name, value));
    if (damaged.length === 0) return entries;
    const aside = tell([], damaged.map(unreadable));
    if (entries.length === 0) return await aside.then(() => turn({ claim }));
    // What is readable is claimed and must be delivered; what could not be told now is told with the next call.
    await aside.catch(() => {});
    return entries;
  }
  const tell = (seqs: readonly number[], items: readonly Refusal[]): Promise<void> =>
    telling(seqs, items, async (confirm, setAside) => {
      if (confirm.length > 0) await swift.confirm({ destination, seqs: confirm });
      if (setAside.length > 0) await calls.setAside({ destination, items: setAside });
    });
  return {
    confirm: (seqs) => tell(seqs, []),
    turn(asked) {
      const mine = queue.then(() => turn(asked));
      // Without its entries: they would outlive their delivery, until the next turn at least, and grow old.
      queue = mine.then(
        () => undefined,
        () => undefined,
      );
      return mine;
    },
  };
}

/** Those that can be read. */
function readEntries(rows: readonly EntryRow[]): readonly Entry[] {
  return rows.flatMap(({ class: name, value, ...row }) => {
    const body = bodyOf(name, value);
    return body ? [{ ...row, body }] : [];
  });
}

function toLetter(row: DeadRow): DeadLetter {
  return { ...row, body: bodyOf(row.class, row.value) };
}

/** Undefined when the text is damaged. */
function bodyOf(name: EntryClass, value: string): EntryBody | undefined {
  try {
    return { class: name, value: JSON.parse(value) };
  } catch {
    return undefined;
  }
}

/** As a destination refuses what it cannot read (MQTT 5 §3.4.2.1). */
function unreadable({ seq }: EntryRow): Refusal {
  return { seq, code: 0x99, text: 'damaged in the store: its value cannot be read' };
}
