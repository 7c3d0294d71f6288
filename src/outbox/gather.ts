// Readings on their way in: gathered by kind until a batch is full or old enough, so that a day of them passes a narrow line.
import type { Clock } from '#base';
import type { Reading } from '#model';
import { outboxFaults } from './errors.ts';
import { maxBatchBytes, maxReadings } from './readings.ts';

/** The way in for readings. */
export interface Readings extends AsyncDisposable {
  /**
   * Durable when it resolves: after the commit of its batch, which waits for others of its kind, one second at most; with `answers`, where somebody waits to be
   * answered, a tenth of one.
   * @throws outbox.batch-invalid for what is no number or larger than 64 KiB; outbox.readings-full while 20,000 wait; the store's faults: then it is not
   * kept, and whoever measured it may measure again
   */
  record(reading: Reading, how?: { readonly answers?: boolean }): Promise<void>;
}

/** Where batches go. */
export interface ReadingsDeps {
  /** Appends one entry for each batch, all or none. */
  append(batches: readonly (readonly Reading[])[]): Promise<void>;
}

interface Batch {
  readonly readings: Reading[];
  /** As JSON, with its brackets and commas. */
  bytes: number;
  readonly committed: PromiseWithResolvers<void>;
}

const maxAgeMs = 1000;
const maxAnswerMs = 100;
const maxWaiting = 20_000;
/** So many batches are one call: about 640 KiB. */
const maxTogether = 10;

/** Opens the way in; disposed of, it commits what waits. */
export function openReadings({ append }: ReadingsDeps, clock: Pick<Clock, 'after'>): Readings {
  const open = new Map<string, Batch>();
  let full: Batch[] = [];
  let waiting = 0;
  let timer: Disposable | undefined;
  let isHurried = false;
  let sending = Promise.resolve();

  /** Commits batches, oldest first, one call after the other. */
  function send(batches: readonly Batch[]): void {
    for (let at = 0; at < batches.length; at += maxTogether) {
      const some = batches.slice(at, at + maxTogether);
      sending = sending.then(() => commit(some));
    }
  }
  async function commit(batches: readonly Batch[]): Promise<void> {
    try {
      await append(batches.map(({ readings }) => readings));
      for (const { committed } of batches) committed.resolve();
    } catch (error) {
      for (const { committed } of batches) committed.reject(error);
    }
    for (const { readings } of batches) waiting -= readings.length;
  }
  function sendAll(): void {
    timer?.[Symbol.dispose]();
    timer = undefined;
    isHurried = false;
    send([...full, ...open.values()]);
    full = [];
    open.clear();
  }
  function close(kind: string, batch: Batch): void {
    open.delete(kind);
    if (full.push(batch) < maxTogether) return;
    send(full);
    full = [];
  }
  function batchFor(kind: string, bytes: number): Batch {
    const batch = open.get(kind);
    if (batch && batch.bytes + bytes <= maxBatchBytes) return batch;
    if (batch) close(kind, batch);
    const fresh: Batch = { readings: [], bytes: 2, committed: Promise.withResolvers() };
    // Its readings are told one by one.
    fresh.committed.promise.catch(() => {});
    open.set(kind, fresh);
    return fresh;
  }
  return {
    record(reading, { answers = false } = {}) {
      const bytes = Buffer.byteLength(JSON.stringify(reading)) + 1;
      if (!Number.isFinite(reading.value) || bytes + 2 > maxBatchBytes)
        return Promise.reject(outboxFaults.fault('batch-invalid', { detail: `${reading.device}/${reading.channel}` }));
      if (waiting >= maxWaiting) return Promise.reject(outboxFaults.fault('readings-full'));
      const batch = batchFor(reading.kind, bytes);
      batch.readings.push(reading);
      batch.bytes += bytes;
      waiting += 1;
      if (batch.readings.length >= maxReadings) close(reading.kind, batch);
      if (answers && !isHurried) {
        timer?.[Symbol.dispose]();
        timer = undefined;
        isHurried = true;
      }
      timer ??= clock.after(isHurried ? maxAnswerMs : maxAgeMs, sendAll);
      return batch.committed.promise;
    },
    async [Symbol.asyncDispose]() {
      sendAll();
      await sending;
    },
  };
}
