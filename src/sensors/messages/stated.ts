// What messages of a source have said of critical alarms by themselves: by this it is known in a flood what is new.
import { alarmKinds } from '#model';
import type { EndedPoint } from '../endings.ts';
import type { Urgency } from '../rules/index.ts';
import type { Meaning } from './mapping.ts';

/** What was said last, alarm by alarm: as many as the source has devices and rules. */
export interface Stated {
  /** A message was taken. */
  note(device: string, meaning: Meaning): void;
  /** A person has ended it. */
  ended(point: EndedPoint): void;
  /** What a message would do to critical alarms; an event without an end counts as `eases`: one by one it may come for ever. */
  urgency(device: string, meaning: Meaning): Urgency;
}

/** Opens it; nothing is known at the start. */
export function openStated(): Stated {
  const active = new Set<string>();
  const keyOf = (device: string, { channel, kind }: Pick<Meaning, 'channel' | 'kind'>): string => `${device}\n${channel}\n${kind}`;
  return {
    note(device, meaning) {
      if (meaning.state === 'active') active.add(keyOf(device, meaning));
      else if (meaning.state === 'inactive') active.delete(keyOf(device, meaning));
    },
    ended: (point) => void active.delete(keyOf(point.device, point)),
    urgency(device, meaning) {
      if ((meaning.severity ?? alarmKinds[meaning.kind]) !== 'critical') return 'none';
      if (meaning.state === 'pulse') return 'eases';
      const isActive = active.has(keyOf(device, meaning));
      if (meaning.state === 'active') return isActive ? 'none' : 'raises';
      return isActive ? 'eases' : 'none';
    },
  };
}
