// Occurrence keys: by them a retry of a device is known, for seven days, across restarts.
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { plausibleFromMs } from '#base';
import type { Report, ReportOutcome } from '#model';

/** How long a key is unique, milliseconds. */
export const keptMs = 7 * 24 * 3_600_000;
const maxKeyLength = 200;
/** What one key takes in the file at most, about. */
export const keyBytes = 512;

/** A key that was seen; `alarmId` is undefined when its report had no effect. */
export interface Seen {
  readonly alarmId: string | undefined;
}

/** Opens the memory of occurrence keys. `now` is wall milliseconds. */
export function openOccurrences(db: Database, now: () => number) {
  const find = db.prepare<Key, { alarmId: string | null; recordedAt: number }>(
    `SELECT alarm_id AS alarmId, recorded_at AS recordedAt FROM alarm_occurrence
     WHERE device = ? AND occurrence = ? AND channel = ? AND kind = ? AND side = ? AND test = ?`,
  );
  const findBetween = db.prepare<[device: string, after: string, ...Rest<Key>], { alarmId: string | null; recordedAt: number }>(
    `SELECT alarm_id AS alarmId, recorded_at AS recordedAt FROM alarm_occurrence
     WHERE device = ? AND occurrence > ? AND occurrence <= ? AND channel = ? AND kind = ? AND side = ? AND test = ? ORDER BY occurrence DESC LIMIT 1`,
  );
  const lookUp = ([device, ...rest]: Key, after: string | undefined) =>
    after === undefined || after.length > maxKeyLength ? find.get(device, ...rest) : findBetween.get(device, after, ...rest);
  const write = db.prepare<[...Key, string | null, number, number]>(
    `INSERT INTO alarm_occurrence (device, occurrence, channel, kind, side, test, alarm_id, recorded_at, light) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET alarm_id = excluded.alarm_id, recorded_at = excluded.recorded_at, light = excluded.light`,
  );
  return {
    /** The newest that is the same happening. Undefined for a fresh key, a key older than seven days, and a report without one. */
    seen(report: Report): Seen | undefined {
      const key = keyOf(report);
      const row = key && lookUp(key, report.occurrenceAfter);
      if (!row) return undefined;
      // A key that was recorded before the clock was set is not old: its time is unknown.
      const expired = row.recordedAt >= plausibleFromMs && now() - row.recordedAt > keptMs;
      return expired ? undefined : { alarmId: row.alarmId ?? undefined };
    },
    /**
     * Remembers the key of a report. One that came to nothing is kept where its sender made it (its late retry must not end the next alarm), as long as
     * there is `room`; made by the driver, it would say nothing.
     */
    remember(report: Report, { result, alarmId }: Pick<ReportOutcome, 'result' | 'alarmId'>, room: boolean): void {
      const key = keyOf(report);
      const isDerived = report.occurrenceKind === 'derived';
      const cameToNothing = result === 'unchanged';
      if (!key || (cameToNothing && (isDerived || !room))) return;
      write.run(...key, alarmId ?? null, now(), Number(isDerived || cameToNothing));
    },
  };
}

type Rest<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Others] ? Others : never;
type Key = [device: string, occurrence: string, channel: string, kind: string, side: string, test: number];

function keyOf(report: Report): Key | undefined {
  if (report.occurrence === undefined) return undefined;
  const side = report.state === 'inactive' ? 'end' : 'onset';
  return [report.device, boundKey(report.occurrence), report.channel, report.kind, side, report.test === true ? 1 : 0];
}

/** A key beyond 200 characters is kept as its hash: still one name for one happening. */
function boundKey(occurrence: string): string {
  return occurrence.length <= maxKeyLength ? occurrence : `sha256/${createHash('sha256').update(occurrence).digest('hex')}`;
}
