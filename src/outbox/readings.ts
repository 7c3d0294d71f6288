// Batches of readings: one entry each, bounded in number and size.
import type { Reading } from '#model';
import { outboxFaults } from './errors.ts';

/** Readings in one entry at most. */
export const maxReadings = 500;
/** Their JSON at most. */
export const maxBatchBytes = 64 * 2 ** 10;

/** @throws outbox.batch-invalid */
export function checkBatch(batch: readonly Reading[]): void {
  const kinds = new Set(batch.map(({ kind }) => kind));
  const detail =
    batch.length === 0 || batch.length > maxReadings
      ? `${batch.length} readings`
      : kinds.size > 1
        ? `${kinds.size} kinds`
        : Buffer.byteLength(JSON.stringify(batch)) > maxBatchBytes
          ? 'larger than 64 KiB'
          : undefined;
  if (detail !== undefined) throw outboxFaults.fault('batch-invalid', { detail });
}
