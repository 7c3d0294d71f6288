// Hours of the week by local time: when a rule of the site holds.
import { z } from 'zod';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** A day of the week, as the configuration writes it. */
type Day = (typeof days)[number];
/** Sunday first, as `Date` counts. */
const weekdays: readonly Day[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayMinutes = 1440;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time of day like '22:30', in quotes");

/** One window of hours as a configuration writes it. */
export const hoursOption = z.strictObject({
  days: z
    .array(z.enum(days))
    .min(1)
    .max(7)
    .default([...days])
    .describe('Days on which it begins: mon, tue, wed, thu, fri, sat, sun. Default every day.'),
  from: timeOfDay.default('00:00').describe('Begin, local time of the machine.'),
  to: timeOfDay.default('24:00').describe('End, not included; earlier than the begin: on the next day.'),
});
/** Hours of the week by local time. */
export type Hours = z.output<typeof hoursOption>;

/** Whether a moment (wall milliseconds) lies in a window. An hour that the clocks skip is in none, one that they repeat twice in the same. */
export function isWithinHours({ days: begins, from, to }: Hours, nowMs: number): boolean {
  const local = new Date(nowMs);
  const minute = local.getHours() * 60 + local.getMinutes();
  const today = local.getDay();
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  if (begin < end) return minute >= begin && minute < end && hasDay(begins, today);
  // Over midnight: the day is that of the begin. From and to alike are a whole day.
  return (minute >= begin && hasDay(begins, today)) || (minute < end && hasDay(begins, today + 6));
}

function hasDay(begins: readonly Day[], index: number): boolean {
  const day = weekdays[index % 7];
  return day !== undefined && begins.includes(day);
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return Math.min(hours * 60 + minutes, dayMinutes);
}
