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
  return new Moments(clock);
}

/** There is one for each camera: its methods are shared, and its maps are made with the first pulse. */
class Moments implements Pulses {
  readonly #clock: Clock;
  #minutes: Map<string, Minute> | undefined;
  #heard: Map<string, number> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#heard = undefined;
  }

  take(sighting: Sighting): readonly Sighting[] {
    if (!('alarm' in sighting.about)) return [];
    const named = this.#number(sighting);
    const kind = sighting.about.alarm;
    this.#minutes ??= new Map();
    const before = this.#minutes.get(kind);
    const rest = before && this.#isOver(before) ? this.#close(kind, before) : [];
    const minute = this.#minutes.get(kind) ?? { startedMs: this.#clock.monotonicMs(), told: 0, held: 0, last: undefined };
    this.#minutes.set(kind, minute);
    if (minute.told < maxTold) {
      minute.told += 1;
      return [...rest, named];
    }
    minute.held += 1;
    minute.last = named;
    return rest;
  }

  due(): readonly Sighting[] {
    return [...(this.#minutes ?? [])].flatMap(([kind, minute]) => (this.#isOver(minute) ? this.#close(kind, minute) : []));
  }

  /** Alike within one second of the camera's clock: numbered, for a pull point gives nothing twice. */
  #number(sighting: Sighting): Sighting {
    const { occurrence = '' } = sighting;
    this.#heard ??= new Map();
    const before = this.#heard.get(occurrence) ?? 0;
    this.#heard.delete(occurrence);
    this.#heard.set(occurrence, before + 1);
    const oldest = this.#heard.size > maxNames ? this.#heard.keys().next().value : undefined;
    if (oldest !== undefined) this.#heard.delete(oldest);
    return before === 0 ? sighting : { ...sighting, occurrence: `${occurrence}/${before}` };
  }

  #isOver({ startedMs }: Minute): boolean {
    return this.#clock.monotonicMs() - startedMs >= minuteMs;
  }

  #close(kind: string, { held, last }: Minute): readonly Sighting[] {
    this.#minutes?.delete(kind);
    if (!last) return [];
    return [{ ...last, occurrence: `${last.occurrence}/repeats`, detail: { ...last.detail, repeats: held } }];
  }
}
