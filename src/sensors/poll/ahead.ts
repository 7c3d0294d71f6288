// Cursors that are times, pure: one that lies ahead of our own time says nothing of what comes after it, and would hide all of that.
import { plausibleFromMs } from '#base';

/** Clocks of platforms are wrong by so much. */
const maxAheadMs = 300_000;
const yearMs = 366 * 86_400_000;
/** What states no offset is Korean time. */
const koreanOffset = '+09:00';
const calendar = /^((?:19|20|21|99)\d\d)-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,]?\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/i;
const sinceEpoch = /^(?:\d{10}|\d{13})$/;

/**
 * Whether a cursor is a time more than 5 min after `nowMs`: a date with its time of day, or seconds or milliseconds since 1970 where `mark`, the cursor up to
 * which all is taken, is such a number of the last year (else it is a number like any other). Nothing is ahead of a clock that was never set.
 */
export function isAhead(at: string, mark: string | undefined, nowMs: number): boolean {
  if (nowMs < plausibleFromMs) return false;
  const moment = calendarMs(at) ?? epochMs(at, mark, nowMs);
  return moment !== undefined && moment > nowMs + maxAheadMs;
}

function calendarMs(at: string): number | undefined {
  const parts = at.length > 40 ? null : calendar.exec(at);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, zone = koreanOffset] = parts;
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone.toUpperCase()}`);
  return Number.isNaN(moment) ? undefined : moment;
}

function epochMs(at: string, mark: string | undefined, nowMs: number): number | undefined {
  if (!sinceEpoch.test(at) || mark?.length !== at.length) return undefined;
  const [moment = 0, before = 0] = [at, mark].map((digits) => Number(digits) * (digits.length === 10 ? 1000 : 1));
  return before > nowMs - yearMs && before <= nowMs + maxAheadMs ? moment : undefined;
}
