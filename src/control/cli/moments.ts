// Times and durations as a technician writes them on the command line.
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '#base';
import type { Asked } from '../contract.ts';

/** `2026-11-20`, `2026-11-20T13:00`, both in the machine's time zone unless one is written, or `2h`: so long ago. */
export function moment(text: string): NonNullable<Asked<'alarm.search'>['from']> {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return { agoMs };
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) throw new InvalidArgumentError('');
  // A date alone would be read as UTC.
  const ms = new Date(text.length === 10 ? `${text}T00:00` : text).getTime();
  if (Number.isNaN(ms)) throw new InvalidArgumentError('');
  return ms;
}

/** Milliseconds of `30m`, `2h`, `1d`. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('');
  return ms;
}
