// How far a time can be trusted: by a clock that was never set, not at all, whoever says otherwise.
import { plausibleFromMs } from '#base';
import type { ClockQuality } from '#model';

/** `said` (default: the gateway's own clock) unless `time`, wall milliseconds, lies before any that a clock which was set can show. */
export function clockQualityOf(time: number, said: ClockQuality = 'receipt'): ClockQuality {
  return time < plausibleFromMs ? 'unset' : said;
}
