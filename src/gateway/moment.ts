// A moment as a technician names it, on the gateway's own clock.
import type { Input } from '#control';

/** Wall milliseconds of a time, or of so long before `now`. */
export function timeOf(moment: Input<'alarm.search'>['from'], now: number): number | undefined {
  return typeof moment === 'object' ? now - moment.agoMs : moment;
}
