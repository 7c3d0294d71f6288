// How long a state may go without another word before it counts as over: cameras forget to say the end.
import type { AlarmKind } from '#model';
import type { Subject } from './subject.ts';

/** Milliseconds by kind; those that are missing have their default. 0: never. */
export type Timeouts = Partial<Readonly<Record<AlarmKind, number>>>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What moves or stands somewhere does not do so for ever. Fire, a fall, a contact: only who saw it may say that it is over. */
const defaults: Timeouts = {
  motion: 5 * minuteMs,
  sound: 5 * minuteMs,
  'line-crossing': 5 * minuteMs,
  loitering: 30 * minuteMs,
  intrusion: 30 * minuteMs,
  crowding: 30 * minuteMs,
  abandoned: hourMs,
  removed: hourMs,
  fight: hourMs,
  stalking: hourMs,
  'missing-person': hourMs,
  'scene-change': 24 * hourMs,
};
/** What a camera told as a mere moment and stands as a condition: it ends after an hour without another. */
const momentMs = hourMs;

/** Milliseconds after which the state counts as over; undefined: never. */
export function timeoutOf(about: Subject, isMoment: boolean, own: Timeouts): number | undefined {
  if (isMoment) return momentMs;
  if (!('alarm' in about)) return undefined;
  const ms = own[about.alarm] ?? defaults[about.alarm] ?? 0;
  return ms > 0 ? ms : undefined;
}
