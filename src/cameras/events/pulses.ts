// Pulses of one camera: a name for each of those that are alike, and a bound on how many are told one by one.
import type { Clock } from '#base';
import type { Sighting } from './meaning.ts';

/** The pulses of one camera. Pure memory. */
export interface Pulses {
  /** A subscription began: what the camera says again now gets the names that it had. */
  begin(): void;
  /** What is to be told for this pulse: itself, and what was held back before; nothing when it is held back. */
  take(sighting: Sighting): readonly Sighting[];
  /** What was held back in minutes that are over: for each kind its last pulse, with the number as `detail.repeats`. */
  due(): readonly Sighting[];
}

interface Minute {
  readonly startedMs: number;
  told: number;
  held: number;
  last: Sighting | undefined;
}

const minuteMs = 60_000;
/** Told one by one in a minute, of each kind: a camera that lies or is broken must not fill the lane of what is grave. */
const maxTold = 60;
const maxNames = 1024;

/** Opens the pulses of a camera. Kinds are few, so the memory is bounded by them; of names the 1,024 newest are remembered. */
export function openPulses(clock: Clock): Pulses {
  const minutes = new Map<string, Minute>();
  let heard = new Map<string, number>();

  /** Alike within one second of the camera's clock: numbered, for a pull point gives nothing twice. */
  const numbered = (sighting: Sighting): Sighting => {
    const { occurrence = '' } = sighting;
    const before = heard.get(occurrence) ?? 0;
    heard.delete(occurrence);
    heard.set(occurrence, before + 1);
    const oldest = heard.size > maxNames ? heard.keys().next().value : undefined;
    if (oldest !== undefined) heard.delete(oldest);
    return before === 0 ? sighting : { ...sighting, occurrence: `${occurrence}/${before}` };
  };
  const isOver = ({ startedMs }: Minute): boolean => clock.monotonicMs() - startedMs >= minuteMs;
  const close = (kind: string, { held, last }: Minute): readonly Sighting[] => {
    minutes.delete(kind);
    if (!last) return [];
    return [{ ...last, occurrence: `${last.occurrence}/repeats`, detail: { ...last.detail, repeats: held } }];
  };

  return {
    begin() {
      heard = new Map();
    },
    take(sighting) {
      const named = numbered(sighting);
      if (!('alarm' in named.about)) return [];
      const kind = named.about.alarm;
      const before = minutes.get(kind);
      const rest = before && isOver(before) ? close(kind, before) : [];
      const minute = minutes.get(kind) ?? { startedMs: clock.monotonicMs(), told: 0, held: 0, last: undefined };
      minutes.set(kind, minute);
      if (minute.told < maxTold) {
        minute.told += 1;
        return [...rest, named];
      }
      minute.held += 1;
      minute.last = named;
      return rest;
    },
    due: () => [...minutes].flatMap(([kind, minute]) => (isOver(minute) ? close(kind, minute) : [])),
  };
}
