// Doubt about a final refusal: a broker whose rights are being reloaded refuses everything for a while, and none of that is about an entry.
import type { Clock } from '#base';
import type { Entry } from '#model';

/** What is known of an entry by who need not read it. */
export interface Known {
  readonly id: string;
  /** What rights are given by: the topic's first part, of alarms the kind too. */
  readonly kind: string;
}

/** What one destination refused, and whether it means it. */
export interface Doubt {
  /**
   * It refused this entry for good. True when that is to be believed: at the third time, if it has taken another entry since the first, or no eight entries were
   * refused with none taken between; at once, if that was believed of its like and none of these was taken since; or when it has refused all for ten minutes,
   * so that what it does take is not held up any longer.
   */
  refused(entry: Known): boolean;
  /** It took this entry. */
  took(entry: Known): void;
}

const tries = 3;
/** So many different entries in a row, and none taken: it is not about them. */
const manyInRow = 8;
const patienceMs = 600_000;
/** More than can be under way and put off. */
const maxKnown = 20_000;

interface Case {
  tries: number;
  /** How many had been taken when it was refused first. */
  readonly taken: number;
}

export function openDoubt({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Doubt {
  const cases = new Map<string, Case>();
  const inRow = new Set<string>();
  const deniedKinds = new Set<string>();
  let taken = 0;
  let sinceMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;

  const begin = (nowMs: number): void => {
    sinceMs = nowMs;
    if (inRow.size > 0) inRow.clear();
  };
  const believes = (known: Case, kind: string): boolean =>
    deniedKinds.has(kind) || lastMs - sinceMs >= patienceMs || (known.tries >= tries && (taken > known.taken || inRow.size < manyInRow));
  return {
    refused({ id, kind }) {
      const nowMs = monotonicMs();
      // Who was not asked for so long may have been well meanwhile.
      if (nowMs - lastMs >= patienceMs) begin(nowMs);
      lastMs = nowMs;
      if (inRow.size < manyInRow) inRow.add(id);
      const known = cases.get(id) ?? { tries: 0, taken };
      known.tries += 1;
      cases.delete(id);
      if (believes(known, kind)) {
        deniedKinds.add(kind);
        return true;
      }
      cases.set(id, known);
      const [oldest] = cases.keys();
      if (cases.size > maxKnown && oldest !== undefined) cases.delete(oldest);
      return false;
    },
    took({ id, kind }) {
      if (cases.size > 0) cases.delete(id);
      if (deniedKinds.size > 0) deniedKinds.delete(kind);
      taken += 1;
      begin(monotonicMs());
      lastMs = sinceMs;
    },
  };
}

export function knownOf({ id, body }: Entry): Known {
  return { id, kind: body.class === 'alarm' ? `alarm/${body.value.kind}` : body.class };
}
