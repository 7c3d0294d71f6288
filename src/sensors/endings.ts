// Who is told that a person has ended an alarm: the sensor that has told of it, for which it would stand for ever.
import type { Alarm } from '#model';

/** The point of an alarm that a person has ended. */
export type EndedPoint = Pick<Alarm, 'device' | 'channel' | 'kind'>;

/** From whoever ends alarms to the sensors. */
export interface Endings {
  /** Calls `ended` for each alarm of `device` that a person ends. */
  join(device: string, ended: (point: EndedPoint) => void): void;
  /** A person has ended it, and that is committed. */
  tell(point: EndedPoint): void;
}

/** Opens it; for as long as the sensors are open. */
export function openEndings(): Endings {
  const members = new Map<string, ((point: EndedPoint) => void)[]>();
  return {
    join(device, ended) {
      members.set(device, [...(members.get(device) ?? []), ended]);
    },
    tell(point) {
      for (const ended of members.get(point.device) ?? []) ended(point);
    },
  };
}
